from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.transforms.text import split
from shared.whatsapp.build import (
    TEXT_LIMIT,
    location_content,
    media_content,
    message,
    read_mark,
    text_content,
)
from shared.wire.body import PayloadError
from tests.wire.schemas import SEND, faults

LINK = "https://files.acme.example/a.png"


def text_message(customer: str, body: str, **around: str | None) -> dict[str, Any]:
    return message(customer, "text", text_content(body), **around)


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
        ("somebody", "x", None, "neither a WhatsApp number in digits nor a BSUID"),
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


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("text", text_content("see https://acme.example")),
        ("image", media_content("image", id_="1", caption="c")),
        ("image", media_content("image", link=LINK)),
        ("video", media_content("video", id_="1", caption="c" * 1024)),
        ("audio", media_content("audio", id_="1")),
        ("document", media_content("document", id_="1", caption="c", filename="a.pdf")),
        ("sticker", media_content("sticker", link=LINK)),
        ("location", location_content(0, -180)),
        ("location", location_content(52.5, 13.4, name="Acme", address="Main Street 1")),
    ],
)
def test_every_type_is_a_good_body(kind: str, content: dict[str, Any]) -> None:
    body = message("15550001111", kind, content, reply_to="wamid.Q", callback="t")
    assert body[kind] == content
    assert faults(SEND, body) == []


@pytest.mark.parametrize(
    "compose",
    [
        lambda: media_content("image"),
        lambda: media_content("image", id_="1", link=LINK),
        lambda: media_content("image", link="ftp://acme.example/a"),
        lambda: media_content("image", link="https://acme.example/a b"),
        lambda: media_content("image", link="https://acme.example/" + "a" * 2048),
        lambda: media_content("audio", id_="1", caption="no"),
        lambda: media_content("sticker", id_="1", caption="no"),
        lambda: media_content("image", id_="1", caption=""),
        lambda: media_content("image", id_="1", caption="c" * 1025),
        lambda: media_content("image", id_="1", filename="a.jpg"),
        lambda: media_content("document", id_="1", filename="a" * 241),
        lambda: location_content(90.1, 0),
        lambda: location_content(0, 181),
    ],
)
def test_what_meta_would_refuse_of_a_file_or_place_is_refused_here(
    compose: Callable[[], dict[str, Any]],
) -> None:
    with pytest.raises(PayloadError):
        compose()


def test_an_address_without_a_name_stands_as_the_name() -> None:
    assert location_content(1, 2, address="Main Street 1")["name"] == "Main Street 1"


def test_a_message_is_marked_as_read_and_the_agent_shown_typing() -> None:
    read = read_mark("wamid.A")
    assert read == {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.A"}
    typing = read_mark("wamid.A", typing=True)
    assert typing["typing_indicator"] == {"type": "text"}
    assert faults(SEND, read) == faults(SEND, typing) == []
