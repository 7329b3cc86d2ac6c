"""The paths of the identity provider and of its control."""

from __future__ import annotations

from starlette.routing import Route

from local.sandbox.control.answers import guarded
from local.sandbox.oidc.issuer import PLACE, Issuer, of_fault
from local.sandbox.room.desk import Desk
from local.sandbox.world import World


def oidc_routes(world: World) -> list[Route]:
    """All of them."""
    issuer = Issuer()

    def at_once() -> float:
        return 0

    discovery = Desk(world.house, "oidc", "discovery", at_once, issuer.discovery, of_fault)
    jwks = Desk(world.house, "oidc", "jwks", at_once, issuer.jwks, of_fault)
    return [
        Route(f"{PLACE}/.well-known/openid-configuration", discovery.endpoint, methods=["GET"]),
        Route(f"{PLACE}/jwks", jwks.endpoint, methods=["GET"]),
        Route("/control/oidc/token", guarded(issuer.token), methods=["POST"]),
        Route("/control/oidc/rotate", guarded(issuer.rotate), methods=["PUT"]),
    ]
