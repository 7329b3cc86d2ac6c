"""W3C trace context, carried from the door to the last hop in a context variable.

https://www.w3.org/TR/trace-context/ version 00; only traceparent, no tracestate.
"""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str] = ContextVar("traceparent", default="")


def new_traceparent() -> str:
    """A fresh trace: `00-<32 hex>-<16 hex>-01`."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def use_traceparent(header: str | None) -> str:
    """Carry on the caller's trace when its header is well formed, else begin one."""
    good = header is not None and _TRACEPARENT.fullmatch(header) is not None
    traceparent = header if good and header is not None else new_traceparent()
    _current.set(traceparent)
    return traceparent


def current_traceparent() -> str:
    """The trace of this request; begins one where there is none yet."""
    return _current.get() or use_traceparent(None)


def trace_id(traceparent: str) -> str:
    """The 32 hex digits that all lines of one trace share."""
    return traceparent.split("-")[1]
