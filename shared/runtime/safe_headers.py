"""Headers that every answer of ours carries, for browsers that should never have asked.

An answer that has one of its own keeps it.
"""

from __future__ import annotations

from starlette.types import Message, Send

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)


def with_safe_headers(send: Send) -> Send:
    """The same, with these headers on the answer's beginning."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message.get("headers", [])
            there = {name.lower() for name, _ in headers}
            message["headers"] = [*headers, *(h for h in HEADERS if h[0] not in there)]
        await send(message)

    return sending
