"""Every fixture of a webhook from Meta: what it becomes, and what becomes of it when it is bent."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from shared.transforms.inbound import Inbound, to_genesys
from shared.transforms.inbound_types import TYPES
from shared.whatsapp.items import read_status, sender
from shared.whatsapp.payloads import PayloadError, walk
from tests.whatsapp.cases import (
    INBOUND,
    RECEIVED,
    STATUSES,
    Case,
    of_message,
    of_status,
    translated,
    walked,
)
from tests.wire.schemas import OPEN_MESSAGE, OPEN_STRUCTURED, faults
from tests.wire.strategies import anything, mutated


@pytest.mark.parametrize("case", INBOUND.values(), ids=list(INBOUND))
def test_a_message_becomes_what_the_agent_reads(case: Case) -> None:
    assert of_message(case) == case["expected"]


@pytest.mark.parametrize("case", INBOUND.values(), ids=list(INBOUND))
def test_what_it_becomes_is_what_genesys_takes(case: Case) -> None:
    [item] = walked(case).messages
    held(translated(item.message, item.contact, case))


def held(made: Inbound) -> None:
    """Hold all bodies to the strict schemas, and their ids to the parts'."""
    assert made.parts
    for part in made.parts:
        assert part.id == part.body["channel"]["messageId"]
        assert faults(SCHEMA[part.endpoint], part.body) == []
        assert part.instead is None or faults(OPEN_MESSAGE, part.instead) == []
        assert (part.instead is None) == (part.endpoint == "message")


SCHEMA = {"message": OPEN_MESSAGE, "structured": OPEN_STRUCTURED}


@pytest.mark.parametrize("case", STATUSES.values(), ids=list(STATUSES))
def test_a_status_is_read(case: Case) -> None:
    assert of_status(case) == case["expected"]


def test_every_type_in_the_table_has_its_cases() -> None:
    shown = {case["expected"]["kind"] for case in INBOUND.values()}
    assert set(TYPES) <= shown


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


@pytest.mark.parametrize("name", list(INBOUND))
def test_any_mutation_of_a_message_is_shown_or_has_no_sender(name: str) -> None:
    [message] = [item.message for item in walk(INBOUND[name]["webhook"]).messages]

    @settings(max_examples=20)
    @given(mutated(message))
    def shown(bent: Any) -> None:
        if sender(bent, None).id is not None:
            held(translated(bent, None, INBOUND[name]))

    shown()


@given(anything, anything)
def test_any_status_and_contact_are_read(status: Any, contact: Any) -> None:
    walked = walk({"entry": [{"changes": [{"value": {"statuses": [status]}}]}]})
    for item in walked.statuses:
        read_status(item.status, contact)
        sender(item.status, contact)
