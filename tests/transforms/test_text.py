from __future__ import annotations

from itertools import pairwise

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from shared.transforms.text import cut, one_line, split
from shared.wire.words import visible

FAMILY = "👩\u200d👩\u200d👧\u200d👦"
unicode = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from(
            ["\u200d", "\ufe0f", "\u0301", "👩", "🇩", "🇪", "🏽", "\u202e", " ", "\r", "\n", "क", "्"]
        ),
    ),
    max_size=120,
)


def test_short_text_is_one_piece_as_it_stands() -> None:
    assert split("  hi \n", 4000) == ["  hi \n"]


def test_blank_text_is_no_piece() -> None:
    assert split("", 10) == split(" \n\t" * 20, 10) == []


def test_a_piece_ends_after_a_word() -> None:
    assert split("one two three four", 10) == ["one two ", "three four"]


def test_a_long_word_is_cut_where_it_must() -> None:
    assert split("a " + "b" * 12, 10) == ["a bbbbbbbb", "bbbb"]


def test_a_family_is_never_parted() -> None:
    assert split(FAMILY * 3, 10) == [FAMILY] * 3
    assert split("🇩🇪" * 3, 3) == ["🇩🇪"] * 3


def test_a_letter_longer_than_the_limit_is_cut_all_the_same() -> None:
    pieces = split("a" + "\u0301" * 25, 10)
    assert [len(piece) for piece in pieces] == [10, 10, 6]


def test_4096_characters_become_two_for_genesys() -> None:
    text = "word " * 819 + "x"
    assert len(text) == 4096
    assert [len(piece) for piece in split(text, 4000)] == [4000, 96]


def test_cut_keeps_letters_whole_and_says_that_more_was_there() -> None:
    assert cut("short", 5) == "short"
    assert cut("exactly", 5) == "exac…"
    assert cut("ab" + FAMILY, 8) == "ab…"
    assert one_line("two\n  lines\there", 40) == "two lines here"


@given(unicode, st.integers(12, 40))
def test_pieces_join_to_the_text_and_keep_the_limit(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(visible(piece) and len(piece) <= limit for piece in pieces)
    assert "".join(filter(visible, "".join(pieces))) == "".join(filter(visible, text))


@given(unicode, st.integers(12, 40))
def test_a_piece_never_ends_inside_a_grapheme_that_fits(text: str, limit: int) -> None:
    ends = {match.end() for match in regex.finditer(r"\X", text)}
    graphemes = regex.findall(r"\X", text)
    pieces = split(text, limit)
    if any(len(one) > limit for one in graphemes) or "".join(pieces) != text:
        return
    borders = [len("".join(pieces[:count])) for count in range(1, len(pieces))]
    assert set(borders) <= ends


@given(unicode, st.integers(2, 40))
def test_a_cut_keeps_the_limit(text: str, limit: int) -> None:
    found = cut(text, limit)
    assert len(found) <= limit
    assert found == text or text.startswith(found.removesuffix("…"))


@pytest.mark.parametrize("limit", [4000, 4096])
def test_a_long_text_of_any_script_is_split_in_time(limit: int) -> None:
    text = ("नमस्ते " + FAMILY + " ") * 3_000
    assert "".join(split(text, limit)) == text


@given(
    st.text(st.sampled_from("ab \t\r\n\x1c.é\u0301"), max_size=60),
    st.integers(min_value=1, max_value=12),
)
def test_pieces_of_any_script_end_at_the_same_borders(text: str, limit: int) -> None:
    """Plain letters are cut without looking at each: the borders are those of all letters."""
    pieces, start = [], 0
    while start < len(text):
        end = _end_of_piece(text, start, limit)
        pieces.append(text[start:end])
        start = end
    assert split(text, limit) == [piece for piece in pieces if visible(piece)]


def _end_of_piece(text: str, start: int, limit: int) -> int:
    if len(text) - start <= limit:
        return len(text)
    behind = [start + match.end() for match in regex.finditer(r"\X", text[start:])]
    fit = [end for end in behind if end - start <= limit]
    if not fit:
        return start + limit
    borders = [start, *fit]
    spaces = [end for before, end in pairwise(borders) if text[before:end].isspace()]
    last_space = max(spaces, default=start)
    return last_space if last_space - start > limit // 2 else fit[-1]
