"""Connectors in pairs, frozen, cut off, crashing."""

from __future__ import annotations

import signal
from urllib.parse import urlsplit

from tests.faults.field import Field
from tests.faults.scenario import Scenario
from tests.faults.wires import Wire
from tests.ports import free_port

FROZEN_S = 20.0
CRASHES = 12
FILLED_S = 3.0


def _frozen(field: Field) -> None:
    """One of two is frozen, loses its connections, and wakes."""
    with field.another("connector", free_port()):
        field.rest(2.0)
        field.signal("connector", signal.SIGSTOP)
        field.rest(FROZEN_S)
        field.signal("connector", signal.SIGCONT)
        field.rest(3.0)


def _cut_off(field: Field) -> None:
    """One of two hears nothing from RabbitMQ, and does not know it; then it does again."""
    url = field.stack.endpoints.amqp_url
    broker = urlsplit(url)
    with Wire(broker.hostname or "", broker.port or 0).open() as wire:
        own = url.replace(f":{broker.port}", f":{wire.port}")
        with field.another("connector", free_port(), AMQP_URL=own):
            field.kill("connector")  # so that the second one has the queues
            field.ready("connector")
            field.rest(3.0)
            with wire.cut():
                field.rest(FROZEN_S)
            field.rest(3.0)


def _restart_with_many_waiting(field: Field) -> None:
    """RabbitMQ restarts while messages of many conversations wait in its queues."""
    field.signal("connector", signal.SIGSTOP)
    try:
        field.rest(field.outage_s / 4)
        with field.without("rabbitmq"):
            pass
    finally:
        field.signal("connector", signal.SIGCONT)


def _crash_loop(field: Field) -> None:
    """Connectors die again and again with good messages in hand: none of them is to blame."""
    for _ in range(CRASHES):
        with field.another("connector", free_port()) as child:
            field.kill("connector")
            field.rest(FILLED_S / 3)
            child.kill()
            child.wait()


SCENARIOS = [
    Scenario("two connectors, one frozen", _frozen, lines=900, short_lines=400),
    Scenario("two connectors, one cut off", _cut_off, lines=1000),
    Scenario("RabbitMQ restarted, many waiting", _restart_with_many_waiting, lines=800),
    Scenario("connectors in a crash loop", _crash_loop, lines=1200),
]
