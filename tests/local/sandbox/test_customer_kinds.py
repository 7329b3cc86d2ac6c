"""What customers send by name, in Meta's shapes: bodies, contexts, identities, batches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.sandbox.client import SandboxError
from tests.local.sandbox.support import World
from tests.moments import unix_at

ASHA = "919876543210"
USER = "US.13491208655302741918"


def sends(world: World, kind: str, options: dict[str, Any] | None = None, **fields: Any) -> Any:
    """The value of the one webhook that a kind becomes."""
    world.sandbox.customer_sends(world.number, ASHA, kind, options=options, wait=True, **fields)
    (value,) = world.hooks(1)
    return value


def item(world: World, kind: str, options: dict[str, Any] | None = None, **fields: Any) -> Any:
    """The item of messages[], without what all have."""
    made = sends(world, kind, options, **fields)["messages"][0]
    return {k: v for k, v in made.items() if k not in {"from", "id", "timestamp", "type"}}


SHAPES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "pin": ("pin", {}, {"location": {"latitude": 0, "longitude": -0.1275}}),
    "button reply": (
        "button_reply",
        {"id": "t.1", "title": "Yes"},
        {"interactive": {"type": "button_reply", "button_reply": {"id": "t.1", "title": "Yes"}}},
    ),
    "list reply without a description": (
        "list_reply",
        {"id": "a", "title": "b", "description": None},
        {"interactive": {"type": "list_reply", "list_reply": {"id": "a", "title": "b"}}},
    ),
    "template button": ("button", {"payload": None}, {"button": {"text": "Confirm"}}),
    "flow with text for JSON": (
        "flow",
        {"response_json": "not json", "name": None},
        {
            "interactive": {
                "type": "nfm_reply",
                "nfm_reply": {"body": "Sent", "response_json": "not json"},
            }
        },
    ),
    "flow without an answer": (
        "flow",
        {"response": None},
        {"interactive": {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent"}}},
    ),
    "reaction": (
        "reaction",
        {"message_id": "wamid.a", "emoji": "😀"},
        {"reaction": {"message_id": "wamid.a", "emoji": "😀"}},
    ),
    "reaction removed without a key": (
        "reaction_removed",
        {"message_id": "wamid.a", "emoji": None},
        {"reaction": {"message_id": "wamid.a"}},
    ),
    "revoke": ("revoke", {"message_id": "w"}, {"revoke": {"original_message_id": "w"}}),
    "edit": (
        "edit",
        {"message_id": "w", "text": "new"},
        {
            "edit": {
                "original_message_id": "w",
                "message": {"type": "text", "text": {"body": "new"}},
            }
        },
    ),
    "number changed": (
        "number_changed",
        {"body": "b"},
        {"system": {"type": "user_changed_number", "body": "b", "wa_id": "12195550012"}},
    ),
    "number changed, older": (
        "number_changed",
        {"body": "b", "shape": "older"},
        {"system": {"type": "customer_changed_number", "body": "b", "new_wa_id": "12195550012"}},
    ),
    "forward": ("forward", {}, {"context": {"forwarded": True}, "text": {"body": "Look at this"}}),
    "unknown": (
        "unknown",
        {"code": 7, "details": "d", "title": "t"},
        {"errors": [{"code": 7, "details": "d", "title": "t"}]},
    ),
    "new type": (
        "new_type",
        {"type": "x", "content": {"y": 1}},
        {"x": {"y": 1}},
    ),
    "nothing at all": ("request_welcome", {}, {}),
}


@pytest.mark.parametrize("case", SHAPES)
def test_a_kind_has_metas_shape(world: World, case: str) -> None:
    kind, fields, expected = SHAPES[case]
    assert item(world, kind, None, **fields) == expected


def test_a_reply_quotes_the_businesss_message(world: World) -> None:
    context = item(world, "reply", reply_to="wamid.q")["context"]
    assert context == {"from": world.display, "id": "wamid.q"}


def test_every_kind_can_quote_come_from_an_ad_and_stand_in_a_group(world: World) -> None:
    made = item(world, "image", reply_to="wamid.q", reply_from="49", referral=True, group_id="g")
    assert made["context"] == {"from": "49", "id": "wamid.q"}
    assert made["referral"]["ctwa_clid"]
    assert made["group_id"] == "g"


def test_the_answer_of_a_flow_is_json_in_text(world: World) -> None:
    reply = item(world, "flow", response={"a": "é"})["interactive"]["nfm_reply"]
    assert json.loads(reply["response_json"]) == {"a": "é"}


def test_a_customer_may_have_no_phone_number(world: World) -> None:
    options = {"user_id": USER, "parent_user_id": "US.ENT.9", "username": "ana.s"}
    world.sandbox.customer_sends(world.number, None, "text", options=options, wait=True)
    (value,) = world.hooks(1)
    (message,), (contact,) = value["messages"], value["contacts"]
    assert "from" not in message
    assert (message["from_user_id"], message["from_parent_user_id"]) == (USER, "US.ENT.9")
    assert contact == {
        "profile": {"name": "Customer", "username": "ana.s"},
        "user_id": USER,
        "parent_user_id": "US.ENT.9",
    }


@pytest.mark.parametrize(
    ("options", "contacts"),
    [
        ({"contact": False}, None),
        ({"profile_name": None}, [{"wa_id": ASHA}]),
        ({"contact": {"wa_id": "5511"}}, [{"profile": {"name": "Customer"}, "wa_id": "5511"}]),
    ],
    ids=["none", "no profile", "another spelling"],
)
def test_contacts_are_as_wanted(world: World, options: dict[str, Any], contacts: Any) -> None:
    assert sends(world, "text", options).get("contacts") == contacts


def test_system_messages_have_no_contact_and_the_id_change_no_sender(world: World) -> None:
    value = sends(world, "user_id_changed")
    assert "contacts" not in value
    assert "from" not in value["messages"][0]


def test_an_item_can_be_changed_and_cut(world: World) -> None:
    at = int(unix_at())
    options = {
        "over": {"image": {"caption": None, "new": 1}, "timestamp": at},
        "without": ["image.sha256", "from", "image.url", "image.mime_type", "image.id"],
    }
    value = sends(world, "image", options)
    (message,) = value["messages"]
    assert message["image"] == {"caption": None, "new": 1}
    assert message["timestamp"] == at
    assert "from" not in message


def test_errors_stand_beside_an_empty_interactive_message(world: World) -> None:
    value = sends(world, "interactive_empty")
    assert "interactive" not in value["messages"][0]
    assert value["errors"][0]["code"] == 131000


def test_forty_items_share_one_webhook(world: World) -> None:
    sent = world.sandbox.customer_sends(
        world.number, ASHA, "image", options={"times": 40}, wait=True
    )
    (value,) = world.hooks(1)
    assert [m["id"] for m in value["messages"]] == sent.ids
    assert len({m["image"]["id"] for m in value["messages"]}) == 40
    assert len(value["contacts"]) == 1
    assert len(sent.files) == 40


def test_kinds_may_be_mixed_in_one_webhook(world: World) -> None:
    batch = [
        {"phone_number_id": world.number, "from": ASHA, "kind": "location"},
        {"phone_number_id": world.number, "from": "491", "text": "plain"},
    ]
    value = sends(world, "sticker", {"batch": batch})
    assert [m["type"] for m in value["messages"]] == ["sticker", "location", "text"]


def test_statuses_and_messages_may_share_a_value(world: World) -> None:
    statuses = [{"id": "wamid.a", "status": "read", "timestamp": unix_at()}]
    value = sends(world, "text", {"value": {"statuses": statuses}})
    assert value["statuses"] == statuses
    assert len(value["messages"]) == 1


def test_files_that_come_together_are_different_ones(world: World) -> None:
    sent = world.sandbox.customer_sends(world.number, ASHA, "image", options={"times": 3})
    assert len({file.sha256 for file in sent.files}) == 3


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"kind": "hologram"}, "no kind 'hologram'; there are: text, image"),
        ({"kind": "image", "fields": {"colour": 1}}, "no field 'colour'; it has:"),
        ({"kind": "image", "fields": {"base64": "!"}}, "not Base64"),
        ({"kind": "image", "fields": {"base64": "AA==", "size": 3}}, "either"),
        ({"kind": "image", "fields": {"size": -1}}, "greater than or equal to 0"),
        ({"kind": "text", "text": "x"}, "with a `kind`"),
        ({"kind": "text", "message": {}}, "with a `kind`"),
        ({"kind": "text", "times": 0}, "times"),
    ],
)
def test_a_wrong_kind_is_said(world: World, body: dict[str, Any], words: str) -> None:
    told = {"phone_number_id": world.number, "customer": ASHA, **body}
    with pytest.raises(SandboxError, match=words):
        world.sandbox.customer_says(**told)
    assert world.hooks() == []


@pytest.mark.parametrize(
    ("kind", "opens"),
    [
        ("text", True),
        ("image", True),
        ("request_welcome", True),
        ("unsupported", True),
        ("reaction", False),
        ("revoke", False),
        ("edit", False),
        ("number_changed", False),
    ],
)
def test_what_opens_the_24_hours(world: World, kind: str, *, opens: bool) -> None:
    world.sandbox.customer_sends(world.number, ASHA, kind, wait=True)
    body = {"messaging_product": "whatsapp", "to": ASHA, "text": {"body": "x"}}
    got = world.graph(body)
    assert (got.status_code == 200) is opens, got.text


def test_a_reaction_opens_the_24_hours_by_a_setting(world: World) -> None:
    world.sandbox.settings(graph={"reaction_opens_window": True})
    world.sandbox.customer_sends(world.number, ASHA, "reaction", wait=True)
    body = {"messaging_product": "whatsapp", "to": ASHA, "text": {"body": "x"}}
    assert world.graph(body).status_code == 200


def test_a_person_with_two_ids_is_one_thread_with_one_window(world: World) -> None:
    world.sandbox.settings(graph={"statuses": ["delivered"]})
    world.sandbox.customer_sends(world.number, ASHA, "text", options={"user_id": USER}, wait=True)
    world.sandbox.customer_sends(world.number, None, "text", options={"user_id": USER}, wait=True)
    body = {"messaging_product": "whatsapp", "recipient": USER, "text": {"body": "to the id"}}
    world.wamid(body)
    thread = world.sandbox.conversation("whatsapp", world.number, ASHA)
    assert thread is not None
    assert [m.direction for m in thread.messages] == ["written", "written", "got"]
    (status,) = world.statuses(1)
    assert (status["recipient_id"], status["recipient_user_id"]) == (ASHA, USER)


def test_the_older_signature_can_stand_beside_the_other(world: World) -> None:
    world.sandbox.settings(graph={"legacy_signature": True})
    world.opened()
    (hit,) = world.receiver.hits(world.meta_path)
    assert hit.headers["x-hub-signature"].startswith("sha1=")
    assert hit.headers["x-hub-signature-256"].startswith("sha256=")
