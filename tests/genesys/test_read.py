from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from shared.genesys.payloads import customer_address, read, receipt_of
from tests.wire.strategies import anything, mutated

REAL: dict[str, Any] = {
    "id": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "channel": {
        "id": "integration-1",
        "platform": "Open",
        "type": "Private",
        "messageId": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "to": {"id": "+15550001111", "idType": "Phone"},
        "from": {"nickname": "Acme", "id": "integration-1", "idType": "Opaque"},
        "time": "2026-11-23T12:00:00.250Z",
    },
    "type": "Text",
    "text": "Good morning",
    "content": [],
    "direction": "Outbound",
    "originatingEntity": "Human",
    "conversationId": "conversation-1",
    "relatedMessages": [],
}

SEED: dict[str, Any] = {
    "id": "msg-7",
    "integrationId": "integration-1",
    "channel": {
        "platform": "Open",
        "type": "Private",
        "messageId": "gmsg-8",
        "time": "2026-11-23T12:00:00.000Z",
    },
    "type": "Text",
    "text": "Good morning",
    "direction": "Outbound",
    "metadata": {"conversationId": "conversation-1"},
}


def test_the_real_shape() -> None:
    message = read(REAL)
    assert message.message_id == "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
    assert (message.integration_id, message.conversation_id) == ("integration-1", "conversation-1")
    assert (message.to_id, message.customer) == ("+15550001111", "15550001111")
    assert (message.type, message.text, message.content) == ("Text", "Good morning", [])
    assert message.channel.time is not None
    assert message.channel.time.isoformat() == "2026-11-23T12:00:00.250000+00:00"


def test_the_seeds_shape_has_no_address_and_its_conversation_in_the_metadata() -> None:
    message = read(SEED)
    assert (message.message_id, message.integration_id) == ("msg-7", "integration-1")
    assert (message.conversation_id, message.to_id, message.customer) == (
        "conversation-1",
        None,
        None,
    )


def test_the_shape_of_2021_names_the_integration_at_the_senders_end_too() -> None:
    channel = {key: REAL["channel"][key] for key in ("from", "to", "messageId")}
    message = read({"channel": channel, "type": "Text", "text": "x"})
    assert message.message_id == REAL["id"]
    assert (message.integration_id, message.conversation_id) == ("integration-1", None)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"type": "Event", "events": [{"eventType": "Typing"}]}, "Event"),
        ({"type": "Receipt", "status": "Published"}, "Receipt"),
        ({"type": "Structured"}, "Structured"),
        ({"type": "Hologram"}, "unknown"),
        ({"type": None}, "Text"),
        ({"type": None, "text": None}, "unknown"),
    ],
)
def test_types(more: dict[str, Any], expected: str) -> None:
    assert read({**REAL, **more}).type == expected


@pytest.mark.parametrize(
    ("to_id", "customer"),
    [
        ("+91 98765 43210", "919876543210"),
        (" +15550001111 ", "15550001111"),
        ("US.13491208655302741918", "US.13491208655302741918"),
        ("US.ENT.13491208655302741918", "US.ENT.13491208655302741918"),
        ("someone@acme.example", None),
        ("098765 43210", None),
        ("", None),
        (None, None),
    ],
)
def test_the_customer_of_an_address(to_id: str | None, customer: str | None) -> None:
    assert customer_address(to_id) == customer


@given(anything)
def test_any_json_is_read(value: Any) -> None:
    message = read(value)
    assert message.type in ("Text", "Structured", "Event", "Receipt", "unknown")


@given(mutated(REAL))
def test_a_mutated_body_is_read(bent: Any) -> None:
    message = read(bent)
    named = (message.message_id, message.customer, message.conversation_id, message.integration_id)
    assert sum(one is not None for one in named) >= 2


@pytest.mark.parametrize(
    ("events", "typing"),
    [
        ([{"eventType": "Typing", "typing": {"type": "On", "duration": 5000}}], True),
        ([{"eventType": "Typing"}], True),
        ({"eventType": "Typing"}, True),
        ([{"eventType": "Presence", "presence": {"type": "Join"}}, {"eventType": "Typing"}], True),
        ([{"eventType": "Typing", "typing": {"type": "Off"}}], False),
        ([{"eventType": "Presence", "presence": {"type": "Disconnect"}}], False),
        *(([], False), (None, False), ("Typing", False), ([["Typing"]], False)),
    ],
)
def test_typing_is_told_from_other_events(events: Any, typing: bool) -> None:  # noqa: FBT001  from the table
    assert read({**REAL, "type": "Event", "events": events}).is_typing is typing


@pytest.mark.parametrize(
    ("more", "ids"),
    [
        (
            {"relatedMessages": [{"id": "a"}, {"messageId": "b"}, "c", 7, None]},
            ("a", "b", "c", "7"),
        ),
        ({"relatedMessages": "a"}, ("a",)),
        ({"relatedMessages": {"id": "a"}}, ("a",)),
        ({"metadata": {"parentMessageId": "p", "conversationId": "c"}}, ("p",)),
        ({"relatedMessages": ["a"], "metadata": {"inReplyTo": "p"}}, ("a", "p")),
        ({"relatedMessages": [REAL["id"]]}, ()),
        *(({"relatedMessages": []}, ()), ({"relatedMessages": None, "metadata": None}, ())),
    ],
)
def test_the_messages_that_a_body_is_about(more: dict[str, Any], ids: tuple[str, ...]) -> None:
    assert read({**REAL, **more}).related_ids == ids


def test_a_failed_receipt_names_the_message_and_why() -> None:
    reasons = [{"code": "MediaTypeNotAllowed", "message": "pdf"}, {"code": "New"}, "odd"]
    body = {**REAL, "type": "Receipt", "status": "Failed", "isFinalReceipt": True}
    body["channel"] = {**REAL["channel"], "messageId": "wamid.A"}
    receipt = receipt_of(read({**body, "reasons": reasons}))
    assert receipt.failed
    assert receipt.final
    assert receipt.message_ids == (REAL["id"], "wamid.A")
    assert [(one.code, one.words) for one in receipt.reasons] == [
        ("MediaTypeNotAllowed", "pdf"),
        ("New", None),
    ]


@pytest.mark.parametrize("status", ["Published", "Delivered", "Sent", "Removed", None, "New"])
def test_a_receipt_with_reasons_has_not_failed_for_that(status: str | None) -> None:
    body = {**REAL, "type": "Receipt", "status": status, "reasons": [{"code": "GeneralError"}]}
    receipt = receipt_of(read(body))
    assert not receipt.failed
    assert not receipt.final
    assert receipt.message_ids == (REAL["id"],)


@given(anything)
def test_any_json_is_read_as_a_receipt(value: Any) -> None:
    receipt_of(read(value))
