"""What follows an accepted send: the answer, the statuses, reading and typing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local.sandbox.support import World, text_message
from tests.waits import WAIT_S


def statuses(world: World, count: int) -> list[dict[str, Any]]:
    """The statuses that came to the callback, once there are `count`."""

    def come(_: object) -> list[dict[str, Any]]:
        bodies = [json.loads(h.body) for h in world.receiver.hits(world.meta_path)]
        values = [c["value"] for b in bodies for e in b["entry"] for c in e["changes"]]
        found = [s for v in values for s in v.get("statuses", [])]
        return found if len(found) >= count else []

    found: list[dict[str, Any]] = world.sandbox.wait_for(come, WAIT_S)
    return found


def test_the_answer_names_recipient_and_message(world: World) -> None:
    world.opened()
    got = world.graph(text_message(to="+91 98765-43210")).json()
    assert got["messaging_product"] == "whatsapp"
    assert got["contacts"] == [{"input": "+91 98765-43210", "wa_id": "919876543210"}]
    assert got["messages"][0]["id"].startswith("wamid.")


def test_sent_delivered_and_read_follow_with_the_callback_data(world: World) -> None:
    world.opened()
    wamid = world.graph(text_message(biz_opaque_callback_data="track-1")).json()["messages"][0][
        "id"
    ]
    found = statuses(world, 3)
    assert [s["status"] for s in found] == ["sent", "delivered", "read"]
    assert {(s["id"], s["biz_opaque_callback_data"]) for s in found} == {(wamid, "track-1")}
    assert all(isinstance(s["timestamp"], str) and s["timestamp"].isdigit() for s in found)
    assert {s["recipient_id"] for s in found} == {"919876543210"}
    assert "expiration_timestamp" in found[0]["conversation"]
    assert "expiration_timestamp" not in found[1]["conversation"]
    assert found[0]["pricing"]["pricing_model"] == "PMP"
    assert "pricing" not in found[2]


@pytest.mark.parametrize("wanted", [["sent"], ["read", "delivered"], []])
def test_which_statuses_follow_is_a_setting(world: World, wanted: list[str]) -> None:
    delays = {"read": 1, "delivered": 30, "sent": 1}
    world.sandbox.settings(graph={"statuses": wanted, "status_delay_ms": delays})
    world.opened()
    wamid = world.graph(text_message()).json()["messages"][0]["id"]
    world.sandbox.whatsapp_status(wamid, "played")
    found = statuses(world, len(wanted) + 1)
    assert sorted(s["status"] for s in found) == sorted([*wanted, "played"])


def test_a_reaction_is_only_sent(world: World) -> None:
    wamid = world.opened()
    reaction = {"message_id": wamid, "emoji": "👍"}
    body = {"messaging_product": "whatsapp", "to": "919876543210", "type": "reaction"}
    sent = world.graph(body | {"reaction": reaction}).json()["messages"][0]["id"]
    world.graph(text_message())
    found = statuses(world, 4)
    assert [s["status"] for s in found if s["id"] == sent] == ["sent"]


def test_a_business_scoped_user_gets_no_phone_number(world: World) -> None:
    user = "US.13491208655302741918"
    world.sandbox.customer_says(world.number, None, "hi", user_id=user, wait=True)
    body = {"messaging_product": "whatsapp", "recipient": user, "text": {"body": "x"}}
    got = world.graph(body).json()
    assert got["contacts"] == [{"input": user, "user_id": user}]
    assert {s.get("recipient_user_id") for s in statuses(world, 3)} == {user}


def test_a_failure_can_come_after_the_acceptance(world: World) -> None:
    world.opened()
    match = {"phone_number_id": world.number, "customer": "919876543210"}
    world.sandbox.fault("graph", "async_failure", code=131026, count=1, match=match)
    assert world.graph(text_message()).status_code == 200
    failed = statuses(world, 1)[0]
    assert failed["status"] == "failed"
    assert failed["errors"][0]["code"] == 131026
    assert set(failed["errors"][0]) >= {"code", "title", "message", "error_data"}


def test_the_closed_window_can_fail_later(world: World) -> None:
    world.sandbox.settings(graph={"window": "fail_later"})
    assert world.graph(text_message()).status_code == 200
    assert statuses(world, 1)[0]["errors"][0]["code"] == 131047


def test_reading_and_typing(world: World) -> None:
    wamid = world.opened()
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    assert world.graph(body).json() == {"success": True}
    assert world.graph(body | {"typing_indicator": {"type": "text"}}).json() == {"success": True}


def test_two_sends_of_the_same_body_are_two_messages(world: World) -> None:
    world.opened()
    for _ in range(2):
        world.graph(text_message())
    conversation = world.sandbox.conversation("whatsapp", world.number, "919876543210")
    assert conversation is not None
    assert conversation.texts("got") == ["hi", "hi"]
