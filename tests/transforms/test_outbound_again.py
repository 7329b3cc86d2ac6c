"""What goes again says what its part said, its picture as a line, and nothing that arrived."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.genesys.payloads import read
from shared.transforms.outbound import Linked, Outbound, Refusal, WaFile, attachments, to_whatsapp
from shared.transforms.outbound_again import again, again_id, again_of, original_id
from shared.transforms.parts import Part, ShownFile
from shared.wire.body import Json
from tests.wire.graph_rules import broken
from tests.wire.strategies import mutated

CUSTOMER = "15550001111"
IMAGE, VIDEO = "https://acme.example/tea.jpg", "https://acme.example/tea.mp4"
CHOOSE = {"type": "Postback", "text": "Choose", "payload": "tea"}
OPEN = {"type": "Link", "text": "Open", "url": "https://acme.example/tea"}
PHOTO = WaFile("image", "image/jpeg", id="7")
SOUND = WaFile("audio", "audio/mpeg", id="8")
NOTE = WaFile("document", "application/pdf", id="9", filename="a.pdf")

Files = Mapping[int, WaFile | Linked | Refusal]


def body_of(*content: Json, **more: Any) -> Json:
    return {"id": "g1", "type": "Structured", "content": list(content), **more}


def card(**members: Any) -> Json:
    return {"contentType": "Card", "card": {"title": "Green tea", "image": IMAGE, **members}}


def file(**members: Any) -> Json:
    return {"contentType": "Attachment", "attachment": {"url": "https://f.example/1", **members}}


def sent(
    body: Json, files: Files, unfit: frozenset[str] = frozenset()
) -> list[tuple[Part, ShownFile | None]]:
    """The parts of a message, and which file each shows."""
    told: list[ShownFile | None] = []

    def callback(_: int, shown: ShownFile | None) -> str:
        told.append(shown)
        return "mark"

    made = to_whatsapp(read(body), CUSTOMER, callback=callback, files=files, unfit=unfit)
    assert isinstance(made, Outbound)
    return list(zip(made.parts, told, strict=True))


def said_again(body: Json, number: int, files: Files) -> list[Json]:
    """What goes again of a part, its file as a document; it must have been a part with a file."""
    shown = dict(enumerate((shown for _, shown in sent(body, files)), start=1))[number]
    assert shown is not None
    cut = again(body, shown)
    assert cut is not None
    assert cut["id"] == body["id"]
    documents = {one.number: NOTE for one in attachments(read(cut))}
    parts = [part.body for part, _ in sent(cut, documents)]
    assert [broken(part) for part in parts] == [[] for _ in parts]
    return [part[part["type"]] for part in parts]


def text(words: str) -> Json:
    return {"body": words, **({"preview_url": True} if "https://" in words else {})}


def question(words: str, *titles: str) -> Json:
    ids = [f"00000000-0000-0000-0000-000000000000.{n}" for n in range(1, len(titles) + 1)]
    rows = [
        {"type": "reply", "reply": {"id": id_, "title": title}}
        for id_, title in zip(ids, titles, strict=True)
    ]
    return {"type": "button", "body": {"text": words}, "action": {"buttons": rows}}


LONG = "A long question. " * 90  # over the 1024 of a body
LAST = 2  # the part that shows the picture, of two
SECTIONS = [{"items": [{"id": "g", "title": "Green"}]}]

CASES: dict[str, tuple[Json, int, Files, list[Json]]] = {
    "a card": (body_of(card(actions=[CHOOSE])), 1, {}, [question(f"Green tea\n{IMAGE}", "Choose")]),
    "a card without words": (
        body_of(card(title=None, actions=[CHOOSE])),
        1,
        {},
        [question(IMAGE, "Choose")],
    ),
    "a card behind the message's text": (
        body_of(card(actions=[CHOOSE]), text="Look"),
        LAST,
        {},
        [question(f"Green tea\n{IMAGE}", "Choose")],
    ),
    "a card with a link beside its buttons": (
        body_of(card(actions=[CHOOSE, OPEN])),
        1,
        {},
        [question(f"Green tea\nOpen: {OPEN['url']}\n{IMAGE}", "Choose")],
    ),
    "a card with a film too": (
        body_of(card(video=VIDEO, actions=[CHOOSE])),
        1,
        {},
        [question(f"Green tea\n{VIDEO}\n{IMAGE}", "Choose")],
    ),
    "a card with a film": (
        body_of(card(image=None, video=VIDEO, actions=[CHOOSE])),
        1,
        {},
        [question(f"Green tea\n{VIDEO}", "Choose")],
    ),
    "the second card": (
        body_of(
            {
                "contentType": "Carousel",
                "carousel": {
                    "cards": [
                        {},
                        {"title": "Pot", "image": VIDEO, "actions": [CHOOSE]},
                        {"title": "Cup", "image": VIDEO, "actions": [CHOOSE]},
                    ]
                },
            }
        ),
        LAST,
        {},
        [question(f"Cup\n{VIDEO}", "Choose")],
    ),
    "a page to open": (
        body_of(card(actions=[OPEN])),
        1,
        {},
        [
            {
                "type": "cta_url",
                "body": {"text": f"Green tea\n{IMAGE}"},
                "action": {
                    "name": "cta_url",
                    "parameters": {"display_text": "Open", "url": OPEN["url"]},
                },
            }
        ],
    ),
    "a picture above a list": (
        body_of(card(actions=[{**CHOOSE, "text": f"Choice {n}"} for n in range(4)])),
        1,
        {},
        [text(IMAGE)],
    ),
    "a list picker's picture": (
        body_of(
            {
                "contentType": "ListPicker",
                "listPicker": {"receivedMessage": {"imageUrl": IMAGE}, "sections": SECTIONS},
            },
            text="Which?",
        ),
        1,
        {},
        [text(IMAGE)],
    ),
    "a picture with words": (body_of(card()), 1, {}, [text(f"Green tea\n{IMAGE}")]),
    "a picture with the message's text": (
        body_of(card(title=None), text="Look"),
        1,
        {},
        [text(f"Look\n{IMAGE}")],
    ),
    "a file": (body_of(file()), 1, {1: PHOTO}, [{"id": "9", "filename": "a.pdf"}]),
    "a file with its words": (
        body_of(file(text="Mine")),
        1,
        {1: PHOTO},
        [{"id": "9", "filename": "a.pdf", "caption": "Mine"}],
    ),
    "a file with the message's text": (
        body_of(file(), text="Look"),
        1,
        {1: PHOTO},
        [{"id": "9", "filename": "a.pdf", "caption": "Look"}],
    ),
    "a file behind the message's text": (
        body_of(file(text="Mine"), text="Look"),
        LAST,
        {1: PHOTO},
        [{"id": "9", "filename": "a.pdf", "caption": "Mine"}],
    ),
    "a file whose words were too long": (
        body_of(file(text=LONG)),
        LAST,
        {1: PHOTO},
        [{"id": "9", "filename": "a.pdf"}],
    ),
    "a sound with the message's text": (
        body_of(file(), text="Listen"),
        LAST,
        {1: SOUND},
        [{"id": "9", "filename": "a.pdf"}],
    ),
    "a sound with its words": (
        body_of(file(text="Listen")),
        1,
        {1: SOUND},
        [{"id": "9", "filename": "a.pdf"}],
    ),
    "the second file": (
        body_of(file(), file(url="https://f.example/2", text="Mine")),
        LAST,
        {1: PHOTO, 2: PHOTO},
        [{"id": "9", "filename": "a.pdf", "caption": "Mine"}],
    ),
    "a canned answer's file": (
        body_of(
            {
                "contentType": "Notification",
                "template": {
                    "id": "cannedresponse@1",
                    "header": {"media": {"url": "https://f.example/1", "mediaType": "Image"}},
                },
            },
            text="As promised",
        ),
        1,
        {1: PHOTO},
        [{"id": "9", "filename": "a.pdf", "caption": "As promised"}],
    ),
}


@pytest.mark.parametrize(("body", "number", "files", "expected"), CASES.values(), ids=CASES)
def test_a_part_goes_again_without_its_picture(
    body: Json, number: int, files: Files, expected: list[Json]
) -> None:
    assert said_again(body, number, files) == expected


def test_only_the_end_of_a_long_question_goes_again() -> None:
    body = body_of(card(title=None, description=LONG, actions=[CHOOSE]))
    (first, nothing), (last, shown) = sent(body, {})
    assert (first.body["type"], nothing) == ("text", None)
    assert shown is not None
    words = "\n".join(
        part.get("body", {}).get("text") or part["body"] for part in said_again(body, LAST, {})
    )
    stood = last.body["interactive"]["body"]["text"]
    assert words.split() == [*stood.split(), IMAGE]


def test_the_picture_that_took_the_place_of_another_is_a_line_too() -> None:
    """Of a list's card: its picture stands apart, and the one that was not shown in the words."""
    many = [{**CHOOSE, "text": f"Choice {n}"} for n in range(4)]
    body = body_of(card(video=VIDEO, actions=many))
    (part, shown), _ = sent(body, {}, frozenset({IMAGE}))
    assert part.body["video"] == {"link": VIDEO}
    assert shown is not None
    cut = again(body, shown)
    assert cut is not None
    assert cut["text"].splitlines() == [IMAGE, VIDEO]


