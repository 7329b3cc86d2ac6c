from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.genesys.build import (
    Attachment,
    ButtonResponse,
    open_message,
    person,
    structured_response,
)
from shared.transforms.inbound import LATE, File, Missing, late_file, to_genesys
from shared.transforms.inbound_attributes import ALL, attributes_of
from shared.whatsapp.items import Customer
from shared.wire.body import PayloadError
from shared.wire.words import visible
from tests.wire.schemas import OPEN_MESSAGE, OPEN_STRUCTURED, faults

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ALICE = Customer(wa_id="15550001111", name="Alice")
SENDER = person("15550001111", "Alice")
LINK = "https://files.example/1"


def test_a_message_is_text_or_a_file_or_both() -> None:
    file = Attachment(LINK, "application/pdf", "File", filename="a.pdf")
    both = open_message(SENDER, message_id="w", time=NOON, text="see", attachment=file)
    alone = open_message(SENDER, message_id="w", time=NOON, attachment=file)
    assert faults(OPEN_MESSAGE, both) == faults(OPEN_MESSAGE, alone) == []
    assert both["content"] == alone["content"]
    assert "text" not in alone
    with pytest.raises(PayloadError, match="a text, an attachment, or both"):
        open_message(SENDER, message_id="w", time=NOON)


@pytest.mark.parametrize(
    ("originating", "text", "payload"), [("", "t", "p"), ("g", " ", "p"), ("g", "t", "")]
)
def test_an_answer_that_genesys_would_refuse_is_refused_here(
    originating: str, text: str, payload: str
) -> None:
    with pytest.raises(PayloadError, match="names its message"):
        structured_response(
            SENDER,
            message_id="w",
            time=NOON,
            originating_id=originating,
            button=ButtonResponse("Button", text, payload),
        )


def test_an_answer_is_what_genesys_takes() -> None:
    body = structured_response(
        SENDER,
        message_id="w",
        time=NOON,
        originating_id="a" * 32,
        button=ButtonResponse("DatePicker", "Tuesday", "2026-12-01T09:00Z"),
        attributes={"wa_id": "15550001111"},
    )
    assert faults(OPEN_STRUCTURED, body) == []


def test_attributes_stay_under_their_limit_and_the_tenants_come_first() -> None:
    referral = {"headline": "h" * 400, "source_url": f"https://a.example/{'ä' * 400}"}
    own = {f"tenant_{number}": "v" * 400 for number in range(3)}
    found = attributes_of({"referral": referral}, ALICE, {**own, "wa_id": "theirs"})
    size = sum(len(name.encode()) + len(value.encode()) for name, value in found.items())
    assert size <= ALL < 2048
    assert [*found] == [*own, "wa_id", "wa_referral_headline"]
    assert found["wa_id"] == "theirs"


def test_a_value_that_would_have_to_be_cut_is_left_out() -> None:
    referral = {"source_url": f"https://a.example/{'p' * 500}", "source_id": "7"}
    found = attributes_of({"referral": referral}, Customer(bsuid="US.1"), {})
    assert found == {"wa_bsuid": "US.1", "wa_referral_source_id": "7"}


@pytest.mark.parametrize("file", [File(LINK, "image/jpeg", "Image"), Missing("it is gone")])
def test_a_late_file_has_an_id_of_its_own_and_the_time_of_its_message(file: Any) -> None:
    message = {"id": "wamid.1", "type": "image", "image": {"id": "1"}, "timestamp": "1795435200"}
    first = to_genesys(message, ALICE, received_at=NOON).parts[0]
    late = late_file(message, ALICE, received_at=NOON, file=file)
    [part] = late.parts
    assert part.id == f"wamid.1{LATE}"
    assert part.body["channel"]["time"] == first.body["channel"]["time"]
    assert not late.opens_window


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a", True),
        (" \n", False),
        ("\u200f\u200e", False),
        ("\u200d\ufeff \t", False),
        ("。", True),
    ],
)
def test_what_can_be_seen(text: str, seen: bool) -> None:  # noqa: FBT001  a column of the table
    assert visible(text) is seen
