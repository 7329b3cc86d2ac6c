"""The paths of the control interface."""

from __future__ import annotations

from starlette.routing import Route

from local.sandbox.control.agents import AgentDoors
from local.sandbox.control.answers import Handler, guarded
from local.sandbox.control.customers import CustomerDoors
from local.sandbox.control.rooms import Rooms
from local.sandbox.world import World


def control_routes(world: World) -> list[Route]:
    """All of them, and /healthz."""
    rooms, customers, agents = Rooms(world), CustomerDoors(world), AgentDoors(world)
    table: list[tuple[str, list[str], Handler]] = [
        ("/control/tenants", ["GET", "PUT", "PATCH"], rooms.tenants),
        ("/control/reset", ["POST"], rooms.reset),
        ("/control/settings", ["GET", "PATCH"], rooms.settings),
        ("/control/faults", ["GET", "POST", "DELETE"], rooms.faults),
        ("/control/records", ["GET", "DELETE"], rooms.records),
        ("/control/conversations", ["GET"], rooms.conversations),
        ("/control/counters", ["GET"], rooms.counters),
        ("/control/changes", ["GET"], rooms.changes),
        ("/control/webhooks", ["DELETE"], rooms.webhooks),
        ("/control/tokens", ["DELETE"], rooms.revoke),
        ("/control/whatsapp/send", ["POST"], customers.says),
        ("/control/whatsapp/tap", ["POST"], customers.taps),
        ("/control/whatsapp/change", ["POST"], customers.changes),
        ("/control/whatsapp/webhook", ["POST"], customers.raw),
        ("/control/whatsapp/status", ["POST"], customers.status),
        ("/control/whatsapp/verify", ["POST"], customers.verify),
        ("/control/genesys/send", ["POST"], agents.says),
        ("/control/genesys/webhook", ["POST"], agents.raw),
        ("/control/genesys/disconnect", ["POST"], agents.disconnect),
        ("/healthz", ["GET"], rooms.health),
    ]
    return [Route(path, guarded(handler), methods=methods) for path, methods, handler in table]
