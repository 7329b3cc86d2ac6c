from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.genesys.build import (
    Reason,
    iso,
    open_address,
    open_message,
    open_receipt,
    person,
    reason_of,
)
from shared.genesys.payloads import customer_address
from shared.wire.body import PayloadError
from tests.wire.schemas import OPEN_MESSAGE, OPEN_RECEIPT, faults, schema

NOON = datetime(2026, 11, 23, 12, 0, 0, 999_999, tzinfo=UTC)
TO = {"id": "+15550001111", "idType": "Phone"}


@pytest.mark.parametrize("customer", ["15550001111", "US.5550001", "US.ENT.5550001"])
def test_the_address_we_give_is_the_customer_we_get_back(customer: str) -> None:
    assert customer_address(open_address(customer)["id"]) == customer


@pytest.mark.parametrize("name", [None, "", " \n", "\u0000\u001b"])
def test_no_name_is_no_nickname(name: str | None) -> None:
    assert person("15550001111", name) == TO


@given(st.text(max_size=200))
def test_any_name_makes_a_good_sender_on_one_line(name: str) -> None:
    sender = person("15550001111", name)
    body = open_message(sender, message_id="wamid.1", time=NOON, text="hi")
    assert faults(OPEN_MESSAGE, body) == []
    assert "\n" not in sender.get("nickname", "")


def test_a_family_emoji_in_a_name_stays_a_family() -> None:
    assert person("1", "👩\u200d👧 Ada")["firstName"] == "👩\u200d👧"


@given(st.datetimes(timezones=st.just(UTC)))
def test_any_time_has_the_one_form(time: datetime) -> None:
    assert faults(OPEN_RECEIPT, open_receipt("g", TO, status="Delivered", time=time)) == []


def test_a_time_elsewhere_is_told_in_utc_and_milliseconds() -> None:
    assert iso(NOON.astimezone(timezone(timedelta(hours=5.5)))) == "2026-11-23T12:00:00.999Z"


def test_receipts() -> None:
    delivered = open_receipt("g-1", TO, status="Delivered", time=NOON)
    assert delivered == {
        "id": "g-1",
        "channel": {"to": TO, "time": "2026-11-23T12:00:00.999Z"},
        "status": "Delivered",
        "isFinalReceipt": True,
    }
    for reason in get_args(Reason):
        failed = open_receipt("g-1", TO, status="Failed", time=NOON, reason=(reason, "w" * 900))
        assert faults(OPEN_RECEIPT, failed) == []
        assert len(failed["reasons"][0]["message"]) == 500


def test_a_reason_goes_with_failed_and_with_nothing_else() -> None:
    with pytest.raises(PayloadError, match="needs its reason"):
        open_receipt("g-1", TO, status="Failed", time=NOON)
    with pytest.raises(PayloadError, match="needs its reason"):
        open_receipt("g-1", TO, status="Delivered", time=NOON, reason=("DataFiltered", "x"))


def test_our_reasons_are_the_contracts_reasons() -> None:
    reason = schema(OPEN_RECEIPT)["$defs"]["ConversationReason"]
    assert set(get_args(Reason)) == set(reason["properties"]["code"]["enum"])


@pytest.mark.parametrize("code", ["131026", "Error", "", None])
def test_a_code_outside_the_list_is_a_general_error(code: str | None) -> None:
    assert reason_of(code) == "GeneralError"
    assert reason_of("RateLimited") == "RateLimited"


@pytest.mark.parametrize(("text", "words"), [(" ", "blank"), ("x" * 4001, "at most 4000")])
def test_what_genesys_would_refuse_is_refused_here(text: str, words: str) -> None:
    with pytest.raises(PayloadError, match=words):
        open_message(TO, message_id="wamid.1", time=NOON, text=text)
