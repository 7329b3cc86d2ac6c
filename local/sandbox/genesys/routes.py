"""The paths of the platform's side, its login host included."""

from __future__ import annotations

import uuid

from starlette.routing import Route

from local.sandbox.genesys import errors
from local.sandbox.genesys.downloads import ELSEWHERE, PLACE
from local.sandbox.room.desk import ANY, Answer, Call, Desk, Work
from local.sandbox.world import World

MESSAGES = "/genesys/api/v2/conversations/messages"
MESSAGING = "/genesys/api/v2/conversations/messaging"
INBOUND = f"{MESSAGES}/{{integration_id}}/inbound/open"


def nowhere(_call: Call) -> Answer:
    """The answer for every other path."""
    answer = errors.refusal("not.found")
    answer.headers["ININ-Correlation-Id"] = str(uuid.uuid4())
    return answer


def _doors(world: World) -> list[tuple[str, str, str, Work]]:
    """Method, path, name, work."""
    platform = world.platform
    gate, inbound, outside = platform.gate, platform.inbound, platform.outside.doors()
    lookups = platform.integrations.doors()
    structured = gate.guarded("genesys-structured-response", inbound.structured)
    receipt = gate.guarded("genesys-receipt", platform.receipts.receipt)
    return [
        ("POST", f"{INBOUND}/message", "message", gate.guarded("genesys-message", inbound.message)),
        ("POST", f"{INBOUND}/receipt", "receipt", receipt),
        ("POST", f"{INBOUND}/event", "event", gate.guarded("genesys-event", inbound.event)),
        ("POST", f"{INBOUND}/structured/response", "structured", structured),
        ("POST", f"{MESSAGES}/agentless", "agentless", outside["agentless"]),
        ("POST", f"{MESSAGES}/inbound/open", "legacy", outside["legacy"]),
        ("GET", f"{MESSAGES}/{{message_id}}/details", "details", outside["details"]),
        (
            "GET",
            f"{MESSAGING}/integrations/open/{{integration_id}}",
            "integration",
            lookups["integration"],
        ),
        ("GET", f"{MESSAGING}/supportedcontent/{{content_id}}", "content", lookups["content"]),
        ("GET", f"{PLACE}/{{file_id}}", "download", platform.downloads.download),
        ("GET", f"{ELSEWHERE}/{{file_id}}", "storage", platform.downloads.storage),
    ]


def genesys_routes(world: World) -> list[Route]:
    """All of them."""
    house = world.house

    def latency() -> float:
        return house.settings.genesys.latency_ms

    def login_latency() -> float:
        return house.settings.login.latency_ms

    def desk(name: str, work: Work) -> Desk:
        return Desk(house, "genesys", name, latency, work, errors.of_fault)

    login = world.platform.login.work
    token = Desk(house, "login", "token", login_latency, login, errors.of_fault)
    return [
        Route("/login/oauth/token", token.endpoint, methods=["POST"]),
        *(Route(p, desk(name, work).endpoint, methods=[m]) for m, p, name, work in _doors(world)),
        Route("/genesys/{path:path}", desk("unknown", nowhere).endpoint, methods=ANY),
    ]
