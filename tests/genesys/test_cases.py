"""Runs every fixture of a webhook from Genesys: a new case is a new file and no code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from shared.genesys.payloads import loads, read
from shared.transforms.outbound import Ignored, Outbound, Refusal, to_whatsapp
from shared.transforms.outbound_types import CONTENT
from tests.wire.schemas import SEND, cases, faults
from tests.wire.strategies import mutated

OUTBOUND = cases("genesys/fixtures/outbound")


def callback(part: int) -> str:
    return "tracking-1" if part == 1 else f"tracking-1#{part}"


@pytest.mark.parametrize("case", OUTBOUND.values(), ids=list(OUTBOUND))
def test_a_message_becomes_what_the_customer_reads(case: dict[str, Any]) -> None:
    message = read(loads(json.dumps(case["webhook"]).encode()))
    made = to_whatsapp(message, message.customer, callback=callback)
    assert {"customer": message.customer, **_said(made)} == case["expected"]


def _said(made: Outbound | Refusal | Ignored) -> dict[str, Any]:
    if isinstance(made, Refusal):
        assert made.words
        return {"refused": made.reason}
    if isinstance(made, Ignored):
        return {"ignored": made.why}
    bodies = [part.body for part in made.parts]
    assert [faults(SEND, body) for body in bodies] == [[] for _ in bodies]
    skipped = {"skipped": list(made.skipped)} if made.skipped else {}
    return {"kind": made.kind, "bodies": bodies, **skipped}


def test_every_content_type_in_the_table_has_its_case() -> None:
    contents = [
        element for case in OUTBOUND.values() for element in case["webhook"].get("content", [])
    ]
    assert set(CONTENT) <= {element["contentType"] for element in contents}


def test_the_seeds_shape_goes_to_the_customer_of_its_conversation() -> None:
    message = read(OUTBOUND["seed-shape"]["webhook"])
    made = to_whatsapp(message, "15550001111", reply_to="wamid.Q")
    assert isinstance(made, Outbound)
    [part] = made.parts
    assert (part.id, part.body["to"]) == ("msg-1", "15550001111")
    assert part.body["context"] == {"message_id": "wamid.Q"}
    assert faults(SEND, part.body) == []


def test_a_source_id_names_the_parts_of_a_body_without_an_id() -> None:
    message = read({"type": "Text", "text": "word " * 1000})
    made = to_whatsapp(message, "15550001111", source_id="noid.1")
    assert isinstance(made, Outbound)
    assert [part.id for part in made.parts] == ["noid.1", "noid.1#2"]


def test_a_customer_that_whatsapp_cannot_address_is_refused() -> None:
    made = to_whatsapp(read(OUTBOUND["text"]["webhook"]), "a name")
    assert isinstance(made, Refusal)
    assert made.reason == "InvalidDestination"


@pytest.mark.parametrize("name", list(OUTBOUND))
def test_any_mutation_of_a_body_is_sent_refused_or_ignored(name: str) -> None:
    @settings(max_examples=30)
    @given(mutated(OUTBOUND[name]["webhook"]))
    def answered(bent: Any) -> None:
        message = read(bent)
        made = to_whatsapp(message, message.customer, callback=callback)
        if isinstance(made, Outbound):
            assert made.parts
            assert [faults(SEND, part.body) for part in made.parts] == [[]] * len(made.parts)

    answered()
