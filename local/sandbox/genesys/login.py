"""POST /login/oauth/token: client credentials by Basic and form (genesys (a))."""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from dataclasses import dataclass
from urllib.parse import parse_qs

import orjson

from local.sandbox.genesys.errors import too_many
from local.sandbox.room.desk import Answer, Call
from local.sandbox.room.house import House
from local.sandbox.room.limits import Bounded, Window
from local.sandbox.room.setup import Client, Org

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Issued:
    """A token we gave. `until`: monotonic."""

    client_id: str
    until: float


class Login:
    """The endpoint's work, and the tokens it gave."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._tokens: Bounded[Issued] = Bounded(50_000)
        self._windows: Bounded[Window] = Bounded(10_000)

    def work(self, call: Call) -> Answer:
        """Answer a request."""
        if call.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            return _refused("invalid_request", "the body must be a form", 400)
        form = {k: v[-1] for k, v in parse_qs(call.body.decode("utf-8", "replace")).items()}
        if form.get("grant_type") != "client_credentials":
            return _refused("unsupported_grant_type", "grant_type must be client_credentials", 400)
        client_id, client_secret = _credentials(call, form)
        known = self._house.directory.clients.get(client_id)
        status = self._house.settings.login.refused_status
        if known is None:
            return _refused("invalid_client", "client not found", status)
        client = known[1]
        if not secrets.compare_digest(client.client_secret.encode(), client_secret.encode()):
            return _refused("invalid_client", "authentication failed", status)
        return self._limited(client_id) or self._issue(client)

    def _limited(self, client_id: str) -> Answer | None:
        window = self._windows.obtain(client_id, Window)
        seconds, allowed = window.enter(), self._house.settings.login.rate_per_minute
        over = self._house.limited and window.count > allowed
        return too_many(seconds, allowed) if over else None

    def _issue(self, client: Client) -> Answer:
        token = secrets.token_urlsafe(48)
        expires_in = client.expires_in or self._house.settings.login.expires_in
        issued = Issued(client.client_id, time.monotonic() + expires_in)
        self._tokens.obtain(token, lambda: issued)
        body = {"access_token": token, "token_type": "bearer", "expires_in": expires_in}
        headers = {"Cache-Control": "no-store"}
        return Answer(200, orjson.dumps(body), headers, note={"client_id": client.client_id})

    def holder(self, token: str) -> tuple[Org, Client] | str:
        """Who holds `token`; or the platform's code of what is wrong with it."""
        issued = self._tokens.get(token)
        known = self._house.directory.clients.get(issued.client_id) if issued else None
        if issued is None or known is None:
            return "bad.credentials"
        return "credentials.expired" if time.monotonic() >= issued.until else known

    def revoke(self, client_id: str | None = None) -> int:
        """Take back the tokens of a client, or all; answers how many."""
        gone = [t for t, i in self._tokens.items() if client_id in (None, i.client_id)]
        for token in gone:
            del self._tokens[token]
        return len(gone)


def _credentials(call: Call, form: dict[str, str]) -> tuple[str, str]:
    word, _, value = call.headers.get("authorization", "").partition(" ")
    if word.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    client_id, _, client_secret = decoded.partition(":")
    return client_id, client_secret


def _refused(error: str, words: str, status: int) -> Answer:
    body = {"error": error, "description": words, "error_description": words}
    return Answer(status, orjson.dumps(body))
