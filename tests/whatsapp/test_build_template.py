from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.whatsapp.build import message
from shared.whatsapp.template import (
    NOTHING,
    button,
    clean,
    component,
    is_name,
    is_parameter_name,
    language_code,
    media_parameter,
    template_content,
    text_parameter,
)
from shared.wire.body import PayloadError
from shared.wire.words import cleaned, visible
from tests.wire.graph_rules import broken


def test_a_template_with_all_its_parts_is_a_good_body() -> None:
    parts = [
        component("header", [media_parameter("image", link="https://acme.example/1.png")]),
        component("body", [text_parameter("Alice", "name"), text_parameter("77", "order_id")]),
        button("quick_reply", 0, {"type": "payload", "payload": "yes"}),
        button("url", 1, text_parameter("a/b")),
        button("copy_code", 2, {"type": "coupon_code", "coupon_code": "SAVE10"}),
    ]
    content = template_content("order_ready", "en-us", parts)
    assert content["language"] == {"code": "en_US"}
    assert broken(message("15550001111", "template", content)) == []


def test_a_template_without_variables_has_no_components() -> None:
    assert "components" not in template_content("hello", "en", [])


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("image", "image"), ("video", "video"), ("document", "document"), ("audio", "document")],
)
def test_a_header_holds_an_image_a_video_or_a_document(kind: str, shown: str) -> None:
    made = media_parameter(kind, id_="1", filename="a.pdf")  # type: ignore[arg-type]  # drawn from the table
    assert made["type"] == shown
    assert ("filename" in made[shown]) == (shown == "document")


@pytest.mark.parametrize(
    ("name", "language"),
    [("Order", "en"), ("", "en"), ("a" * 513, "en"), ("order", "english"), ("order", "")],
)
def test_a_name_or_language_that_meta_cannot_have_is_refused(name: str, language: str) -> None:
    with pytest.raises(PayloadError, match="a template has a name"):
        template_content(name, language, [])


@pytest.mark.parametrize(
    ("said", "code"),
    [
        *(("en", "en"), ("en_US", "en_US"), ("pt-br", "pt_BR"), ("FIL", "fil")),
        *((None, None), ("", None), ("zh_Hans_CN", None), ("e", None), ("en_", None)),
    ],
)
def test_languages_are_written_as_meta_does(said: str | None, code: str | None) -> None:
    assert language_code(said) == code


@given(st.text(max_size=200))
def test_any_words_become_a_parameter_that_meta_takes(text: str) -> None:
    said = clean(text)
    assert said.strip()
    assert not {"\n", "\t", "\r"} & set(said)
    assert "    " not in said
    shown = cleaned(text) if visible(text) else NOTHING
    assert "".join(said.split()) == "".join(shown.split())


def test_names() -> None:
    assert is_name("order_ready_2")
    assert not is_name("order ready")
    assert is_parameter_name("order_id")
    assert not is_parameter_name("Order-Id")
