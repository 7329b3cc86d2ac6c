"""What happens to a request, in its order: route, caller, limit, scope, tenant, body, function."""

from __future__ import annotations

import time
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from gateway_service import cors
from gateway_service.access import Visit, finish, know, request_id
from gateway_service.auth.bearer import Bearer
from gateway_service.limits import Limits, TooMany, headers
from gateway_service.onward import api_answer, api_call, webhook_answer, webhook_call
from gateway_service.own import own_answer
from gateway_service.principal import Principal
from gateway_service.proxy import Proxy
from gateway_service.routes import OWN, Route, WrongMethod, found
from gateway_service.source import source_of
from gateway_service.tenants import Tenants
from shared.runtime.errors import (
    BadInput,
    Forbidden,
    NotAdmitted,
    NotFound,
    ParleyError,
    Unauthorised,
)
from shared.runtime.function import answer
from shared.runtime.logging import bind, describe, logger
from shared.runtime.problem import internal_problem
from shared.runtime.refusals import claimed, refusals
from shared.runtime.service_auth import ServiceTokens

log = logger()

TENANT_HEADER = "parley-tenant"


@dataclass(frozen=True)
class Gateway:
    """The door of one process."""

    proxy: Proxy
    bearer: Bearer
    tenants: Tenants
    limits: Limits
    tokens: ServiceTokens
    proxies: int = 0  # the operator's own before us, whose X-Forwarded-For is believed

    async def serve(self, request: Request) -> Response:
        """The answer, whatever happens."""
        started = time.perf_counter()
        visit = Visit(request_id(request))
        bind(request_id=visit.request_id)
        try:
            response = await self._answer(request, visit)
        except ParleyError as error:
            response = await self._refusal(request, visit, error)
        except Exception as error:  # noqa: BLE001  # the last door: logged, answered, nothing leaks
            log.error("unexpected_error", extra=describe(error))
            response = internal_problem()
        return finish(request, visit, response, time.perf_counter() - started)

    async def _answer(self, request: Request, visit: Visit) -> Response:
        if cors.is_preflight(request.method, request.headers):
            return await self._preflight(request)
        match = found(request.method, request.scope["path"])
        route = visit.route = match.route
        if route.access == "webhook":
            return webhook_answer(await self.proxy.send(await webhook_call(request, route)))
        if route.access == "public":
            return own_answer(route, None)
        caller = await self._admitted(request, visit, route)
        if route.function == OWN:
            return own_answer(route, caller)
        call = await api_call(request, match, caller, self.tokens)
        return api_answer(route, await self.proxy.send(call))

    async def _admitted(self, request: Request, visit: Visit, route: Route) -> Principal:
        """Who calls, counted, allowed, and at work for one tenant or the platform."""
        caller = await self.bearer.principal(
            request.headers.getlist("authorization"), source_of(request, self.proxies)
        )
        know(visit, caller)
        visit.headers |= cors.shown_to(request.headers.get("origin"), caller)
        visit.headers |= await self.limits.enter(caller, route.cost)
        caller.need(route.scope)
        if route.access == "platform" and not caller.of_the_platform:
            raise Forbidden("this is for the platform's own people", reason="platform_only")
        if route.access != "tenant":
            return caller
        caller = await self._at_work(request, caller)
        know(visit, caller)
        return caller

    async def _at_work(self, request: Request, caller: Principal) -> Principal:
        """The caller's own tenant; the platform's people name one. Raises ParleyError."""
        named = request.headers.getlist(TENANT_HEADER)
        if len(named) > 1:
            raise BadInput("the header Parley-Tenant is there more than once")
        if caller.tenant is not None:
            if named and named[0] not in (caller.tenant.id, caller.tenant.slug):
                raise Forbidden(
                    "this is another tenant's",
                    reason="another_tenant",
                    whose={"claimed_tenant": claimed(named[0])},
                )
            return caller
        if not named:
            raise BadInput("name the tenant in the header Parley-Tenant")
        tenant = await self.tenants.card(named[0])
        if tenant is None:
            raise NotFound("there is no such tenant")
        return caller.at(tenant)

    async def _preflight(self, request: Request) -> Response:
        origin = request.headers["origin"]
        if not await self.tenants.knows_origin(origin, source_of(request, self.proxies)):
            raise Forbidden(
                "no tenant lists this origin",
                reason="origin_not_listed",
                whose={"claimed_origin": claimed(origin)},
            )
        return Response(status_code=204, headers=cors.preflight(origin))

    async def _refusal(self, request: Request, visit: Visit, error: ParleyError) -> Response:
        response = answer(error)
        if isinstance(error, NotAdmitted):
            route = None if visit.route is None else visit.route.path
            whose = {"route": route, **error.whose}
            refusals.warning("api_refused", reason=error.reason, extra=whose)
        if isinstance(error, WrongMethod):
            response.headers["Allow"] = ", ".join(error.allowed)
        elif isinstance(error, TooMany):
            visit.headers |= headers(error.answer)
        elif isinstance(error, Unauthorised):
            response.headers["WWW-Authenticate"] = 'Bearer realm="parley"'
            visit.headers |= await self._to_page(request)
        return response

    async def _to_page(self, request: Request) -> dict[str, str]:
        """A page whose token ran out shall see so; the answer tells it nothing else."""
        origin = request.headers.get("origin")
        try:
            source = source_of(request, self.proxies)
            known = origin is not None and await self.tenants.knows_origin(origin, source)
        except ParleyError:
            known = False
        return {"Vary": "Origin"} | (
            {"Access-Control-Allow-Origin": origin} if known and origin else {}
        )
