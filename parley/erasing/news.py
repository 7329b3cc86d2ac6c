"""The queue ERROR_EVENTS, where news of dead letters waits for whoever listens, bodies and all.

Each message is taken once: the person's goes, every other is put back, confirmed before its ack.
"""

from __future__ import annotations

from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError

from parley.environment import Environment
from parley.erasing.case import Case
from parley.erasing.letters import reduced
from parley.stores import topology_of
from shared.messaging.envelope import Event
from shared.messaging.topology import ERROR_EVENTS
from shared.runtime.errors import BadInput, Unavailable

TIMEOUT_S = 10.0


async def clear_news(case: Case, environment: Environment) -> None:
    """Drain it once. A dry run puts everything back. Raises Unavailable."""
    setting, topology = environment.need("AMQP_URL"), topology_of(environment)
    name = topology.exchange(ERROR_EVENTS)
    parameters = pika.URLParameters(setting.value)
    parameters.socket_timeout = parameters.blocked_connection_timeout = TIMEOUT_S
    try:
        connection = pika.BlockingConnection(parameters)
        try:
            await _drain(case, connection.channel(), name)
        finally:
            connection.close()
    except (AMQPError, OSError) as error:
        raise Unavailable(
            f"RabbitMQ does not answer ({type(error).__name__}): start it, or change AMQP_URL "
            f"({setting.source})"
        ) from None


async def _drain(case: Case, channel: BlockingChannel, queue: str) -> None:
    channel.confirm_delivery()
    for _ in range(channel.queue_declare(queue, passive=True).method.message_count):
        method, properties, body = channel.basic_get(queue)
        if method is None:
            return
        left = await _left(case, body)
        case.removed["error_events"] += left is not body
        if case.dry:
            left = body
        if left is not None:
            channel.basic_publish("", queue, left, properties, mandatory=True)
        channel.basic_ack(method.delivery_tag)


async def _left(case: Case, body: bytes) -> Any:
    try:
        event = Event.decode(body)
    except BadInput:
        return body
    rest = await reduced(case, event)
    if rest is event:
        return body
    return None if rest is None else rest.encode()
