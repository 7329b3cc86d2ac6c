"""The quick verdicts are the schemas' own."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from local.sandbox.graph import verdict
from local.sandbox.room import schema
from tests.local.sandbox.support import open_message, receipt
from tests.moments import told_at

SENDS: list[dict[str, Any]] = [
    {"messaging_product": "whatsapp", "to": "491", "text": {"body": "x"}},
    {"messaging_product": "whatsapp", "to": "4912345", "type": "text", "text": {"body": "x"}},
    {"messaging_product": "whatsapp", "to": "4912345", "type": "image", "image": {"id": "1"}},
    {
        "messaging_product": "whatsapp",
        "recipient": "US.1",
        "type": "reaction",
        "reaction": {"message_id": "a", "emoji": ""},
    },
    {
        "messaging_product": "whatsapp",
        "to": "4912345",
        "type": "location",
        "location": {"latitude": 0, "longitude": "1.5"},
    },
    {
        "messaging_product": "whatsapp",
        "to": "4912345",
        "type": "interactive",
        "interactive": {
            "type": "button",
            "body": {"text": "x"},
            "action": {"buttons": [{"type": "reply", "reply": {"id": "1", "title": "a"}}]},
        },
    },
    {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.1"},
]
INBOUND: dict[str, dict[str, Any]] = {
    "genesys-message": open_message(),
    "genesys-receipt": receipt("a" * 32),
    "genesys-event": {
        "channel": {"from": {"id": "1", "idType": "Phone"}, "time": told_at()},
        "events": [{"eventType": "Typing"}],
    },
    "genesys-structured-response": {
        "channel": open_message()["channel"],
        "buttonResponse": {"type": "Button", "text": "a", "payload": "b"},
        "originatingMessageId": "a" * 32,
    },
}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.text(max_size=5),
    st.sampled_from(["text", "image", "group", "read", "Phone", "phone", "Failed", "491"]),
    st.just({}),
    st.just([]),
)
KEYS = st.sampled_from(
    ["to", "type", "text", "image", "status", "context", "recipient_type", "channel", "id", "extra"]
)


def changed(body: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    """The body with some values replaced, keys removed and keys added, at any depth."""
    body = copy.deepcopy(body)
    for _ in range(data.draw(st.integers(0, 3))):
        node: Any = body
        while True:
            inner = [v for v in node.values() if isinstance(v, dict) and v]
            deeper: bool = data.draw(st.booleans())
            if not inner or not deeper:
                break
            node = data.draw(st.sampled_from(inner))
        keys = sorted(node)
        if data.draw(st.booleans()) and keys:
            del node[data.draw(st.sampled_from(keys))]
        else:
            node[data.draw(st.one_of(st.sampled_from(keys), KEYS) if keys else KEYS)] = data.draw(
                VALUES
            )
    return body


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SENDS), st.data())
def test_the_specialised_send_schema_judges_as_the_whole_one(
    base: dict[str, Any], data: st.DataObject
) -> None:
    whole = Draft202012Validator(schema.document("graph-send.strict"))
    body = changed(base, data)
    assert verdict.checker(body).is_valid(body) == whole.is_valid(body)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(INBOUND)), st.data())
def test_what_strict_takes_lenient_takes(name: str, data: st.DataObject) -> None:
    body = changed(INBOUND[name], data)
    lenient = Draft202012Validator(schema.document(name))
    strict = Draft202012Validator(schema.document(f"{name}.strict"))
    assert schema.named(name).is_valid(body) == lenient.is_valid(body)
    assert schema.named(f"{name}.strict").is_valid(body) == strict.is_valid(body)
    if strict.is_valid(body):
        assert lenient.is_valid(body)


@pytest.mark.parametrize("name", INBOUND)
def test_the_bodies_we_start_from_are_clean(name: str) -> None:
    assert schema.fault(schema.named(f"{name}.strict"), INBOUND[name]) is None