def test_a_template_does_not_go_without_the_file_of_its_header() -> None:
    header = {"media": {"url": "https://f.example/1", "mediaType": "Image"}}
    template = {"id": "ns@order", "language": "en", "header": header}
    [(part, shown)] = sent(
        body_of({"contentType": "Notification", "template": template}), {1: PHOTO}
    )
    assert (part.body["type"], shown) == ("template", None)


ELEMENTS: list[Json] = [
    card(title="W-ask", actions=[CHOOSE]),
    card(title="W-open", actions=[OPEN]),
    card(title="W-alone"),
    {"contentType": "Carousel", "carousel": {"cards": [{"title": "W-one", "image": VIDEO}, {}]}},
    file(text="W-file"),
    file(filename="W-name.mp3"),
    {"contentType": "QuickReply", "quickReply": {"text": "W-quick", "payload": "q"}},
    {"contentType": "Text", "title": "W-text"},
    {"contentType": "Location", "location": {"latitude": 1, "longitude": 2, "text": "W-place"}},
]
MARKS = ("W-ask", "W-open", "W-alone", "W-one", "W-file", "W-quick", "W-text", "W-place", "W-own")


@pytest.mark.parametrize("unfit", [frozenset(), frozenset({VIDEO})], ids=["seen", "one unfit"])
@pytest.mark.parametrize("file_", [PHOTO, SOUND, NOTE], ids=["image", "audio", "document"])
@pytest.mark.parametrize("pair", list(combinations(range(len(ELEMENTS)), 2)))
def test_beside_others_it_says_its_own_words_and_none_of_theirs(
    pair: tuple[int, int], file_: WaFile, unfit: frozenset[str]
) -> None:
    for own in (None, "W-own"):
        for place in (pair, pair[::-1]):
            body = body_of(*(ELEMENTS[one] for one in place), text=own)
            for part, shown in sent(body, {1: file_, 2: file_}, unfit):
                if shown is not None:
                    _says_the_same(part, again(body, shown))


