"""Every kind of message, in and out, whatever becomes of it: no log line tells who or what."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from shared.messaging.envelope import Event, EventType
from shared.whatsapp.payloads import walk
from tests.delivery.provider import reply
from tests.security.mutate import bodies
from tests.transform_functions.stage import META_TAKES, Stage, Tenant, outcome, post

AT_ONCE = 4
SHORTEST = 6  # "Yes" is a word of ours too
PRIVATE = {
    *("body", "caption", "name", "formatted_name", "first_name", "last_name", "filename", "text"),
    *("title", "description", "address", "street", "city", "payload", "phone", "email", "url"),
    *("wa_id", "from", "user_id", "from_user_id", "username", "nickname", "recipient_id", "to"),
    *("latitude", "longitude", "vcard", "emoji", "link", "comment", "response_json", "headline"),
}
METAS_OWN = {"Call us"}  # a button's words, and by chance an alert's to operators
NOT_PRIVATE = {"errors", "error", "reasons", "context", "referral_type", "metadata", "template"}


def told(value: Any, key: str = "") -> Iterator[str]:
    """What of a body must never be seen: words, names, numbers, addresses, wamids."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name not in NOT_PRIVATE:
                yield from told(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from told(one, key)
    elif isinstance(value, str) and (key in PRIVATE or value.startswith("wamid.")):
        yield from (line.strip() for line in value.splitlines())


def inbound(tenant: Tenant) -> Iterator[Event]:
    for body in bodies("whatsapp"):
        found = walk(copy.deepcopy(body))
        for item in found.messages:
            item.message["id"] = f"wamid.{uuid4().hex}"
            yield tenant.customer_writes(message={"text": None} | item.message)
        for status in found.statuses:
            data = {"status": status.status, "contact": status.contact}
            id_ = f"wa:s:{uuid4().hex}"
            yield tenant.event(EventType.WHATSAPP_STATUS, id_, uuid4().hex, data)
        for change in found.others:
            yield tenant.meta_changes(change.field or "messages", change.value)


def outbound(tenant: Tenant) -> Iterator[Event]:
    for number, body in enumerate(bodies("genesys")):
        id_ = uuid4().hex
        if isinstance(body.get("channel"), dict) and body["channel"].get("to"):
            body["channel"]["to"] = {"id": f"+1555{number:07d}"}  # nobody's pair is over its limit
        data = {"message": body, "suspended": False}
        yield tenant.event(EventType.GENESYS_MESSAGE, f"gc:m:{id_}", id_, data)


def logs(stage: Stage) -> dict[Path, int]:
    return {path: path.stat().st_size for path in stage.inbound.output.parent.glob("*.log")}


def since(before: dict[Path, int]) -> list[str]:
    return [
        line
        for path, size in before.items()
        for line in path.read_bytes()[size:].decode(errors="replace").splitlines()
    ]


@pytest.mark.parametrize("meta_takes", [True, False], ids=["taken", "refused"])
def test_no_line_of_any_function_tells_who_wrote_what(
    stage: Stage, tenant: Tenant, *, meta_takes: bool
) -> None:
    words = {"error": {"code": 131009, "message": f"bad text {tenant.number}", "title": "no"}}
    stage.meta.reset(META_TAKES if meta_takes else reply(400, words))
    before = logs(stage)
    tenant.desk.talk(f"wamid.{uuid4().hex}", "15550001111", None)
    ways = [(stage.outbound, event) for event in outbound(tenant)]
    if meta_takes:
        ways += [(stage.inbound, event) for event in inbound(tenant)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        codes = list(pool.map(lambda way: post(*way).status_code, ways))
    assert codes.count(200) > len(codes) / 3
    assert 500 not in codes
    private = {one for _, event in ways for one in told(event.data.get("message"))}
    private |= {one for _, event in ways for one in told(event.data.get("contact"))}
    private |= {tenant.number, "Ann Lee", "a-token"}
    lines = since(before)
    assert len(lines) > len(ways)
    assert seen(lines, private - METAS_OWN) == {}


def test_a_name_that_is_none_of_the_products_is_told_by_a_stand_in(
    stage: Stage, tenant: Tenant
) -> None:
    stage.meta.reset(META_TAKES)
    said = f"CUSTOMER +{uuid4().int} said hello"
    before = logs(stage)
    receipt: dict[str, Any] = {"type": "Receipt", "text": None, "status": said, "id": uuid4().hex}
    for event in (
        tenant.meta_changes(said, {"event": said}),
        tenant.meta_changes("account_update", {"event": said}),
        tenant.meta_tells(f"wamid.{uuid4().hex}", said),
        tenant.customer_writes(message={"type": said, "text": None}),
    ):
        outcome(stage.inbound, event)
    outcome(stage.outbound, tenant.agent_writes(message=receipt))
    lines = since(before)
    assert [
        event
        for event in ("change", "status_ignored", "inbound_message", "receipt_ignored")
        if not any(f'"message":"{event}"' in one for one in lines)
    ] == []
    assert [one for one in lines if said in one or said.split()[1][1:] in one] == []


def seen(lines: list[str], private: set[str]) -> dict[str, str]:
    """The private words that a line has, plain or as JSON has them, and the line."""
    whole = "\n".join(lines)
    long = {one for one in private if len(one) >= SHORTEST}
    assert long
    found = [one for one in long if one in whole or json.dumps(one)[1:-1] in whole]
    return {one: next(line for line in lines if one in line) for one in found}
