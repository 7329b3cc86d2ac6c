"""What holds for every message to WhatsApp, whatever its words, options and neighbours are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.genesys.payloads import read
from shared.transforms.outbound import (
    Fallback,
    Option,
    Outbound,
    Refusal,
    WaFile,
    attachments,
    fallback,
    to_whatsapp,
)
from shared.transforms.parts import ShownFile
from shared.whatsapp.options import read_option_id
from shared.whatsapp.template import clean
from shared.wire.body import Json, PayloadError
from shared.wire.words import visible
from tests.transforms.test_text import FAMILY, unicode
from tests.wire.graph_rules import broken, units
from tests.wire.strategies import mutated

TRACKING = "11111111-2222-4333-8444-555555555555"
CUSTOMER = "15550001111"


def marked(part: int, _: ShownFile | None) -> str:
    return str(part)


def made_of(webhook: Json, **more: Any) -> Outbound:
    made = to_whatsapp(read(webhook), CUSTOMER, tracking_id=TRACKING, callback=marked, **more)
    assert isinstance(made, Outbound)
    assert [broken(part.body) for part in made.parts] == [[] for _ in made.parts]
    return made


def structured(*content: Json, **more: Any) -> Json:
    return {"id": "g", "type": "Structured", "content": list(content), **more}


def tapped(made: Outbound) -> list[str]:
    """The ids of all that can be tapped, in the order in which it is shown."""
    ids = []
    for part in made.parts:
        action = part.body.get("interactive", {}).get("action", {})
        ids += [button["reply"]["id"] for button in action.get("buttons", [])]
        ids += [row["id"] for section in action.get("sections", []) for row in section["rows"]]
    return ids


odd = st.one_of(
    unicode,
    st.sampled_from(
        [
            *(FAMILY * 9, "a" + "\u0301" * 90, "\U0001f1e9\U0001f1ea" * 30, "\U0001d518" * 25),
            *("\u200f\u05e9\u05dc\u05d5\u05dd " * 20, "नमस्ते " * 9),
        ]
    ),
    st.text(st.sampled_from("ab \n…*~_"), max_size=90),
)
titles = st.lists(odd, max_size=14)


@given(titles, odd)
def test_any_options_keep_every_limit_and_their_order(names: list[str], question: str) -> None:
    replies = [{"text": name, "payload": f"p{place}"} for place, name in enumerate(names)]
    elements = [{"contentType": "QuickReply", "quickReply": reply} for reply in replies]
    _check_options(structured({"contentType": "Text", "text": "."}, *elements, text=question))


@given(st.lists(st.tuples(odd, odd, odd), max_size=13), st.lists(odd, min_size=1, max_size=4))
def test_any_list_keeps_every_limit_and_its_order(
    rows: list[tuple[str, str, str]], headings: list[str]
) -> None:
    sections = [
        {
            "title": heading,
            "items": [
                {"id": id_, "title": title, "subtitle": detail}
                for id_, title, detail in rows[place :: len(headings)]
            ],
        }
        for place, heading in enumerate(headings)
    ]
    picker = {"contentType": "ListPicker", "listPicker": {"sections": sections}}
    _check_options(structured({"contentType": "Text", "text": "."}, picker))


@given(st.lists(st.tuples(odd, st.booleans()), max_size=6), odd, odd)
def test_any_card_keeps_every_limit_and_its_order(
    actions: list[tuple[str, bool]], title: str, description: str
) -> None:
    made = [
        {"type": "Link", "text": name, "url": "https://acme.example/1"}
        if links
        else {"type": "Postback", "text": name, "payload": "p"}
        for name, links in actions
    ]
    card = {"title": title, "description": description, "actions": made}
    filler = {"contentType": "Text", "text": "."}
    _check_options(structured(filler, {"contentType": "Card", "card": card}))


def _check_options(webhook: Json) -> None:
    made = made_of(webhook)
    ids = [read_option_id(id_) for id_ in tapped(made)]
    numbers = [found[1] for found in ids if found]
    assert [(TRACKING, number) for number in numbers] == ids
    if numbers:
        assert numbers == list(range(1, len(made.options) + 1))
    again = to_whatsapp(read(webhook), CUSTOMER)
    assert isinstance(again, Outbound)
    assert (again.options, again.text) == (made.options, made.text)


def test_options_of_all_kinds_are_numbered_through_the_message() -> None:
    made = made_of(
        structured(
            {"contentType": "QuickReply", "quickReply": {"text": "Yes", "payload": "y"}},
            {
                "contentType": "Card",
                "card": {"title": "T", "actions": [{"text": "A", "payload": "a"}]},
            },
            datePicker={"title": "When", "availableTimes": [{"dateTime": "2026-11-24T10:00:00Z"}]},
        )
    )
    assert tapped(made) == [f"{TRACKING}.{number}" for number in (1, 2, 3)]
    assert made.options == (
        Option("Yes", "y", "QuickReply"),
        Option("A", "a", "Button"),
        Option("2026-11-24 10:00 UTC", "2026-11-24T10:00:00Z", "DatePicker"),
    )


def element(kind: str, **members: Any) -> Json:
    return {"contentType": kind, kind[:1].lower() + kind[1:]: members}


ELEMENTS: list[tuple[list[str], Json]] = [
    (["W-caption"], element("Attachment", url="https://f.example/1", text="W-caption")),
    (["W-quick"], element("QuickReply", text="W-quick", payload="q")),
    (["W-card", "W-act"], element("Card", title="W-card", actions=[{"text": "W-act"}])),
    (["W-one", "W-two"], element("Carousel", cards=[{"title": "W-one"}, {"title": "W-two"}])),
    (["W-item"], element("ListPicker", sections=[{"items": [{"id": "1", "title": "W-item"}]}])),
    (
        ["W-date"],
        element("DatePicker", title="W-date", availableTimes=[{"dateTime": "2026-11-24T10:00Z"}]),
    ),
    (["W-place"], element("Location", latitude=1, longitude=2, text="W-place")),
    (["W-new"], element("Tomorrow", title="W-new")),
]


@pytest.mark.parametrize("place", range(len(ELEMENTS)))
def test_a_bent_element_hides_none_of_its_neighbours(place: int) -> None:
    @settings(max_examples=60)
    @given(mutated(ELEMENTS[place][1]))
    def kept(bent: Any) -> None:
        content = [bent if at == place else one for at, (_, one) in enumerate(ELEMENTS)]
        file = WaFile("image", "image/jpeg", id="7")
        made = made_of(structured(*content, text="W-text"), files={1: file} if place else {})
        said = json.dumps([part.body for part in made.parts])
        others = [mark for at, (marks, _) in enumerate(ELEMENTS) if at != place for mark in marks]
        assert [mark for mark in ["W-text", *others] if mark not in said] == []

    kept()


def test_parts_are_named_called_back_and_quote_in_order() -> None:
    webhook = {"id": "g1", "type": "Text", "text": "word " * 2000}
    made = made_of(webhook, source_id="noid.7", reply_to="wamid.Q")
    assert [part.id for part in made.parts] == ["noid.7", "noid.7#2", "noid.7#3"]
    assert [part.number for part in made.parts] == [1, 2, 3]
    assert [part.body["biz_opaque_callback_data"] for part in made.parts] == ["1", "2", "3"]
    assert [part.body.get("context") for part in made.parts] == [
        {"message_id": "wamid.Q"},
        None,
        None,
    ]


@pytest.mark.parametrize("customer", ["a name", "0123", ""])
def test_a_customer_that_whatsapp_cannot_address_is_refused(customer: str) -> None:
    made = to_whatsapp(read({"type": "Text", "text": "Hi"}), customer)
    assert isinstance(made, Refusal)
    assert made.reason == "InvalidDestination"


def test_what_could_not_be_sent_is_told_once_the_rest_has_its_place() -> None:
    files = {1: Refusal("MediaTypeNotAllowed", "no"), 2: Refusal("ServerError", "gone")}
    content = [
        {"contentType": "Attachment", "attachment": {"url": f"https://f.example/{n}"}}
        for n in (1, 2)
    ]
    webhook = structured(*content)
    refused = to_whatsapp(read(webhook), CUSTOMER, files=files)
    assert refused == Refusal("MediaTypeNotAllowed", "no")
    made = made_of({**webhook, "text": "Two files"}, files=files)
    assert [one.reason for one in made.lost] == ["MediaTypeNotAllowed", "ServerError"]
    assert [part.body["text"]["body"] for part in made.parts] == ["Two files"]


def test_the_files_of_a_message_are_numbered_as_they_stand() -> None:
    media = {"mediaType": "Image", "url": "https://f.example/h.png", "mime": "image/png"}
    header = {"type": "Media", "media": media}
    sticker = {"url": "https://f.example/s", "mediaType": "Sticker", "mime": "image/webp"}
    big = {
        "url": "https://f.example/a.pdf",
        "mime": "application/pdf",
        "filename": "a.pdf",
        "contentSizeBytes": "52000",
        "sha256": "ab",
        "text": "c",
    }
    found = attachments(
        read(
            structured(
                element("Attachment", **big),
                {
                    "contentType": "Attachment",
                    "attachment": {"mediaType": "Link", "url": "https://l"},
                },
                element("Attachment", filename="no address"),
                {"contentType": "Notification", "template": {"header": header}},
                element("Attachment", **sticker),
            )
        )
    )
    assert [(one.number, one.url) for one in found] == [
        (1, "https://f.example/a.pdf"),
        (2, "https://f.example/h.png"),
        (3, "https://f.example/s"),
    ]
    first = found[0]
    assert (first.mime, first.filename, first.size) == ("application/pdf", "a.pdf", 52000)
    assert (first.sha256, first.caption, first.sticker) == ("ab", "c", False)
    assert found[2].sticker


@pytest.mark.parametrize(("id_", "link"), [(None, None), ("1", "https://f.example/1")])
def test_a_file_goes_by_its_id_or_by_a_link(id_: str | None, link: str | None) -> None:
    with pytest.raises(PayloadError, match="by its id or by a link"):
        WaFile("image", "image/jpeg", id=id_, link=link)


@given(odd, st.integers(1, 90))
def test_a_closed_windows_templates_hold_the_text_on_one_line(text: str, times: int) -> None:
    template = Fallback("away", "en", ("{text}", "Acme: {text}", "fixed"))
    made = fallback(CUSTOMER, template, text * times, source_id="g", callback=marked, first=3)
    shown = []
    for number, part in enumerate(made.parts, start=3):
        assert broken(part.body) == []
        assert (part.number, part.body["biz_opaque_callback_data"]) == (number, str(number))
        [body] = part.body["template"]["components"]
        first, second, third = (one["text"] for one in body["parameters"])
        assert units(first) <= 600
        assert (second, third) == (f"Acme: {first}", "fixed")
        shown.append(first)
    assert made.text == text * times
    assert len(shown) <= 5
    if not made.lost:
        assert letters("".join(shown)) == letters(clean(text * times))


def letters(text: str) -> str:
    return "".join(filter(visible, text))


def test_what_several_templates_cannot_hold_is_told_to_the_agent() -> None:
    text = " ".join(f"sentence{number}." for number in range(400))
    made = fallback(CUSTOMER, Fallback("away", "en"), text, source_id="g")
    assert len(made.parts) == 5
    sent = " ".join(
        part.body["template"]["components"][0]["parameters"][0]["text"] for part in made.parts
    )
    assert text.startswith(sent)
    [lost] = made.lost
    assert lost.reason == "MessageExpired"
    assert f"without its last {len(text) - len(sent) - 1} characters" in lost.words


def test_a_template_without_the_text_goes_once_and_the_agent_is_told() -> None:
    made = fallback(CUSTOMER, Fallback("away", "en", ("Acme",)), "Hi " * 900, source_id="g")
    assert len(made.parts) == 1
    assert [lost.reason for lost in made.lost] == ["MessageExpired"]


def test_a_template_that_meta_cannot_have_is_refused() -> None:
    with pytest.raises(PayloadError, match="a template has a name"):
        fallback(CUSTOMER, Fallback("A way", "en"), "Hi", source_id="g")
    plain = fallback(CUSTOMER, Fallback("away", "en", ()), "Hi", source_id="g")
    assert "components" not in plain.parts[0].body["template"]