def _says_the_same(part: Part, cut: Json | None) -> None:
    assert cut is not None
    documents = {one.number: NOTE for one in attachments(read(cut))}
    said = json.dumps([one.body for one, _ in sent(cut, documents)])
    stood = json.dumps(part.body)
    assert [mark in said for mark in MARKS] == [mark in stood for mark in MARKS], (said, stood)


@given(
    mutated(body_of(*ELEMENTS)),
    st.builds(ShownFile, st.integers(0, 20), st.integers(0, 9), st.booleans()),
)
def test_any_body_and_place_is_said_again_or_not(bent: Any, shown: ShownFile) -> None:
    cut = again(bent if isinstance(bent, dict) else {}, shown)
    if cut is not None:
        made = to_whatsapp(read(cut), CUSTOMER)
        parts = made.parts if isinstance(made, Outbound) else ()
        assert [broken(part.body) for part in parts] == [[] for _ in parts]


@given(st.text(min_size=1, max_size=300), st.integers(1, 9999))
def test_an_id_tells_what_it_goes_again_of(source_id: str, part: int) -> None:
    assert again_of(again_id(source_id, part)) == (source_id, part)
    assert original_id(again_id(source_id, part)) == source_id


@pytest.mark.parametrize(
    "id_", ["g1", "g1#2", "g1#file", "g1#again", "g1#again0", "g1#again01", "#again1", "g#again1x"]
)
def test_any_other_id_is_a_message_s_own(id_: str) -> None:
    assert again_of(id_) is None
    assert original_id(id_) == id_
