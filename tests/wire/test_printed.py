"""What is printed can not act on a terminal, whoever wrote it."""

import unicodedata

import pytest

from shared.wire.printed import is_printable, shown

HOSTILE = ["\x1b]0;title\x07", "a\nb", "\r", "\x7f", "\x9b31m", "\u202egpj.exe", "\u2066", "\ud83d"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_acts_on_a_terminal_is_an_escape(text: str) -> None:
    assert not is_printable(text)
    assert is_printable(shown(text))
    assert shown(text).isprintable()


@pytest.mark.parametrize(
    "text", ["", "São Paulo 😟", "مرحبا", "👩‍👩‍👧", "a\u00a0b", "tab-less; \\u001b"]
)
def test_what_people_write_stays(text: str) -> None:
    assert is_printable(text)
    assert shown(text) == text


def test_no_control_and_no_mark_of_direction_of_unicode_is_missed() -> None:
    bidi = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    acting = [
        sign
        for sign in map(chr, range(0x110000))
        if unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")
        or unicodedata.bidirectional(sign) in bidi
    ]
    assert len(acting) > 2000
    assert [sign for sign in acting if is_printable(sign)] == []
