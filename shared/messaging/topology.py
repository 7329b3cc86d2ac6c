"""Exchanges and queues, the same for every publisher and consumer, declared at each connect.

A key's events share one queue: the publisher hashes, not the broker, whose consistent-hash exchange
moves most keys at its first restart and so breaks order just after an outage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

PARTITIONS = 8

INBOUND_WHATSAPP_MESSAGES = "INBOUND_WHATSAPP_MESSAGES"
INBOUND_WHATSAPP_STATUSES = "INBOUND_WHATSAPP_STATUSES"
OUTBOUND_GENESYS_MESSAGES = "OUTBOUND_GENESYS_MESSAGES"
ERROR_EVENTS = "ERROR_EVENTS"
MESSAGE_EXCHANGES = (
    INBOUND_WHATSAPP_MESSAGES,
    INBOUND_WHATSAPP_STATUSES,
    OUTBOUND_GENESYS_MESSAGES,
)

# A dropped connection counts as a delivery, so a low limit dead-letters good messages after a few
# crashes. RabbitMQ 4 defaults to 20, and -1 means "drop at the first return" to 3.10.
DELIVERY_LIMIT = 1_000_000
# The record of a dead letter is the row in `dead_letters`; this queue is news for whoever listens.
ERROR_EVENTS_KEPT = 100_000


def partition(partition_key: str, partitions: int) -> int:
    """The queue number of a key, 0 .. partitions - 1. The same for ever: order hangs on it."""
    return crc32(partition_key.encode()) % partitions


@dataclass(frozen=True)
class Exchange:
    """A durable exchange to declare."""

    name: str
    kind: str


@dataclass(frozen=True)
class Queue:
    """A durable queue to declare, and the exchange and routing key it is bound by, if any."""

    name: str
    arguments: dict[str, Any] = field(hash=False)
    exchange: str | None = None
    routing_key: str = ""


@dataclass(frozen=True)
class Topology:
    """How many queues an exchange has. `prefix` lets several installations share a broker."""

    partitions: int = PARTITIONS
    prefix: str = ""

    def exchange(self, name: str) -> str:
        """The exchange's name at the broker."""
        return self.prefix + name

    def queue(self, exchange: str, number: int) -> str:
        """The name of one partition's queue at the broker."""
        return f"{self.prefix}{exchange}.{number}"

    def queues(self, exchange: str) -> list[str]:
        """All queues of an exchange, in the order of their numbers."""
        return [self.queue(exchange, number) for number in range(self.partitions)]

    def routing_key(self, partition_key: str) -> str:
        """What a publisher gives the direct exchange for this key."""
        return str(partition(partition_key, self.partitions))

    def exchanges(self) -> Iterator[Exchange]:
        """Every exchange."""
        yield Exchange(self.exchange(ERROR_EVENTS), "fanout")
        for name in MESSAGE_EXCHANGES:
            yield Exchange(self.exchange(name), "direct")

    def all_queues(self) -> Iterator[Queue]:
        """Every queue; the first is the marker that lets the broker refuse another count."""
        yield self._marker()
        errors = self.exchange(ERROR_EVENTS)
        yield Queue(errors, _error_arguments(), errors)
        for name in MESSAGE_EXCHANGES:
            for number, queue in enumerate(self.queues(name)):
                yield Queue(queue, self._arguments(), self.exchange(name), str(number))

    def _marker(self) -> Queue:
        """An empty queue whose length limit is the partition count.

        The broker compares it at each declaration: the one check of this kind that needs no
        management plugin and no second store.
        """
        arguments = {"x-queue-type": "quorum", "x-max-length": self.partitions}
        return Queue(f"{self.prefix}PARTITIONS", arguments)

    def _arguments(self) -> dict[str, Any]:
        return {
            "x-queue-type": "quorum",
            "x-single-active-consumer": True,
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": self.exchange(ERROR_EVENTS),
            # At least once needs reject-publish: https://www.rabbitmq.com/docs/quorum-queues
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }


def _error_arguments() -> dict[str, Any]:
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-max-length": ERROR_EVENTS_KEPT,
    }
