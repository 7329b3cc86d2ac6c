"""Where a request comes from: who connects, or whom the operator's own proxies saw."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from gateway_service.source import UNKNOWN, source_of

# The claim of the client, and what two proxies of the operator's add behind it.
CLAIMED, SEEN, INNER = "10.9.9.9", "203.0.113.7", "192.0.2.1"


def request(*forwarded: str, peer: str = "198.51.100.1") -> Request:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return Request({"type": "http", "headers": headers, "client": (peer, 40000)})


def test_without_proxies_it_is_who_connects_whatever_is_claimed() -> None:
    assert source_of(request(CLAIMED), 0) == "198.51.100.1"


@pytest.mark.parametrize(
    ("forwarded", "proxies", "source"),
    [
        ((SEEN,), 1, SEEN),
        ((f"{CLAIMED}, {SEEN}",), 1, SEEN),
        ((f"{CLAIMED}, {SEEN}, {INNER}",), 2, SEEN),
        ((CLAIMED, SEEN, INNER), 2, SEEN),
        ((), 1, "198.51.100.1"),
        ((SEEN,), 2, "198.51.100.1"),
        ((f"{SEEN}:5123",), 1, SEEN),
        (("2001:db8:1:2:3::4",), 1, "2001:db8:1:2::/64"),
        (("[2001:db8:1:2:9::4]:443",), 1, "2001:db8:1:2::/64"),
        ((f"::ffff:{SEEN}",), 1, SEEN),
        (("someone",), 1, UNKNOWN),
        (("," * 60_000,), 1, "198.51.100.1"),
    ],
)
def test_behind_proxies_it_is_whom_the_first_of_them_saw(
    forwarded: tuple[str, ...], proxies: int, source: str
) -> None:
    assert source_of(request(*forwarded), proxies) == source
