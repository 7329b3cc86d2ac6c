"""Control of the shared room: set-up, settings, faults, records, conversations."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from local.sandbox.control.answers import WrongError, shown, taken, worded
from local.sandbox.room.clock import iso_ms
from local.sandbox.room.faults import Fault
from local.sandbox.room.setup import Part, Setup
from local.sandbox.world import World

MOST = 1000
WAIT_S = 30.0


def _number(request: Request, name: str, usual: float) -> float:
    try:
        return float(request.query_params.get(name, usual))
    except ValueError:
        raise WrongError(f"{name} must be a number") from None


@dataclass(slots=True)
class Rooms:
    """The handlers."""

    world: World

    async def tenants(self, request: Request) -> Response:
        """PUT replaces the world, PATCH adds to it, GET tells the ids in it (never a secret)."""
        directory = self.world.house.directory
        if request.method != "GET":
            directory.load(await self._given(request))
        return shown(
            {
                "apps": list(directory.apps),
                "phone_numbers": list(directory.numbers),
                "access_tokens": len(directory.tokens),
                "templates": len(directory.templates),
                "orgs": [o.name for o in directory.setup.orgs],
                "integrations": list(directory.integrations),
            }
        )

    async def _given(self, request: Request) -> Setup:
        if request.method == "PUT":
            return await taken(request, Setup)
        part = await taken(request, Part)
        try:
            return self.world.house.directory.setup.joined(part)
        except ValidationError as wrong:
            raise WrongError(worded(wrong)) from wrong

    async def reset(self, _request: Request) -> Response:
        """POST: settings as at the start, no faults, webhooks or records. Who exists stays."""
        house = self.world.house
        told = {
            "faults": house.faults.clear(),
            "webhooks": house.sender.cancel(),
            "messages": house.ledger.clear(),
            "records": house.recorder.clear(),
        }
        house.settings.change(house.at_start)
        return shown(told)

    async def settings(self, request: Request) -> Response:
        """PATCH changes some, GET shows all."""
        settings = self.world.house.settings
        if request.method == "PATCH":
            try:
                changes = orjson.loads(await request.body())
                if not isinstance(changes, dict):
                    raise WrongError("the body must be an object of settings")
                settings.change(changes)
            except orjson.JSONDecodeError as wrong:
                raise WrongError(f"the body is not JSON: {wrong}") from wrong
            except ValidationError as wrong:
                raise WrongError(worded(wrong)) from wrong
        return shown(settings.model_dump())

    async def faults(self, request: Request) -> Response:
        """POST switches one on, GET lists them, DELETE (?id=) switches one or all off."""
        book = self.world.house.faults
        if request.method == "POST":
            return shown(book.add(await taken(request, Fault)).model_dump(), 201)
        if request.method == "DELETE":
            given = request.query_params.get("id")
            return shown({"deleted": book.clear(None if given is None else int(given))})
        return shown({"faults": [f.model_dump() for f in book.listed()]})

    async def records(self, request: Request) -> Response:
        """GET ?target=&kind=&name=&state=&since=&limit= finds; DELETE forgets all that happened."""
        house = self.world.house
        if request.method == "DELETE":
            messages = house.ledger.clear()
            return shown({"records": house.recorder.clear(), "messages": messages})
        query = request.query_params
        wanted = {k: query[k] for k in ("target", "kind", "name", "state") if k in query}
        limit = int(_number(request, "limit", MOST))
        found: list[dict[str, Any]] = []
        for record in house.recorder.find(int(_number(request, "since", 0)), **wanted):
            if len(found) == limit:
                break
            found.append(record.shown())
        recorder = house.recorder
        return shown({"records": found, "last_seq": recorder.last_seq, "dropped": recorder.dropped})

    async def conversations(self, request: Request) -> Response:
        """GET ?side=&line=&customer=: threads with their messages in order."""
        query = request.query_params
        wanted = {k: query[k] for k in ("side", "line", "customer") if k in query}
        house = self.world.house
        threads = [t.shown() for t in house.ledger.threads(**wanted)]
        return shown({"conversations": threads, "dropped": house.ledger.dropped})

    async def counters(self, _request: Request) -> Response:
        """GET: cheap totals, for load tests to wait on."""
        return shown(self._counters())

    async def changes(self, request: Request) -> Response:
        """GET ?after=&limit_ms=&rest_ms=: answers once something changed.

        That is once `version` is beyond `after`, or after `limit_ms` (at most 30 s). It rests for
        `rest_ms` first, so that a heavy question is not asked at every message.
        """
        recorder = self.world.house.recorder
        limit = min(WAIT_S, _number(request, "limit_ms", 1000) / 1000)
        rest = min(limit, _number(request, "rest_ms", 0) / 1000)
        await asyncio.sleep(rest)
        await recorder.wait(int(_number(request, "after", recorder.version)), limit - rest)
        return shown({"version": recorder.version, **self._counters()})

    def _counters(self) -> dict[str, Any]:
        recorder = self.world.house.recorder
        return {"last_seq": recorder.last_seq, **recorder.counters}

    async def webhooks(self, _request: Request) -> Response:
        """DELETE: drop the webhooks not yet delivered, retries included."""
        return shown({"dropped": self.world.house.sender.cancel()})

    async def revoke(self, request: Request) -> Response:
        """DELETE ?client_id=: take back the tokens issued by login."""
        login = self.world.platform.login
        return shown({"revoked": login.revoke(request.query_params.get("client_id"))})

    async def health(self, _request: Request) -> Response:
        """GET: ready."""
        return shown({"status": "ok", "time": iso_ms()})
