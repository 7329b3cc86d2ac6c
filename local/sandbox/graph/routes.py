"""The paths of Meta's side."""

from __future__ import annotations

from starlette.routing import Route

from local.sandbox.graph import errors
from local.sandbox.graph.media import PLACE
from local.sandbox.graph.messages import unknown_path
from local.sandbox.room.desk import ANY, Desk, Work
from local.sandbox.world import World


def graph_routes(world: World) -> list[Route]:
    """All of them."""
    house, media = world.house, world.meta.media

    def latency() -> float:
        return house.settings.graph.latency_ms

    def desk(name: str, work: Work) -> Desk:
        return Desk(house, "graph", name, latency, work, errors.of_fault)

    lookups = world.meta.lookups
    upload, lookup = desk("media_upload", media.upload), desk("media_lookup", lookups.node)
    upload.uploads = True
    delete, download = desk("media_delete", media.lookup), desk("media_download", media.download)
    for one in (lookup, delete, download):
        one.identify = media.identify
    send, other = desk("messages", world.meta.messages.work), desk("unknown", unknown_path)
    own, medium = "/graph/{version}/{phone_number_id}", "/graph/{version}/{media_id:int}"
    debug, apps = desk("debug_token", lookups.debug_token), desk("apps", lookups.subscribed_apps)
    return [
        Route("/graph/{version}/debug_token", debug.endpoint, methods=["GET"]),
        Route("/graph/{version}/{waba_id}/subscribed_apps", apps.endpoint, methods=["GET"]),
        Route(f"{own}/messages", send.endpoint, methods=["POST"]),
        Route(f"{own}/media", upload.endpoint, methods=["POST"]),
        Route(medium, lookup.endpoint, methods=["GET"]),
        Route(medium, delete.endpoint, methods=["DELETE"]),
        Route(PLACE, download.endpoint, methods=["GET"]),
        Route("/graph/{path:path}", other.endpoint, methods=ANY),
    ]
