"""Runs every fixture of a webhook from Genesys: a new case is a new file and no code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from shared.genesys.payloads import loads, read, receipt_of
from shared.transforms.outbound import (
    Ignored,
    Linked,
    Outbound,
    Refusal,
    WaFile,
    quoted_message,
    to_whatsapp,
)
from shared.transforms.outbound_types import CONTENT
from shared.transforms.parts import ShownFile
from shared.wire.fields import objects
from tests.wire.graph_rules import broken
from tests.wire.schemas import cases
from tests.wire.strategies import mutated

OUTBOUND = cases("genesys/fixtures/outbound")
TRACKING = "11111111-2222-4333-8444-555555555555"


def callback(part: int, _: ShownFile | None) -> str:
    return f"{TRACKING}:{part}"


def files_of(case: dict[str, Any]) -> dict[int, WaFile | Linked | Refusal]:
    """What became of a case's files, by their numbers."""
    return {int(number): file_of(file) for number, file in case.get("files", {}).items()}


def file_of(file: dict[str, Any]) -> WaFile | Linked | Refusal:
    if "reason" in file:
        return Refusal(file["reason"], file["words"])
    return Linked(**file) if "url" in file else WaFile(**file)


def translated(case: dict[str, Any], webhook: Any) -> Outbound | Refusal | Ignored:
    message = read(webhook)
    return to_whatsapp(
        message,
        message.customer,
        tracking_id=TRACKING,
        callback=callback,
        reply_to=case.get("reply_to"),
        files=files_of(case),
        unfit=frozenset(case.get("unfit", [])),
    )


@pytest.mark.parametrize("case", OUTBOUND.values(), ids=list(OUTBOUND))
def test_a_message_becomes_what_the_customer_reads(case: dict[str, Any]) -> None:
    webhook = loads(json.dumps(case["webhook"]).encode())
    message, made = read(webhook), translated(case, webhook)
    quoted = {"quoted": found} if (found := quoted_message(message)) else {}
    assert {"customer": message.customer, **quoted, **_said(made)} == case["expected"]


def _said(made: Outbound | Refusal | Ignored) -> dict[str, Any]:
    if isinstance(made, Refusal):
        assert made.words
        return {"refused": made.reason}
    if isinstance(made, Ignored):
        return {"ignored": made.why}
    bodies = [part.body for part in made.parts]
    assert [broken(body) for body in bodies] == [[] for _ in bodies]
    options = [[option.text, option.payload, option.type] for option in made.options]
    return {
        "kind": made.kind,
        "text": made.text,
        "bodies": bodies,
        **({"options": options} if options else {}),
        **({"skipped": list(made.skipped)} if made.skipped else {}),
        **({"lost": [refusal.reason for refusal in made.lost]} if made.lost else {}),
    }


def test_there_are_cases_enough_and_each_says_what_it_shows() -> None:
    assert len(OUTBOUND) >= 100
    said = [case["case"] for case in OUTBOUND.values()]
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("kind", list(CONTENT))
def test_every_content_type_in_the_table_has_its_cases(kind: str) -> None:
    held = [
        element.get("contentType")
        for case in OUTBOUND.values()
        for element in objects(case["webhook"].get("content"))
    ]
    assert held.count(kind) >= 2
    assert CONTENT[kind].becomes


def test_every_form_of_whatsapp_that_is_used_has_its_cases() -> None:
    bodies = [body for case in OUTBOUND.values() for body in case["expected"].get("bodies", [])]
    kinds = {body["type"] for body in bodies}
    assert kinds == {
        *("text", "image", "video", "audio", "document", "sticker"),
        *("location", "interactive", "template"),
    }
    interactive = {body["interactive"]["type"] for body in bodies if "interactive" in body}
    assert interactive == {"button", "list", "cta_url"}


@pytest.mark.parametrize("name", list(OUTBOUND))
def test_any_mutation_of_a_body_is_sent_refused_or_ignored(name: str) -> None:
    @settings(max_examples=12)
    @given(mutated(OUTBOUND[name]["webhook"]))
    def answered(bent: Any) -> None:
        made = translated(OUTBOUND[name], bent)
        receipt_of(read(bent))
        if isinstance(made, Outbound):
            assert made.parts
            assert [broken(part.body) for part in made.parts] == [[]] * len(made.parts)

    answered()
