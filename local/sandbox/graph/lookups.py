"""What an app may ask of its own: a token, an account's subscribed apps, a number.

The shapes are those of Meta's pages on permissions, webhooks and phone numbers.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import Any

import orjson

from local.sandbox.graph.admission import bearer, versioned
from local.sandbox.graph.errors import Refused, no_object, refusal
from local.sandbox.graph.media import MediaRoom
from local.sandbox.room.desk import Answer, Call
from local.sandbox.room.house import House
from local.sandbox.room.setup import AccessToken

INVALID = {"code": 190, "message": "Error validating access token: Session has expired"}


@dataclass(slots=True)
class Lookups:
    """Answers it."""

    house: House
    media: MediaRoom

    def node(self, call: Call) -> Answer:
        """GET or DELETE /{id}: a medium, or a phone number."""
        number = self.house.directory.numbers.get(call.ids["media_id"])
        if number is None or call.method == "DELETE":
            return self.media.lookup(call)
        try:
            versioned(call)
            token = bearer(self.house, call)
        except Refused as refused:
            return refused.answer
        if number.phone_number_id not in token.phone_number_ids:
            return no_object(number.phone_number_id, "get")
        known = {
            "verified_name": "Sandbox",
            "display_phone_number": number.display_phone_number,
            "quality_rating": "GREEN",
            "status": number.status,
        }
        wanted = call.query.get("fields", ",".join(known)).split(",")
        told = {name: value for name, value in known.items() if name in wanted}
        return Answer(200, orjson.dumps(told | {"id": number.phone_number_id}))

    def debug_token(self, call: Call) -> Answer:
        """GET /debug_token?input_token=: what a token is, told to one of the same app."""
        try:
            versioned(call)
            bearer(self.house, call)
        except Refused as refused:
            return refused.answer
        token = self.house.directory.tokens.get(call.query.get("input_token", ""))
        if token is None:
            return refusal(100, message="(#100) The access token could not be decrypted")
        return Answer(200, orjson.dumps({"data": self._shown(token)}))

    def _shown(self, token: AccessToken) -> dict[str, Any]:
        directory = self.house.directory
        numbers = [directory.numbers[one] for one in token.phone_number_ids]
        accounts = sorted({number.waba_id for number in numbers})
        app = numbers[0].app if numbers else ""
        ended = token.expired or 0 < token.expires_at <= time.time()
        shown: dict[str, Any] = {
            "app_id": _app_id(app),
            "type": token.type,
            "application": app,
            "data_access_expires_at": 0,
            "expires_at": token.expires_at,
            "is_valid": not ended,
            "issued_at": int(time.time()) - 86400,
            "scopes": token.scopes,
            "granular_scopes": [{"scope": one, "target_ids": accounts} for one in token.scopes],
            "user_id": "100000000000001",
        }
        return shown | ({"error": INVALID} if ended else {})

    def subscribed_apps(self, call: Call) -> Answer:
        """GET /{waba_id}/subscribed_apps."""
        try:
            versioned(call)
            token = bearer(self.house, call)
        except Refused as refused:
            return refused.answer
        directory, waba_id = self.house.directory, call.ids["waba_id"]
        numbers = [directory.numbers[one] for one in token.phone_number_ids]
        theirs = [number for number in numbers if number.waba_id == waba_id]
        if not theirs or "whatsapp_business_management" not in token.scopes:
            return no_object(waba_id, "get")
        apps = sorted({number.app for number in theirs if number.subscribed})
        data = [
            {"whatsapp_business_api_data": {"id": _app_id(app), "link": "", "name": app}}
            for app in apps
        ]
        return Answer(200, orjson.dumps({"data": data}))


def _app_id(name: str) -> str:
    return str(10**14 + int(hashlib.sha256(name.encode()).hexdigest()[:11], 16))
