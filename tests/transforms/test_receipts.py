from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.transforms.parts import part_id
from shared.transforms.receipts import delivered, failed, receipt_status, receipt_to
from tests.wire.schemas import OPEN_RECEIPT, faults

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TO = {"id": "+15550001111", "idType": "Phone"}


@pytest.mark.parametrize(
    ("status", "receipt"),
    [
        *(("sent", None), ("delivered", "Delivered"), ("read", "Delivered")),
        *(("played", "Delivered"), ("failed", "Failed")),
        *(("deleted", None), ("RINGING", None), (None, None), ("", None)),
    ],
)
def test_which_status_is_which_receipt(status: str | None, receipt: str | None) -> None:
    assert receipt_status(status) == receipt


def test_the_bodies_are_as_the_contract_wants_them() -> None:
    assert faults(OPEN_RECEIPT, delivered("g-1", to=TO, time=NOON)) == []
    told = failed("g-1", to=TO, time=NOON, reason="MessageExpired", words="131047 too late")
    assert faults(OPEN_RECEIPT, told) == []
    assert told["reasons"] == [{"code": "MessageExpired", "message": "131047 too late"}]


def test_an_unknown_reason_without_words_still_says_something() -> None:
    told = failed("g-1", to=TO, time=NOON, reason="131026", words=" ")
    assert faults(OPEN_RECEIPT, told) == []
    assert told["reasons"][0]["code"] == "GeneralError"
    assert told["reasons"][0]["message"]


@pytest.mark.parametrize(
    ("to_id", "id_type", "customer", "to"),
    [
        ("+1 555 000 1111", "Phone", "15550001111", {"id": "+1 555 000 1111", "idType": "Phone"}),
        ("+15550001111", "phone", None, {"id": "+15550001111"}),
        ("+15550001111", "phone", "15550001111", TO),
        ("+1 555", None, "15550001111", {"id": "+1 555", "idType": "Phone"}),
        ("+15550001111", None, None, {"id": "+15550001111"}),
        (None, None, "15550001111", TO),
        (None, None, "US.5550001", {"id": "US.5550001", "idType": "Opaque"}),
        (None, None, None, None),
    ],
)
def test_whom_a_receipt_is_about(
    to_id: str | None, id_type: str | None, customer: str | None, to: dict[str, Any] | None
) -> None:
    assert receipt_to(to_id, id_type, customer) == to


@pytest.mark.parametrize(
    ("number", "id_"), [(1, "wamid.A"), (2, "wamid.A#2"), (17, "wamid.A#17")], ids=str
)
def test_a_parts_id_names_its_source_and_number(number: int, id_: str) -> None:
    assert part_id("wamid.A", number) == id_


def test_a_mark_inside_a_source_id_is_its_own() -> None:
    assert [part_id("a#b", number) for number in (1, 2)] == ["a#b", "a#b#2"]
