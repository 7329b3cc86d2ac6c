"""What Meta tells beside messages: shapes, where it goes, what it changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.sandbox.client import SandboxError
from tests.local.sandbox.support import World

ASHA = "919876543210"


def told(world: World, field: str, **fields: Any) -> dict[str, Any]:
    """The value of a change."""
    world.sandbox.meta_change(world.number, field, wait=True, **fields)
    value: dict[str, Any] = world.hooks()[-1]
    return value


SHAPES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "template rejected": (
        "message_template_status_update",
        {"event": "REJECTED", "reason": None, "rejection_info": {"reason": "r"}},
        {"event": "REJECTED", "reason": None, "rejection_info": {"reason": "r"}},
    ),
    "category done": (
        "template_category_update",
        {"previous_category": None},
        {"new_category": "MARKETING"},
    ),
    "category to come": (
        "template_category_update",
        {"impending": True, "new_category": "UTILITY"},
        {
            "correct_category": "MARKETING",
            "new_category": "UTILITY",
            "category_update_timestamp": 1795600000,
        },
    ),
    "account disabled": (
        "account_update",
        {"event": "DISABLED_UPDATE"},
        {
            "event": "DISABLED_UPDATE",
            "ban_info": {
                "waba_ban_state": "SCHEDULE_FOR_DISABLE",
                "waba_ban_date": "2026-12-01",
            },
        },
    ),
    "account event of my own": (
        "account_update",
        {"event": "X", "info": {"y": 1}, "phone_number": "49"},
        {"event": "X", "y": 1, "phone_number": "49"},
    ),
    "review": ("account_review_update", {"decision": "REJECTED"}, {"decision": "REJECTED"}),
}


@pytest.mark.parametrize("case", SHAPES)
def test_a_change_has_metas_shape(world: World, case: str) -> None:
    field, fields, expected = SHAPES[case]
    value = told(world, field, **fields)
    names = {"message_template_id", "message_template_name", "message_template_language"}
    assert {k: v for k, v in value.items() if k not in names} == expected


def test_a_template_has_a_number_for_its_id(world: World) -> None:
    value = told(world, "message_template_status_update")
    assert value["message_template_id"] == 1689556908129832
    assert value["reason"] == "NONE"


def test_a_numbers_quality_names_it_as_it_is_displayed(world: World) -> None:
    value = told(world, "phone_number_quality_update")
    assert value["display_phone_number"] == world.display
    assert "metadata" not in value


def test_a_preference_names_the_customer(world: World) -> None:
    value = told(world, "user_preferences", wa_id=ASHA, value="resume")
    (item,) = value["user_preferences"]
    assert value["metadata"]["phone_number_id"] == world.number
    assert (item["wa_id"], item["category"], item["value"]) == (
        ASHA,
        "marketing_messages",
        "resume",
    )
    assert item["timestamp"].isdigit()


def test_an_id_that_changed_leads_to_the_same_person(world: World) -> None:
    world.sandbox.settings(graph={"statuses": []})
    old, new = "US.1", "US.2"
    options = {"user_id": old}
    world.sandbox.customer_sends(world.number, None, "text", options=options, wait=True)
    value = told(world, "user_id_update", wa_id=None, previous=old, current=new)
    assert value["user_id_update"][0]["user_id"] == {"previous": old, "current": new}
    body = {"messaging_product": "whatsapp", "recipient": new, "text": {"body": "x"}}
    world.wamid(body)
    thread = world.sandbox.conversation("whatsapp", world.number, old)
    assert thread is not None
    assert thread.texts("got") == ["x"]


@pytest.mark.parametrize("field", ["smb_message_echoes", "message_echoes"])
def test_an_echo_is_from_the_business(world: World, field: str) -> None:
    sent = world.sandbox.meta_change(world.number, field, to=ASHA, text="from the phone", wait=True)
    (echo,) = world.hooks()[0]["message_echoes"]
    assert (echo["id"], echo["from"], echo["to"]) == (sent.id, world.display, ASHA)
    assert echo["text"] == {"body": "from the phone"}
    image: dict[str, Any] = {"type": "image", "image": {"id": "1"}}
    more = told(world, field, to=None, to_user_id="US.1", message=image)["message_echoes"][0]
    assert "to" not in more
    assert (more["to_user_id"], more["type"]) == ("US.1", "image")


def test_history_comes_in_threads_or_is_declined(world: World) -> None:
    (chunk,) = told(world, "history", customer=ASHA, count=4, progress=100)["history"]
    assert chunk["metadata"] == {"phase": 0, "chunk_order": 1, "progress": 100}
    (thread,) = chunk["threads"]
    assert (thread["id"], len(thread["messages"])) == (ASHA, 4)
    assert [m["from"] for m in thread["messages"]] == [ASHA, world.display] * 2
    assert {m["history_context"]["status"] for m in thread["messages"]} == {"READ"}
    (declined,) = told(world, "history", declined=True)["history"]
    assert declined["errors"][0]["code"] == 2593109


def test_a_call_is_an_event_or_a_status(world: World) -> None:
    (call,) = told(world, "calls", event="terminate", duration=12)["calls"]
    assert (call["event"], call["duration"], call["to"]) == ("terminate", 12, world.display)
    (status,) = told(world, "calls", status="RINGING")["statuses"]
    assert (status["type"], status["status"]) == ("call", "RINGING")


def test_errors_alone_are_a_value_of_messages(world: World) -> None:
    value = told(world, "errors", code=131000)
    assert "messages" not in value
    assert value["errors"][0]["code"] == 131000
    (hit,) = world.receiver.hits(world.meta_path)
    assert json.loads(hit.body)["entry"][0]["changes"][0]["field"] == "messages"


def test_news_of_the_account_go_to_the_apps_own_url(world: World) -> None:
    described = world.described()
    own = f"/number/{world.tag}"
    described["phone_numbers"][0]["callback_url"] = world.receiver.url + own
    world.sandbox.setup(described, add=True)
    world.sandbox.meta_change(world.number, "account_update", wait=True)
    world.sandbox.meta_change(world.number, "message_echoes", wait=True)
    assert len(world.receiver.hits(world.meta_path)) == len(world.receiver.hits(own)) == 1


def test_a_change_can_be_altered_and_repeated_in_one_post(world: World) -> None:
    options = {"over": {"alert_info": {"alert_type": "X"}}, "without": ["entity_id"], "times": 3}
    world.sandbox.meta_change(world.number, "account_alerts", options=options, wait=True)
    first, second, third = world.hooks(1)
    assert first == second == third
    assert "entity_id" not in first
    assert first["alert_info"]["alert_type"] == "X"
    assert first["alert_info"]["alert_status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("field", "fields", "words"),
    [
        ("weather", {}, "no kind 'weather'"),
        ("calls", {"colour": 1}, "no field 'colour'"),
    ],
)
def test_a_wrong_change_is_said(
    world: World, field: str, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(SandboxError, match=words):
        world.sandbox.meta_change(world.number, field, **fields)
    with pytest.raises(SandboxError, match="no phone number"):
        world.sandbox.meta_change("none", "calls")
