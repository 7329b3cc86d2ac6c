"""Customers tap what they got, and the reply is the one that WhatsApp sends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.sandbox.client import SandboxError
from tests.local.sandbox.support import World

ASHA = "919876543210"
USER = "US.13491208655302741918"


def sending(kind: str, part: Any, **more: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": ASHA, "type": kind, kind: part} | more


def interactive(kind: str, action: dict[str, Any], **more: Any) -> dict[str, Any]:
    return sending("interactive", {"type": kind, "body": {"text": "?"}, "action": action, **more})


BUTTONS = interactive(
    "button",
    {"buttons": [{"type": "reply", "reply": {"id": f"t.{n}", "title": f"No {n}"}} for n in (1, 2)]},
)
LIST = interactive(
    "list",
    {
        "button": "Pick",
        "sections": [
            {"title": "a", "rows": [{"id": "r1", "title": "One"}]},
            {"title": "b", "rows": [{"id": "r2", "title": "Two", "description": "II"}]},
        ],
    },
)
FLOW = interactive(
    "flow",
    {
        "name": "flow",
        "parameters": {
            "flow_message_version": "3",
            "flow_id": "1",
            "flow_cta": "Open",
            "flow_token": "tok",
        },
    },
)
PLACE = interactive("location_request_message", {"name": "send_location"})
CARD = interactive("request_contact_info", {"name": "request_contact_info"})
SHOP = interactive("product", {"catalog_id": "c", "product_retailer_id": "p"})
CALL = interactive("call_permission_request", {"name": "call_permission_request"})
LINK = interactive(
    "cta_url",
    {"name": "cta_url", "parameters": {"display_text": "Go", "url": "https://shop.example"}},
)


@pytest.fixture(autouse=True)
def _open(world: World) -> None:
    world.sandbox.settings(graph={"statuses": []})
    world.opened(ASHA)


def tapped(world: World, body: dict[str, Any], option: str | None, **more: Any) -> dict[str, Any]:
    """The item that a tap on a sent message becomes."""
    wamid = world.wamid(body)
    world.sandbox.customer_taps(wamid, option, wait=True, **more)
    item: dict[str, Any] = world.hooks()[-1]["messages"][0]
    assert item["from"] == ASHA
    if more.get("context", True):
        assert item["context"] == {"from": world.display, "id": wamid}
    else:
        assert "context" not in item
    return item


@pytest.mark.parametrize("option", ["No 2", "t.2"])
def test_a_reply_button(world: World, option: str) -> None:
    reply = tapped(world, BUTTONS, option)["interactive"]
    assert reply == {"type": "button_reply", "button_reply": {"id": "t.2", "title": "No 2"}}


@pytest.mark.parametrize(
    ("option", "row"),
    [
        ("One", {"id": "r1", "title": "One"}),
        ("r2", {"id": "r2", "title": "Two", "description": "II"}),
    ],
)
def test_a_row_of_a_list(world: World, option: str, row: dict[str, str]) -> None:
    reply = tapped(world, LIST, option, context=False)["interactive"]
    assert reply == {"type": "list_reply", "list_reply": row}


@pytest.mark.parametrize(
    ("body", "kind"),
    [(PLACE, "location"), (CARD, "contacts"), (SHOP, "order"), (CALL, "interactive")],
    ids=["place", "card", "product", "call"],
)
def test_what_asks_for_one_thing_needs_no_option(
    world: World, body: dict[str, Any], kind: str
) -> None:
    assert tapped(world, body, None)["type"] == kind


def test_a_flow_answers_with_its_token(world: World) -> None:
    reply = tapped(world, FLOW, "Open")["interactive"]["nfm_reply"]
    assert json.loads(reply["response_json"]) == {"flow_token": "tok"}
    own = tapped(world, FLOW, None, fields={"response": {"stars": 5}})["interactive"]["nfm_reply"]
    assert json.loads(own["response_json"]) == {"stars": 5}


@pytest.mark.parametrize("payload", [None, "PAY-1"])
def test_a_quick_reply_of_a_template(world: World, payload: str | None) -> None:
    button = {"type": "quick_reply", "text": "Confirm"}
    known = {"waba_id": world.waba, "name": "ask", "language": "en", "buttons": [button]}
    world.sandbox.setup({"templates": [known]}, add=True)
    template: dict[str, Any] = {"name": "ask", "language": {"code": "en"}}
    if payload is not None:
        parameters = [{"type": "payload", "payload": payload}]
        own = {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": parameters}
        template["components"] = [own]
    item = tapped(world, sending("template", template), "Confirm")
    assert item["button"] == {"text": "Confirm", "payload": payload or "Confirm"}


def test_the_tap_is_of_the_one_who_got_it(world: World) -> None:
    world.sandbox.customer_sends(world.number, None, "text", options={"user_id": USER}, wait=True)
    body = {k: v for k, v in BUTTONS.items() if k != "to"} | {"recipient": USER}
    world.sandbox.customer_taps(world.wamid(body), "No 1", wait=True)
    item = world.hooks()[-1]["messages"][0]
    assert item["from_user_id"] == USER
    assert "from" not in item


@pytest.mark.parametrize(
    ("body", "option", "words"),
    [
        (BUTTONS, "Maybe", "there are: 'No 1', 'No 2'"),
        (BUTTONS, None, "there are: 'No 1', 'No 2'"),
        (LINK, "Go", "there are: none"),
        (sending("text", {"body": "x"}), None, "there are: none"),
    ],
    ids=["another", "none of two", "a link", "words"],
)
def test_what_can_not_be_tapped_is_said(
    world: World, body: dict[str, Any], option: str | None, words: str
) -> None:
    with pytest.raises(SandboxError, match=words):
        world.sandbox.customer_taps(world.wamid(body), option)


def test_only_what_was_got_can_be_tapped(world: World) -> None:
    for wamid in ("wamid.none", world.opened("491")):
        with pytest.raises(SandboxError, match="no customer got"):
            world.sandbox.customer_taps(wamid, "Yes")
