"""POST /{version}/{phone_number_id}/messages: send, mark as read, typing (meta (c))."""

from __future__ import annotations

import base64
import re
import secrets
import time
from typing import Any

import orjson

from local.sandbox.graph import verdict
from local.sandbox.graph.errors import Refused, no_object, of_fault, refusal
from local.sandbox.graph.statuses import Sent, schedule
from local.sandbox.room.desk import Answer, Call
from local.sandbox.room.house import House
from local.sandbox.room.limits import Bounded, Bucket
from local.sandbox.room.setup import PhoneNumber

VERSION = re.compile(r"v(1[3-9]|[2-9][0-9])\.0")
NOT_DIGITS = re.compile(r"\D")
HOUR_S = 3600
ASYNC_FAILURE = frozenset({"async_failure"})


def new_wamid() -> str:
    """A fresh message id: opaque, with the characters of standard Base64."""
    return "wamid.HBgM" + base64.b64encode(secrets.token_bytes(30)).decode()


class Messages:
    """The endpoint's work and its memory: buckets, windows, messages that can be marked read."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._numbers: Bounded[Bucket] = Bounded(10_000)
        self._pairs: Bounded[Bucket] = Bounded(200_000)
        self._last: Bounded[list[float]] = Bounded(200_000)
        self._inbound: Bounded[bool] = Bounded(200_000)

    def customer_wrote(self, phone_number_id: str, customer: str, wamid: str) -> None:
        """Open the customer's 24 hours and remember the message as one that can be read."""
        self._last.obtain(f"{phone_number_id}:{customer}", lambda: [0.0])[0] = time.time()
        self._inbound.obtain(wamid, lambda: True)

    def work(self, call: Call) -> Answer:
        """Answer a request."""
        try:
            number = self._admitted(call)
            body = self._parsed(call.body)
            verdict.check(body)
            call.ids["customer"] = customer = _customer(body)
            if "status" in body:
                return self._read(body)
            self._refuse_business(number, customer, body)
            return self._accept(call, number, customer, body)
        except Refused as refused:
            refused.answer.note.setdefault("verdict", {"strict": None})
            return refused.answer

    def _admitted(self, call: Call) -> PhoneNumber:
        version, number_id = call.ids["version"], call.ids["phone_number_id"]
        if not VERSION.fullmatch(version):
            words = f"Unknown path components: /{number_id}/messages"
            raise Refused(refusal(2500, message=words))
        word, _, value = call.headers.get("authorization", "").partition(" ")
        token = self._house.directory.tokens.get(value) if word.lower() == "bearer" else None
        if token is None:
            raise Refused(refusal(190))
        if token.expired:
            words = "Error validating access token: Session has expired"
            raise Refused(refusal(190, message=words))
        if number_id not in token.phone_number_ids:
            raise Refused(no_object(number_id))
        return self._house.directory.numbers[number_id]

    def _parsed(self, body: bytes) -> dict[str, Any]:
        try:
            parsed = orjson.loads(body)
        except orjson.JSONDecodeError:
            parsed = None
        if not isinstance(parsed, dict):
            words = "(#100) The parameter messaging_product is required."
            note = {"verdict": {"strict": "$: not a JSON object"}}
            raise Refused(refusal(100, message=words, note=note))
        if self._house.settings.graph.unknown_top_level == "ignore" and "status" not in parsed:
            return {k: v for k, v in parsed.items() if k in verdict.known_keys()}
        return parsed

    def _read(self, body: dict[str, Any]) -> Answer:
        if body["message_id"] not in self._inbound:
            details = f"Invalid message id {body['message_id']!r}"
            raise Refused(refusal(100, details=details))
        return Answer(200, b'{"success":true}', note={"verdict": {"strict": None}})

    def _refuse_business(self, number: PhoneNumber, customer: str, body: dict[str, Any]) -> None:
        if customer == NOT_DIGITS.sub("", number.display_phone_number):
            raise Refused(refusal(131021))
        allowed = number.allowed_recipients
        if allowed is not None and customer not in allowed:
            raise Refused(refusal(131030))
        if body.get("type") == "template":
            self._refuse_template(number, body["template"])
        if not self._house.limited:
            return
        graph, number_id = self._house.settings.graph, number.phone_number_id
        if graph.window == "refuse" and self._outside_window(number_id, customer, body):
            raise Refused(refusal(131047, details="More than 24 hours have passed"))
        rate = graph.number_rate_per_second
        if not self._numbers.obtain(number_id, lambda: Bucket(rate)).take(rate, rate):
            raise Refused(refusal(130429, status=graph.rate_limit_status))
        burst = graph.pair_burst
        pair = self._pairs.obtain(f"{number_id}:{customer}", lambda: Bucket(burst))
        if not pair.take(1 / graph.pair_seconds, burst):
            raise Refused(refusal(131056, status=graph.rate_limit_status))

    def _outside_window(self, number_id: str, customer: str, body: dict[str, Any]) -> bool:
        if body.get("type") == "template":
            return False
        last = self._last.get(f"{number_id}:{customer}", [0.0])[0]
        return time.time() - last > self._house.settings.graph.window_hours * HOUR_S

    def _refuse_template(self, number: PhoneNumber, template: dict[str, Any]) -> None:
        name, language = template["name"], template["language"]["code"]
        known = self._house.directory.templates.get((number.waba_id, name, language))
        if known is None:
            details = f"template name ({name}) does not exist in {language}"
            raise Refused(refusal(132001, details=details))
        components = template.get("components", [])
        bodies = [c for c in components if c["type"].lower() == "body"]
        given = sum(len(c.get("parameters", [])) for c in bodies)
        if given != known.body_parameters:
            details = (
                f"body: number of localizable_params ({given}) does not match the expected"
                f" number of params ({known.body_parameters})"
            )
            raise Refused(refusal(132000, details=details))

    def _accept(
        self, call: Call, number: PhoneNumber, customer: str, body: dict[str, Any]
    ) -> Answer:
        house, wamid = self._house, new_wamid()
        kind, scoped = body.get("type", "text"), "to" not in body
        given = body["recipient"] if scoped else body["to"]
        data = body.get("biz_opaque_callback_data")
        message = {"id": wamid, "type": kind, "text": _text(kind, body), "callback_data": data}
        house.ledger.add(("whatsapp", number.phone_number_id, customer), "got", message)
        failures = house.faults.take("graph", ASYNC_FAILURE, call.name, call.path, call.ids)
        failure = int(failures[0].code or 131026) if failures else None
        later = house.settings.graph.window == "fail_later" and house.limited
        if later and self._outside_window(number.phone_number_id, customer, body):
            failure = 131047
        schedule(house, Sent(number, wamid, customer, scoped, kind, data), failure)
        answer: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "contacts": [{"input": given, "user_id" if scoped else "wa_id": customer}],
            "messages": [{"id": wamid}],
        }
        if kind == "template":
            answer["messages"][0]["message_status"] = "accepted"
        return Answer(200, orjson.dumps(answer), note={"verdict": {"strict": None}, "id": wamid})


def _customer(body: dict[str, Any]) -> str:
    if "to" not in body:
        return str(body.get("recipient", ""))
    to: str = body["to"]
    return to if body.get("recipient_type") == "group" else NOT_DIGITS.sub("", to)


def _text(kind: str, body: dict[str, Any]) -> str | None:
    part = body.get(kind)
    if not isinstance(part, dict):
        return None
    nested = part.get("body")
    text = nested.get("text") if isinstance(nested, dict) else nested or part.get("caption")
    return text if isinstance(text, str) else None


def unknown_path(call: Call) -> Answer:
    """The answer for every other path."""
    return refusal(2500, message=f"Unknown path components: {call.path.removeprefix('/graph')}")


__all__ = ["Messages", "new_wamid", "of_fault", "unknown_path"]
