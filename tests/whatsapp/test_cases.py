"""Every fixture of a webhook from Meta: what it becomes, and what becomes of it when it is bent."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given

from shared.transforms.inbound import to_genesys
from shared.transforms.inbound_taps import KINDS
from shared.transforms.inbound_types import TYPES
from shared.transforms.receipts import RECEIPTS
from shared.whatsapp.items import message_type, read_status, sender
from shared.whatsapp.payloads import PayloadError, walk
from shared.wire.fields import obj
from tests.whatsapp.cases import (
    CHANGES,
    INBOUND,
    RECEIVED,
    STATUSES,
    Case,
    held,
    of_message,
    of_status,
    translated,
    walked,
)
from tests.wire.schemas import OPEN_MESSAGE, faults
from tests.wire.strategies import anything


@pytest.mark.parametrize("case", INBOUND.values(), ids=list(INBOUND))
def test_a_message_becomes_what_the_agent_reads(case: Case) -> None:
    assert of_message(case) == case["expected"]


@pytest.mark.parametrize("case", INBOUND.values(), ids=list(INBOUND))
def test_what_it_becomes_is_what_genesys_takes(case: Case) -> None:
    [item] = walked(case).messages
    held(translated(item.message, item.contact, case))


@pytest.mark.parametrize("case", STATUSES.values(), ids=list(STATUSES))
def test_a_status_is_read(case: Case) -> None:
    assert of_status(case) == case["expected"]


def test_every_row_of_the_tables_has_its_cases() -> None:
    messages = [item.message for case in INBOUND.values() for item in walked(case).messages]
    types = Counter(map(message_type, messages))
    answers = {obj(message.get("interactive")).get("type") for message in messages}
    statuses = {case["expected"]["status"] for case in STATUSES.values()}
    assert {type_: types[type_] for type_ in TYPES if types[type_] < 2} == {}
    assert set(KINDS) <= answers
    assert set(RECEIPTS) <= statuses


def test_there_are_as_many_cases_as_were_promised() -> None:
    assert len(INBOUND) + len(STATUSES) + len(CHANGES) >= len(INBOUND) >= 150


def test_all_kinds_in_one_webhook_are_as_many_messages() -> None:
    entries = [entry for case in INBOUND.values() for entry in case["webhook"]["entry"]]
    found = walk({"object": "whatsapp_business_account", "entry": entries})
    assert len(found.messages) == len(INBOUND)


def test_attributes_stand_where_architect_finds_them() -> None:
    [item] = walk(INBOUND["text"]["webhook"]).messages
    made = to_genesys(
        item.message,
        sender(item.message, item.contact),
        received_at=RECEIVED,
        attributes={"tenant": "acme"},
    )
    body = made.parts[0].body
    assert body["channel"]["metadata"] == {
        "customAttributes": {"tenant": "acme", "wa_id": "15550001111"}
    }
    assert faults(OPEN_MESSAGE, body) == []


def test_a_message_of_nobody_is_refused_in_words() -> None:
    message = {"type": "system", "system": {"body": "id changed"}}
    with pytest.raises(PayloadError, match="names no sender"):
        to_genesys(message, sender(message, None), received_at=RECEIVED)


@given(anything, anything)
def test_any_status_and_contact_are_read(status: Any, contact: Any) -> None:
    walked = walk({"entry": [{"changes": [{"value": {"statuses": [status]}}]}]})
    for item in walked.statuses:
        read_status(item.status, contact)
        sender(item.status, contact)
