"""The routes that the gateway answers itself."""

from __future__ import annotations

from starlette.responses import Response

from gateway_service import words
from gateway_service.principal import Principal
from gateway_service.routes import Route
from shared.tenancy.roles import ROLES

JSON = "application/json"


def own_answer(route: Route, caller: Principal | None) -> Response:
    """The answer of one of them."""
    if caller is not None:
        return Response(_me(caller).model_dump_json(), media_type=JSON)
    if route.answer == words.Health.__name__:
        return Response(words.Health().model_dump_json(), media_type=JSON)
    from gateway_service.openapi import document  # noqa: PLC0415  # loads every model

    return Response(document(), media_type=JSON)


def _me(caller: Principal) -> words.Me:
    tenant = caller.tenant
    return words.Me.model_validate(
        {
            "subject": caller.subject,
            "tenant": None if tenant is None else tenant.slug,
            "tenant_id": None if tenant is None else tenant.id,
            "roles": [role for role in ROLES if role in caller.roles],
            "scopes": sorted(caller.scopes),
        }
    )
