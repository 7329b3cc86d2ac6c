"""Which path goes to which function: one table, first match wins."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.runtime.errors import NotFound


@dataclass(frozen=True)
class Route:
    """A path pattern, the methods it takes, and the function that serves it."""

    pattern: re.Pattern[str]
    methods: frozenset[str]
    function: str


ROUTES = (
    # Meta names one of several apps in the path; the plain path is told by the body's ids.
    Route(
        re.compile(r"/webhook/meta(/[A-Za-z0-9._-]{1,64})?/?"),
        frozenset({"GET", "POST"}),
        "wa-webhook",
    ),
    Route(re.compile(r"/webhook/genesys/?"), frozenset({"POST"}), "genesys-webhook"),
)


def route_of(path: str) -> Route:
    """The route of a path. Raises NotFound."""
    for route in ROUTES:
        if route.pattern.fullmatch(path):
            return route
    raise NotFound("there is no such route here")
