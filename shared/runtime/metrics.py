"""Counters behind /metrics, one registry a process. Labels are bounded: never a message id."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

REGISTRY = CollectorRegistry()
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# Seconds: from one in-memory hop to a provider that hangs.
BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


OTHER = "other"

ProcessCollector(registry=REGISTRY)  # memory, CPU, open files


class Bounded:
    """A label's values as they come, up to a number; then all new ones are `other`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._seen: set[str] = set()

    def __call__(self, value: str) -> str:
        """The value itself, or `other`."""
        if value not in self._seen and len(self._seen) >= self._limit:
            return OTHER
        self._seen.add(value)
        return value


def counter(name: str, words: str, labels: Sequence[str] = ()) -> Counter:
    """A count that only grows, named `parley_<name>_total` on the page."""
    return Counter(name, words, labels, namespace="parley", registry=REGISTRY)


def gauge(name: str, words: str, labels: Sequence[str] = ()) -> Gauge:
    """A number that goes both ways, named `parley_<name>`."""
    return Gauge(name, words, labels, namespace="parley", registry=REGISTRY)


def histogram(name: str, words: str, labels: Sequence[str] = ()) -> Histogram:
    """Seconds of something, named `parley_<name>`."""
    return Histogram(name, words, labels, namespace="parley", registry=REGISTRY, buckets=BUCKETS)


def page() -> bytes:
    """What /metrics answers, in Prometheus' text form."""
    return generate_latest(REGISTRY)
