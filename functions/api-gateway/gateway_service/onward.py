"""Turns an API request into a call of its function, and the function's answer into ours.

The function learns the tenant from our service token, and is asked for that tenant's things alone.
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from gateway_service.principal import Principal
from gateway_service.proxy import Answered, Call
from gateway_service.routes import Found, Route
from gateway_service.validate import JSON, checked_body, checked_query
from shared.runtime.errors import Unavailable
from shared.runtime.function import incoming
from shared.runtime.peer import segment
from shared.runtime.problem import MEDIA_TYPE
from shared.runtime.service_auth import ServiceTokens

WEBHOOK_HEADERS = ("content-type", "user-agent", "x-hub-signature-256")
_REFUSALS, _TROUBLE = 300, 500  # redirects and 4xx are final for a webhook's sender, 5xx are not
RETURNED = ("content-type", "retry-after", "allow")


async def webhook_call(request: Request, route: Route) -> Call:
    """The very bytes, and what says who signed them."""
    path = quote(request.scope["path"])
    query = request.scope["query_string"].decode("latin-1")
    return Call(
        function=route.function,
        method=request.method,
        target=f"{path}?{query}" if query else path,
        headers={n: request.headers[n] for n in WEBHOOK_HEADERS if n in request.headers},
        body=await incoming(request).read(route.body_limit) or None,
        guarded=False,
    )


def webhook_answer(answered: Answered) -> Response:
    """The door's answer, for its sender.

    Raises Unavailable for a refusal that is not the door's own: a platform's 404 or 408 says
    nothing of the webhook, and its sender would take it as final (contracts/genesys.md c4).
    """
    kind = answered.headers.get("content-type", "").partition(";")[0]
    if _REFUSALS <= answered.status < _TROUBLE and kind != MEDIA_TYPE:
        raise Unavailable(
            f"the door answered {answered.status}, which is none of its own", retry_after=1
        )
    kept = {name: answered.headers[name] for name in RETURNED if name in answered.headers}
    return Response(answered.body, answered.status, kept)


async def api_call(
    request: Request, found: Found, caller: Principal, tokens: ServiceTokens
) -> Call:
    """The call of an API route. Raises what is wrong with the request."""
    route = found.route
    raw = await incoming(request).read(route.body_limit)
    body = checked_body(route, request.headers.get("content-type", ""), raw)
    token = tokens.mint(route.function, caller.on_behalf())
    headers = {"Authorization": f"Bearer {token}"}
    if body is not None:
        headers["Content-Type"] = JSON
    return Call(
        function=route.function,
        method=request.method,
        target=_target(found, caller, checked_query(route, request)),
        headers=headers,
        body=body,
        repeatable=route.idempotent,
    )


def _target(found: Found, caller: Principal, query: dict[str, str]) -> str:
    route = found.route
    values = {name: segment(value) for name, value in found.values.items()}
    if caller.tenant is not None:
        values["tenant"] = caller.tenant.id
        if "{tenant}" not in route.to:
            query = {**query, "tenant_id": caller.tenant.id}
    path = route.to.format(**values)
    return f"{path}?{urlencode(query)}" if query else path


def api_answer(route: Route, answered: Answered) -> Response:
    """The function's answer or problem. Raises Unavailable for what is neither."""
    if answered.status == HTTPStatus.OK:
        if route.status == HTTPStatus.NO_CONTENT:
            return Response(status_code=route.status)
        return Response(answered.body, route.status, media_type=JSON)
    kind = answered.headers.get("content-type", "").partition(";")[0]
    refused_us = answered.status == HTTPStatus.UNAUTHORIZED  # our token: not the caller's fault
    if refused_us or kind != MEDIA_TYPE:
        raise Unavailable(f"{route.function} answered {answered.status}, which is none of ours")
    kept = {"Retry-After": answered.headers["Retry-After"]} if _waits(answered) else {}
    return Response(answered.body, answered.status, kept, MEDIA_TYPE)


def _waits(answered: Answered) -> bool:
    return answered.headers.get("Retry-After", "").isdigit()
