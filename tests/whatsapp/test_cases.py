"""Runs every fixture of a webhook from Meta: a new case is a new file and no code."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from shared.transforms.inbound import to_genesys
from shared.transforms.inbound_types import TYPES
from shared.transforms.receipts import receipt_status
from shared.whatsapp.items import read_status, sender
from shared.whatsapp.payloads import PayloadError, loads, walk
from tests.wire.schemas import OPEN_MESSAGE, cases, faults
from tests.wire.strategies import anything, mutated

RECEIVED = datetime(2026, 11, 23, 12, 34, 56, 789000, tzinfo=UTC)
INBOUND = cases("whatsapp/fixtures/inbound")
STATUSES = cases("whatsapp/fixtures/statuses")


@pytest.mark.parametrize("case", INBOUND.values(), ids=list(INBOUND))
def test_a_message_becomes_what_the_agent_reads(case: dict[str, Any]) -> None:
    expected = case["expected"]
    [item] = walk(loads(json.dumps(case["webhook"]).encode())).messages
    customer = sender(item.message, item.contact)
    made = to_genesys(item.message, customer, received_at=RECEIVED)
    bodies = [part.body for part in made.parts]
    assert (customer.id, made.kind, bodies) == (
        expected["customer"],
        expected["kind"],
        expected["bodies"],
    )
    assert [part.id for part in made.parts] == [body["channel"]["messageId"] for body in bodies]
    assert [faults(OPEN_MESSAGE, body) for body in bodies] == [[] for _ in bodies]


@pytest.mark.parametrize("case", STATUSES.values(), ids=list(STATUSES))
def test_a_status_is_read(case: dict[str, Any]) -> None:
    [item] = walk(loads(json.dumps(case["webhook"]).encode())).statuses
    status = read_status(item.status, item.contact)
    assert case["expected"] == {
        "id": status.id,
        "status": status.status,
        "occurred_at": status.occurred_at and status.occurred_at.isoformat(),
        "recipient": status.recipient.id,
        "callback": status.callback,
        "errors": [error.words for error in status.errors],
        "receipt": receipt_status(status.status),
    }


def test_every_type_in_the_table_has_its_cases() -> None:
    shown = {case["expected"]["kind"] for case in INBOUND.values()}
    assert set(TYPES) <= shown


def test_forty_kinds_in_one_webhook_are_forty_messages() -> None:
    entries = [entry for case in INBOUND.values() for entry in case["webhook"]["entry"]]
    walked = walk({"object": "whatsapp_business_account", "entry": entries})
    assert len(walked.items) == len(walked.messages) == len(INBOUND) >= 40


def test_attributes_stand_where_architect_finds_them() -> None:
    [item] = walk(INBOUND["text"]["webhook"]).messages
    made = to_genesys(
        item.message,
        sender(item.message, item.contact),
        received_at=RECEIVED,
        attributes={"tenant": "acme"},
    )
    body = made.parts[0].body
    assert body["channel"]["metadata"] == {"customAttributes": {"tenant": "acme"}}
    assert faults(OPEN_MESSAGE, body) == []


def test_a_message_of_nobody_is_refused_in_words() -> None:
    message = {"type": "system", "system": {"body": "id changed"}}
    with pytest.raises(PayloadError, match="names no sender"):
        to_genesys(message, sender(message, None), received_at=RECEIVED)


@pytest.mark.parametrize("name", list(INBOUND))
def test_any_mutation_of_a_message_is_shown_or_has_no_sender(name: str) -> None:
    [message] = [item.message for item in walk(INBOUND[name]["webhook"]).messages]

    @settings(max_examples=30)
    @given(mutated(message))
    def shown(bent: Any) -> None:
        customer = sender(bent, None)
        if customer.id is None:
            return
        made = to_genesys(bent, customer, received_at=RECEIVED)
        assert made.parts
        assert [faults(OPEN_MESSAGE, part.body) for part in made.parts] == [[]] * len(made.parts)

    shown()


@given(anything, anything)
def test_any_status_and_contact_are_read(status: Any, contact: Any) -> None:
    walked = walk({"entry": [{"changes": [{"value": {"statuses": [status]}}]}]})
    for item in walked.statuses:
        read_status(item.status, contact)
        sender(item.status, contact)
