"""The paths of the control interface."""

from __future__ import annotations

from starlette.routing import Route

from local.sandbox.control.answers import Handler, guarded
from local.sandbox.control.people import People
from local.sandbox.control.rooms import Rooms
from local.sandbox.world import World


def control_routes(world: World) -> list[Route]:
    """All of them, and /healthz."""
    rooms, people = Rooms(world), People(world)
    table: list[tuple[str, list[str], Handler]] = [
        ("/control/tenants", ["GET", "PUT", "PATCH"], rooms.tenants),
        ("/control/settings", ["GET", "PATCH"], rooms.settings),
        ("/control/faults", ["GET", "POST", "DELETE"], rooms.faults),
        ("/control/records", ["GET", "DELETE"], rooms.records),
        ("/control/conversations", ["GET"], rooms.conversations),
        ("/control/counters", ["GET"], rooms.counters),
        ("/control/changes", ["GET"], rooms.changes),
        ("/control/webhooks", ["DELETE"], rooms.webhooks),
        ("/control/tokens", ["DELETE"], rooms.revoke),
        ("/control/whatsapp/send", ["POST"], people.customer_says),
        ("/control/whatsapp/webhook", ["POST"], people.raw_whatsapp),
        ("/control/whatsapp/status", ["POST"], people.status),
        ("/control/whatsapp/verify", ["POST"], people.verify),
        ("/control/genesys/send", ["POST"], people.agent_says),
        ("/control/genesys/webhook", ["POST"], people.raw_genesys),
        ("/control/genesys/disconnect", ["POST"], people.disconnect),
        ("/healthz", ["GET"], rooms.health),
    ]
    return [Route(path, guarded(handler), methods=methods) for path, methods, handler in table]
