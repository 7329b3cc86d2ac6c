"""Cross-origin calls: a tenant lists the pages that may call with its credentials.

A preflight carries no credential, so it is answered for any tenant's origin; the call itself is
answered to the page only when the caller's own tenant lists it (https://fetch.spec.whatwg.org).
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway_service.principal import Principal

METHODS = "GET, POST, PUT, DELETE"
SENT = "Authorization, Content-Type, Parley-Tenant, X-Request-Id, traceparent"
SEEN = (
    "RateLimit-Limit, RateLimit-Policy, RateLimit-Remaining, RateLimit-Reset, Retry-After,"
    " X-Request-Id"
)
KEPT_S = 600


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser asks before it calls."""
    return (
        method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers
    )


def preflight(origin: str) -> dict[str, str]:
    """What a page of that origin may send."""
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": SENT,
        "Access-Control-Max-Age": str(KEPT_S),
        "Vary": "Origin",
    }


def shown_to(origin: str | None, caller: Principal | None) -> dict[str, str]:
    """Headers of an answer. Without a caller, or a tenant that lists the page, it sees nothing."""
    vary = {"Vary": "Origin"}
    tenant = None if caller is None else caller.tenant
    if origin is None or tenant is None or origin not in tenant.cors_origins:
        return vary
    return vary | {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": SEEN}
