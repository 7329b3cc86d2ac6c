from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.transforms.text import split
from shared.whatsapp.build import TEXT_LIMIT, text_message
from shared.wire.body import PayloadError
from tests.wire.schemas import SEND, faults


def test_a_text_to_a_number_and_to_a_bsuid() -> None:
    to_number = text_message("15550001111", "hi", reply_to="wamid.Q", callback="t-1")
    assert to_number == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "15550001111",
        "type": "text",
        "text": {"body": "hi"},
        "context": {"message_id": "wamid.Q"},
        "biz_opaque_callback_data": "t-1",
    }
    to_user = text_message("US.5550001", "hi")
    assert to_user["recipient"] == "US.5550001"
    assert "to" not in to_user
    assert faults(SEND, to_number) == faults(SEND, to_user) == []


@pytest.mark.parametrize(
    ("customer", "body", "callback", "words"),
    [
        ("15550001111", " ", None, "blank"),
        ("15550001111", "x" * 4097, None, "at most 4096"),
        ("15550001111", "x", "c" * 513, "at most 512"),
        ("somebody", "x", None, "neither an international number nor a BSUID"),
    ],
)
def test_what_meta_would_refuse_is_refused_here(
    customer: str, body: str, callback: str | None, words: str
) -> None:
    with pytest.raises(PayloadError, match=words):
        text_message(customer, body, callback=callback)


@given(st.text(min_size=1, max_size=300))
def test_any_text_that_is_not_blank_is_a_good_body(text: str) -> None:
    for piece in split(text, TEXT_LIMIT):
        body = text_message("15550001111", piece)
        assert body["text"]["body"] == text
        assert faults(SEND, body) == []
