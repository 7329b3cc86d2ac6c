"""What stands only in a contact's vCard reaches the agent; a broken card shows what can be read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.transforms.inbound_context import Reading
from shared.transforms.inbound_types import sent_words
from shared.transforms.vcard import read_vcard


def shown(vcard: Any, **card: Any) -> str:
    contact = {"name": {}, "vcard": vcard, **card}
    return sent_words(Reading({"type": "contacts", "contacts": [contact]}))


def card(*lines: str, version: str = "3.0") -> str:
    return "\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD"])


FULL = card(
    "N:Costa;Rui;;Dr.;",
    "FN:Rui Costa",
    "item1.TEL;waid=4915100000902:+49 151 00000902",
    "item1.X-ABLabel:Mobil",
    'TEL;TYPE="work,voice":+351 22 1234567',
    "EMAIL;TYPE=INTERNET:rui@example.org",
    "ORG:Costa Lda;Sales",
    "TITLE:Buyer",
    "ADR;TYPE=HOME:;;Rua 1\\, 2;Porto;;4000;Portugal",
    "URL:https://x.example",
    "BDAY:1990-02-11",
    "PHOTO;ENCODING=b;TYPE=JPEG:" + "A" * 10_000,
)
ALL = (
    "[contact] Rui Costa, Costa Lda, Sales, Buyer, +49 151 00000902, +351 22 1234567 (work), "
    "rui@example.org, https://x.example, Rua 1, 2, Porto, 4000, Portugal, 1990-02-11"
)


@pytest.mark.parametrize("text", [FULL, FULL.replace("\n", "\r\n"), FULL.replace("END:VCARD", "")])
def test_all_that_stands_in_the_vcard_alone_is_shown(text: str) -> None:
    assert shown(text) == ALL


@pytest.mark.parametrize(
    ("vcard", "line"),
    [
        (card("FN:Only a vCard", "TEL:+49 30 7654321"), "Only a vCard, +49 30 7654321"),
        (
            card("N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg", version="2.1"),
            "Jörg Müller",
        ),
        (
            card("FN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:J=C3=B6rg =", "M=C3=BCller"),
            "Jörg Müller",
        ),
        (card("N;CHARSET=ISO-8859-1;QUOTED-PRINTABLE:M=FCller;J=F6rg"), "Jörg Müller"),
        (card("FN;CHARSET=unicode_escape;ENCODING=QUOTED-PRINTABLE:a=C3=A9"), "aé"),
        (card("TEL;CELL;VOICE:+491511234567", version="2.1"), "+491511234567 (cell)"),
        (card("TEL;VALUE=uri:tel:+49-151-1234567", version="4.0"), "+49-151-1234567"),
        (card("FN:A very", "  long na", " me"), "A very long name"),
        (card("FN:a\\, b\\nc\\\\d\\;e"), "a, b c\\d;e"),
        (card("NICKNAME:Bo", "EMAIL:bo@example.org"), "Bo, bo@example.org"),
        (card("FN:One") + "\n" + card("FN:Two"), "One"),
        *((broken, "without a name") for broken in ("", "no card", ":", ";;;:", None, 7, ["x"])),
        (card("FN:\u200b", "N:\u3164;;"), "without a name"),
        (card("FN without colon", 'TEL;TYPE="x:1', "EMAIL:a@b.example"), "a@b.example"),
        (card("FN:Half")[:24], "without a name"),
        ("FN:No begin\nTEL:+49 30 1234567", "No begin, +49 30 1234567"),
        (card("FN:x\x00y", "PHOTO;BASE64:@@@", "TEL;ENCODING=b:AAAA"), "xy"),
    ],
)
def test_cards_of_every_version_and_broken_ones(vcard: Any, line: str) -> None:
    assert shown(vcard) == f"[contact] {line}"


def test_what_both_tell_is_shown_once_and_metas_words_come_first() -> None:
    told = shown(
        card("FN:Another", "TEL:+49151 1234567", "TEL:+49 30 7654321", "EMAIL:RUI@example.org"),
        name={"formatted_name": "Rui"},
        phones=[{"phone": "+49 151 1234567", "type": "CELL"}],
        emails=[{"email": "rui@example.org"}],
    )
    assert told == "[contact] Rui, +49 151 1234567 (cell), +49 30 7654321, rui@example.org"


HOSTILE = [
    *("BEGIN:VCARD\n", ";", 'A;B="', "A;B;C;D", "TEL:1\n", "FN;QUOTED-PRINTABLE:a=\n", "\\", " \n"),
    *('A;B="x",', "A:\\;", "=\n", "a.b.c", '"', "N:;;;;\n", "TEL;TYPE=a,b,c:1\n ", "-"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_card_is_read_once_and_shows_little(text: str) -> None:
    found = shown(text * (200_000 // len(text)))
    assert found.startswith("[contact] ")
    assert len(found) < 4000


@given(st.lists(st.sampled_from([*'ATELFN;:="\\\n ,', "BEGIN:VCARD", "TEL:", "=\n", "é"])))
def test_no_card_raises(pieces: list[str]) -> None:
    read_vcard("".join(pieces))
    assert shown("".join(pieces)).startswith("[contact] ")
