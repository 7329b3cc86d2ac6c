"""Every kind by name: what customers send, what Meta tells, what agents send."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from local.sandbox.genesys.outbound.table import KINDS as AGENT_KINDS
from local.sandbox.graph.accounts import FIELDS
from local.sandbox.graph.inbound.table import KINDS
from local.sandbox.room.kinds import Kind
from local.services import clock
from tests.local.sandbox.support import World
from tests.programs import run

CUSTOMER = "919876543210"


def message(world: World) -> dict[str, Any]:
    """The one message that came."""
    (value,) = world.hooks(1)
    (item,) = value["messages"]
    found: dict[str, Any] = item
    return found


TYPES = {
    "voice": "audio",
    "legacy_voice": "voice",
    "pin": "location",
    "button_reply": "interactive",
    "list_reply": "interactive",
    "flow": "interactive",
    "address": "interactive",
    "call_permission_reply": "interactive",
    "interactive_empty": "interactive",
    "reaction_removed": "reaction",
    "number_changed": "system",
    "user_id_changed": "system",
    "identity_changed": "system",
    "unavailable": "unsupported",
    "media_error": "image",
    "new_type": "hologram",
    **dict.fromkeys(
        ["reply", "forward", "frequent_forward", "product_reply", "referral", "group_message"],
        "text",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_customer_sends_every_kind_by_name(world: World, kind: str) -> None:
    sent = world.sandbox.customer_sends(world.number, CUSTOMER, kind, wait=True)
    item = message(world)
    assert item["id"] == sent.id
    assert item["type"] == TYPES.get(kind, kind)
    assert item["timestamp"].isdigit()
    empty = {"request_welcome", "interactive_empty", "unsupported", "unavailable", "unknown"}
    assert item["type"] in item or kind in empty


@pytest.mark.parametrize("kind", AGENT_KINDS)
def test_an_agent_sends_every_kind_by_name(world: World, kind: str) -> None:
    fields: dict[str, Any] = {"text": "x"} if kind == "message" else {}
    sent = world.sandbox.agent_sends(world.integration, "+91", kind, wait=True, **fields)
    (body,) = world.posted()
    assert body["id"] == sent.id
    assert body["type"] in {"Text", "Structured", "Event", "Receipt"}
    assert body["channel"]["to"]["id"] == "+91"


@pytest.mark.parametrize("field", FIELDS)
def test_meta_tells_of_every_field_by_name(world: World, field: str) -> None:
    world.sandbox.meta_change(world.number, field, wait=True)
    (hit,) = world.receiver.hits(world.meta_path)
    (entry,) = json.loads(hit.body)["entry"]
    (change,) = entry["changes"]
    assert entry["id"] == world.waba
    assert change["field"] == ("messages" if field == "errors" else field)
    assert change["value"]
    assert ("time" in entry) is ("metadata" not in change["value"])


@pytest.mark.parametrize("table", [KINDS, AGENT_KINDS, FIELDS], ids=["customers", "agents", "meta"])
def test_the_page_lists_them_all(table: dict[str, Kind]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    assert ", ".join(f"`{name}`" for name in table) in page


def test_help_lists_them_all() -> None:
    words = run(
        "local.sandbox", "--help", environment={"PATH": os.environ["PATH"], **clock.moved()}
    ).stdout
    for name in (*KINDS, *AGENT_KINDS, *FIELDS):
        assert f"\n  {name} " in words
