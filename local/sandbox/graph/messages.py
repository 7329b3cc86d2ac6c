"""POST /{version}/{phone_number_id}/messages: send, mark as read, typing (meta (c))."""

from __future__ import annotations

import re
import time
from typing import Any

import orjson

from local.sandbox.graph import templates, verdict
from local.sandbox.graph.admission import admitted
from local.sandbox.graph.errors import Refused, refusal
from local.sandbox.graph.persons import Person, Persons
from local.sandbox.graph.sent_media import UPLOAD_FAILED, Ref, SentMedia, refs
from local.sandbox.graph.statuses import Failure, Sent, schedule
from local.sandbox.graph.wire import new_wamid
from local.sandbox.room.desk import Answer, Call
from local.sandbox.room.house import House
from local.sandbox.room.limits import Bounded, Bucket
from local.sandbox.room.setup import PhoneNumber

NOT_DIGITS = re.compile(r"\D")
HOUR_S, DAY_S = 3600, 86400
ASYNC_FAILURE = frozenset({"async_failure"})


class Messages:
    """The endpoint's work and its memory: buckets, customers, messages that can be marked read."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._numbers: Bounded[Bucket] = Bounded(10_000)
        self._pairs: Bounded[Bucket] = Bounded(200_000)
        self._inbound: Bounded[tuple[str, float]] = Bounded(200_000)
        self._media = SentMedia(house)
        self.persons = Persons()

    def customer_wrote(
        self, phone_number_id: str, person: Person, wamid: str, *, opens: bool = True
    ) -> None:
        """Remember the message as one that can be read; open the customer's 24 hours."""
        if opens:
            person.wrote()
        self._inbound.obtain(wamid, lambda: (phone_number_id, time.time()))

    def work(self, call: Call) -> Answer:
        """Answer a request."""
        try:
            number = admitted(self._house, call)
            body = self._parsed(call.body)
            verdict.check(body, self._house.settings.graph)
            if "status" in body:
                return self._read(number, body)
            person = self._person(number, body)
            call.ids["customer"] = person.who
            self._refuse_business(number, person, body)
            return self._accept(call, number, person, body)
        except Refused as refused:
            refused.answer.note.setdefault("verdict", {"strict": None})
            return refused.answer

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

    def _read(self, number: PhoneNumber, body: dict[str, Any]) -> Answer:
        wamid, graph = body["message_id"], self._house.settings.graph
        owner, at = self._inbound.get(wamid, ("", 0.0))
        if owner != number.phone_number_id or time.time() - at > graph.read_days * DAY_S:
            raise Refused(refusal(100, details=f"Invalid message id {wamid!r}"))
        entry = self._house.ledger.find("whatsapp", wamid)
        if entry is not None:
            typing = "typing" if "typing_indicator" in body else "read"
            entry.extra.setdefault("seen", []).append(typing)
        return Answer(200, b'{"success":true}', note={"verdict": {"strict": None}})

    def _person(self, number: PhoneNumber, body: dict[str, Any]) -> Person:
        number_id = number.phone_number_id
        if "to" not in body:
            address = str(body["recipient"])
            return self.persons.find(number_id, address) or Person(address, user_id=address)
        if body.get("recipient_type") == "group":
            return self.persons.find(number_id, body["to"]) or Person(body["to"])
        digits = NOT_DIGITS.sub("", body["to"])
        address = self._house.settings.graph.spellings.get(digits, digits)
        return self.persons.find(number_id, address) or Person(address, wa_id=address)

    def _refuse_business(self, number: PhoneNumber, person: Person, body: dict[str, Any]) -> None:
        if person.who == NOT_DIGITS.sub("", number.display_phone_number):
            raise Refused(refusal(131021))
        allowed = number.allowed_recipients
        if allowed is not None and person.who not in allowed:
            raise Refused(refusal(131030))
        graph, number_id = self._house.settings.graph, number.phone_number_id
        if body.get("type") == "template":
            known = templates.found(self._house, number, body["template"])
            templates.check(known, body["template"])
            if known.category == "AUTHENTICATION" and "to" not in body:
                raise Refused(refusal(131062))
        if body.get("type") == "reaction" and graph.unknown_reaction_target == "refuse":
            self._refuse_strange_target(number, body["reaction"]["message_id"])
        if not self._house.limited:
            return
        if graph.window == "refuse" and self._outside_window(person, body):
            raise Refused(refusal(131047, details="More than 24 hours have passed"))
        rate = graph.number_rate_per_second
        if not self._numbers.obtain(number_id, lambda: Bucket(rate)).take(rate, rate):
            raise Refused(refusal(130429, status=graph.rate_limit_status))
        burst = graph.pair_burst
        pair = self._pairs.obtain(f"{number_id}:{person.who}", lambda: Bucket(burst))
        if not pair.take(1 / graph.pair_seconds, burst):
            raise Refused(refusal(131056, status=graph.rate_limit_status))

    def _refuse_strange_target(self, number: PhoneNumber, wamid: str) -> None:
        entry = self._house.ledger.find("whatsapp", wamid)
        if entry is None or entry.thread.line != number.phone_number_id:
            raise Refused(refusal(131009, details=f"No message {wamid!r} to react to"))

    def _outside_window(self, person: Person, body: dict[str, Any]) -> bool:
        if body.get("type") == "template":
            return False
        return time.time() - person.wrote_at > self._house.settings.graph.window_hours * HOUR_S

    def _accept(
        self, call: Call, number: PhoneNumber, person: Person, body: dict[str, Any]
    ) -> Answer:
        found = refs(body)
        files, wrong = self._media.by_id(number, found)
        sent = self._sent(number, person, body)
        self._noted(sent, body, files)
        failure = self._failure(call, person, body, wrong)
        if any("link" in ref.part for ref in found) and failure is None:
            self._house.fetcher.start(self._after_fetching(sent, found, files))
        else:
            schedule(self._house, sent, failure)
        answer: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "contacts": [self._contact(person, body)],
            "messages": [{"id": sent.wamid}],
        }
        if sent.kind == "template":
            answer["messages"][0]["message_status"] = "accepted"
        note = {"verdict": {"strict": None}, "id": sent.wamid}
        return Answer(200, orjson.dumps(answer), note=note)

    async def _after_fetching(
        self, sent: Sent, found: list[Ref], files: list[dict[str, Any]]
    ) -> None:
        wrong = await self._media.by_link(found, files)
        schedule(self._house, sent, Failure(UPLOAD_FAILED, wrong) if wrong else None)

    def _sent(self, number: PhoneNumber, person: Person, body: dict[str, Any]) -> Sent:
        kind, group = body.get("type", "text"), body.get("recipient_type") == "group"
        voice = kind == "audio" and bool(body["audio"].get("voice"))
        data = body.get("biz_opaque_callback_data")
        return Sent(number, new_wamid(), person, kind, data, group=group, voice=voice)

    def _noted(self, sent: Sent, body: dict[str, Any], files: list[dict[str, Any]]) -> None:
        kind, house = sent.kind, self._house
        message: dict[str, Any] = {"id": sent.wamid, "type": kind}
        message["callback_data"] = sent.callback_data
        message["text"] = _text(kind, body)
        if kind == "template":
            known = templates.found(house, sent.number, body["template"])
            message["text"] = templates.rendered(known, body["template"])
        if kind != "text":
            message["content"] = body[kind]
        if refs(body):
            message["files"] = files
        quoted = body.get("context", {}).get("message_id")
        if quoted is not None:
            known_quote = house.ledger.find("whatsapp", quoted) is not None
            message |= {"quotes": quoted, "quote_shown": known_quote}
        number_id = sent.number.phone_number_id
        house.ledger.add(("whatsapp", number_id, sent.person.who), "got", message)

    def _failure(
        self, call: Call, person: Person, body: dict[str, Any], wrong: str
    ) -> Failure | None:
        house = self._house
        faults = house.faults.take("graph", ASYNC_FAILURE, call.name, call.path, call.ids)
        if faults:
            return Failure(int(faults[0].code or 131026))
        late = house.settings.graph.window == "fail_later" and house.limited
        if late and self._outside_window(person, body):
            return Failure(131047)
        if person.stopped_marketing and body.get("type") == "template":
            name, language = body["template"]["name"], body["template"]["language"]["code"]
            waba_id = house.directory.numbers[call.ids["phone_number_id"]].waba_id
            known = house.directory.templates.get((waba_id, name, language))
            if known is not None and known.category == "MARKETING":
                return Failure(131050)
        return Failure(UPLOAD_FAILED, wrong) if wrong else None

    def _contact(self, person: Person, body: dict[str, Any]) -> dict[str, Any]:
        if "to" not in body:
            return {"input": body["recipient"], "user_id": body["recipient"]}
        if body.get("recipient_type") == "group":
            return {"input": body["to"]}
        return {"input": body["to"], "wa_id": person.wa_id or person.who}


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
