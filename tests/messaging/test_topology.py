"""Names and numbers that must not change by themselves: order and stored messages hang on them."""

from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.topology import (
    INBOUND_WHATSAPP_MESSAGES,
    MESSAGE_EXCHANGES,
    Topology,
    partition,
)


def test_partitions_are_what_they_have_always_been() -> None:
    keys = ["", "a", "11111111-1111-4111-8111-111111111111:c:491701234567", "ключ"]
    assert [partition(key, 8) for key in keys] == [0, 3, 2, 2]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 256))
def test_a_partition_is_always_one_that_exists(key: str, partitions: int) -> None:
    assert 0 <= partition(key, partitions) < partitions


def test_keys_spread_over_all_partitions() -> None:
    counts = [0] * 8
    for number in range(8000):
        counts[partition(f"tenant:channel:{number}", 8)] += 1
    assert min(counts) > 800


def test_every_routing_key_has_a_queue() -> None:
    topology = Topology(8, "p.")
    bound = {(q.exchange, q.routing_key) for q in topology.all_queues() if q.routing_key}
    assert bound == {(f"p.{name}", str(n)) for name in MESSAGE_EXCHANGES for n in range(8)}


def test_queues_keep_order_and_never_give_up_on_good_messages() -> None:
    queues = {queue.name: queue.arguments for queue in Topology().all_queues()}
    arguments = queues[f"{INBOUND_WHATSAPP_MESSAGES}.0"]
    assert arguments["x-single-active-consumer"] is True
    assert arguments["x-queue-type"] == "quorum"
    assert arguments["x-delivery-limit"] == 1_000_000
    assert arguments["x-dead-letter-exchange"] == "ERROR_EVENTS"
