"""The ends of every request: its id, the headers that all answers carry, its line in the log.

The line has the route's template and never a path, a query or a header: those name people.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from gateway_service.principal import Principal
from gateway_service.routes import Route
from shared.runtime.logging import bind, logger, stand_in
from shared.runtime.metrics import histogram

log = logger()

# Longer than a phone number, so that none can be given for an id.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{16,64}")
SECONDS = histogram("gateway_seconds", "Time of a request at the gateway", ("function", "status"))

HSTS = "max-age=31536000; includeSubDomains"


@dataclass
class Visit:
    """What is learned of one request on its way."""

    request_id: str
    route: Route | None = None
    caller: Principal | None = None
    headers: dict[str, str] = field(default_factory=dict)  # of its answer


def request_id(request: Request) -> str:
    """The caller's own when it is fit for one, else a new one."""
    given = request.headers.getlist("x-request-id")
    fit = len(given) == 1 and _REQUEST_ID.fullmatch(given[0])
    return given[0] if fit else secrets.token_hex(16)


def is_https(request: Request) -> bool:
    """Whether the caller speaks https, to us or to the proxy before us."""
    return "https" in (
        request.scope["scheme"],
        request.headers.get("x-forwarded-proto", "").lower(),
    )


def finish(request: Request, visit: Visit, response: Response, seconds: float) -> Response:
    """Lay the headers on, and write the line."""
    response.headers.update(visit.headers)
    response.headers["X-Request-Id"] = visit.request_id
    if is_https(request):
        response.headers["Strict-Transport-Security"] = HSTS
    function = "none" if visit.route is None else visit.route.function
    SECONDS.labels(function, response.status_code).observe(seconds)
    log.info(
        "request",
        extra={
            "method": request.method,
            "route": None if visit.route is None else visit.route.path,
            "function": function,
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
        },
    )
    return response


def know(visit: Visit, caller: Principal) -> None:
    """Put who calls on every further line: a person by a stand-in, a key by its id."""
    visit.caller = caller
    subject = caller.subject
    bind(
        client=subject if subject.startswith("key:") else f"user:{stand_in(subject)}",
        tenant_id=None if caller.tenant is None else caller.tenant.id,
    )
