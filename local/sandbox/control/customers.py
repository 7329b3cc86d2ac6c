"""Control of Meta's side: customers who write and tap, news, statuses, the GET check."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from local.sandbox.control.answers import WrongError, shown, taken
from local.sandbox.control.sending import Raw, host, sent
from local.sandbox.graph import statuses, webhooks, wire
from local.sandbox.graph.accounts import Change
from local.sandbox.graph.customers import UnknownNumberError
from local.sandbox.graph.persons import Person
from local.sandbox.graph.sayings import Said, Tap
from local.sandbox.graph.taps import NoOptionError
from local.sandbox.room.kinds import WrongKindError
from local.sandbox.world import World

OK = 200


class RawWhatsApp(Raw):
    """`app` owns the callback; `sign_as` another app whose secret is to be used."""

    app: str
    sign_as: str | None = None
    signature: webhooks.Signature = "good"


class Hand(BaseModel):
    """A status sent by hand, about a message accepted before. `over`: laid over its item."""

    model_config = ConfigDict(extra="forbid")
    message_id: str
    status: str
    code: int | None = None
    over: dict[str, Any] = {}


class Verify(BaseModel):
    """The GET check of an app's callback. `verify_token`: another than the app's."""

    model_config = ConfigDict(extra="forbid")
    app: str
    verify_token: str | None = None


@dataclass(slots=True)
class CustomerDoors:
    """The handlers."""

    world: World

    async def says(self, request: Request) -> Response:
        """POST: a customer writes."""
        return await self._say(await taken(request, Said), request)

    async def taps(self, request: Request) -> Response:
        """POST: a customer taps an option of what it got."""
        tap = await taken(request, Tap)
        try:
            said = self.world.meta.taps.said(tap)
        except NoOptionError as wrong:
            raise WrongError(str(wrong), 404) from wrong
        return await self._say(said, request)

    async def _say(self, said: Said, request: Request) -> Response:
        try:
            outcome = await self.world.meta.customers.say(said, host(request))
        except UnknownNumberError as unknown:
            raise WrongError(str(unknown), 404) from unknown
        except WrongKindError as wrong:
            raise WrongError(str(wrong)) from wrong
        told = {"ids": outcome.ids, "files": outcome.files}
        return await sent(outcome.delivery, told, wait=said.wait)

    async def changes(self, request: Request) -> Response:
        """POST: Meta tells of something that is no message."""
        change = await taken(request, Change)
        try:
            ids, delivery = self.world.meta.accounts.tell(change)
        except UnknownNumberError as unknown:
            raise WrongError(str(unknown), 404) from unknown
        except WrongKindError as wrong:
            raise WrongError(str(wrong)) from wrong
        return await sent(delivery, {"ids": ids}, wait=change.wait)

    async def raw(self, request: Request) -> Response:
        """POST: a whole webhook body of Meta's, as it is."""
        raw = await taken(request, RawWhatsApp)
        house, apps = self.world.house, self.world.house.directory.apps
        app, signer = apps.get(raw.app), apps.get(raw.sign_as or raw.app)
        if app is None or signer is None:
            raise WrongError(f"no app {raw.app!r} or {raw.sign_as!r} in the set-up", 404)
        exact = raw.exact()
        body = wire.encoded(raw.body) if exact is None else exact
        out = webhooks.Outgoing(body, "raw", f"raw:{secrets.token_hex(8)}", {}, {})
        url = raw.callback_url or app.callback_url
        letter = webhooks.letter(house, signer, url, out, raw.signature)
        letter.body = raw.spoiled(letter.body)
        return await sent(house.sender.send(letter), {}, wait=raw.wait)

    async def status(self, request: Request) -> Response:
        """POST: one status of a message that was accepted before."""
        hand = await taken(request, Hand)
        house = self.world.house
        entry = house.ledger.find("whatsapp", hand.message_id)
        number = house.directory.numbers.get(entry.thread.line) if entry is not None else None
        if entry is None or entry.direction != "got" or number is None:
            raise WrongError(f"no accepted message {hand.message_id!r}", 404)
        customer, data = entry.thread.customer, entry.extra.get("callback_data")
        person = self.world.meta.messages.persons.find(number.phone_number_id, customer)
        if person is None:
            person = Person(customer)
            person.note(customer)
        made = statuses.Sent(number, entry.id, person, entry.type, data)
        failure = None if hand.code is None else statuses.Failure(hand.code)
        seq = statuses.emit(house, made, hand.status, failure, hand.over)
        return shown({"seq": int(seq)}, 202)

    async def verify(self, request: Request) -> Response:
        """POST: make the GET verification call of an app's callback (meta (a.1))."""
        wanted = await taken(request, Verify)
        app = self.world.house.directory.apps.get(wanted.app)
        if app is None:
            raise WrongError(f"no app {wanted.app!r} in the set-up", 404)
        challenge = str(secrets.randbelow(10**10))
        token = app.verify_token if wanted.verify_token is None else wanted.verify_token
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
                session.get(app.callback_url, params=query, allow_redirects=False) as got,
            ):
                status, body = got.status, (await got.read()).decode("utf-8", "replace")
        except (aiohttp.ClientError, TimeoutError) as wrong:
            raise WrongError(f"no answer from {app.callback_url}: {wrong!r}", 502) from wrong
        verified = status == OK and body == challenge
        return shown({"verified": verified, "status": status, "body": body[:300]})
