from __future__ import annotations

import re

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from shared.transforms.outbound_text import (
    distinct,
    file_name,
    formatted,
    pieces,
    tail,
    within,
)
from shared.whatsapp.limits import size
from shared.wire.words import cleaned, visible
from tests.transforms.test_text import FAMILY, unicode


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("**now**", "*now*"),
        ("Please **reply now**, thanks", "Please *reply now*, thanks"),
        ("(**now**)", "(*now*)"),
        ("~~old~~ new", "~old~ new"),
        ("[our shop](https://acme.example/a)", "our shop: https://acme.example/a"),
        ("[https://acme.example](https://acme.example)", "https://acme.example"),
        *((same, same) for same in ("_so_", "*so*", "`so`", "***so***", "** so **", "****")),
        *((same, same) for same in ("2**3**4", "a ** b ** c", "__init__", "**open", "x**2 + y**2")),
        *((same, same) for same in ("~~", "~~ a ~~", "[a](b)", "[1]", "[a](javascript:x)")),
        ("https://x.example/**a**", "https://x.example/**a**"),
        ("**one\ntwo**", "**one\ntwo**"),
    ],
)
def test_only_formatting_that_can_mean_nothing_else_is_rewritten(said: str, shown: str) -> None:
    assert formatted(said) == shown


@given(unicode)
def test_text_without_pairs_of_marks_stays_as_it_is(text: str) -> None:
    plain = "".join(one for one in cleaned(text) if one not in "*~[<`")
    assert formatted(plain) == plain


URL = "https://x.example/a_b"
BARE = [
    *(
        "**{}**",
        "*{}*",
        "_{}_",
        "~{}~",
        "~~{}~~",
        "`{}`",
        "```{}```",
        "***{}***",
        "_*{}*_",
        "*_{}_*",
    ),
    *(
        "**_{}_**",
        "**<{}>**",
        "**[{}]({})**",
        "<{}>",
        "*{}",
        "[](<{}>)",
        "![]({})",
        "[![]({})]({})",
    ),
]


@pytest.mark.parametrize("written", BARE)
def test_no_mark_of_emphasis_touches_an_address(written: str) -> None:
    assert formatted(written.replace("{}", URL)) == URL
    assert formatted(f"a {written.replace('{}', URL)} b") == f"a {URL} b"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("**Pay here: {}**", "*Pay here:* {}"),
        ("**Pay here: {}.** Thanks", "*Pay here:* {}. Thanks"),
        ("**{} is the place**", "{} *is the place*"),
        ("**one {} two {}**", "*one* {} *two* {}"),
        ("_**see {}**_", "_*see*_ {}"),
        ("**[here]({})**", "*here:* {}"),
        ("[**here**]({})", "*here*: {}"),
        ("**see {} for more**", "*see {} for more*"),
        ("*see {} for more*", "*see {} for more*"),
        ("`curl {} -d`", "`curl {} -d`"),
        ("`curl {}`", "`curl` {}"),
        ("**one\n{}**", "**one\n{}"),
        ("* {}\n* {}", "* {}\n* {}"),
        ("{}_ and snake_case", "{}_ and snake_case"),
        ("_x_ {}_a_ _y_", "_x_ {}_a_ _y_"),
        ("**www.x.example**", "www.x.example"),
        ("**wa.me/4915100000101**", "wa.me/4915100000101"),
    ],
)
def test_marks_stay_around_the_words_beside_an_address(said: str, shown: str) -> None:
    assert formatted(said.replace("{}", URL)) == shown.replace("{}", URL)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        *(
            (said, "our shop: https://x.example/a")
            for said in (
                "[our shop](https://x.example/a)",
                "![our shop](https://x.example/a)",
                '[our shop](https://x.example/a "A title")',
                "[our shop](https://x.example/a 'A title')",
                "[our shop]( https://x.example/a (A title) )",
                "[our shop](<https://x.example/a>)",
                '[our\nshop](<https://x.example/a> "A title")',
                "[our shop:](https://x.example/a)",
                "[![our shop](https://x.example/a.png)](https://x.example/a)",
                "[our shop][1]\n[1]: https://x.example/a",
                '[our shop][]\n[Our  Shop]: <https://x.example/a> "A title"',
                "[our shop]\n  [our shop]: https://x.example/a 'A title'",
                "![our shop][1]\n[1]: https://x.example/a",
            )
        ),
        ("[wiki](https://x.example/Foo_(bar))", "wiki: https://x.example/Foo_(bar)"),
        ("[a](https://x.example/\\(b\\))", "a: https://x.example/(b)"),
        ("[a](https://x.example/?q=a&amp;b)", "a: https://x.example/?q=a&b"),
        ("[a](<https://x.example/a b>)", "a: https://x.example/a%20b"),
        ("[a [b] c](https://x.example/)", "a [b] c: https://x.example/"),
        ("[a [b](https://x.example) c](d)", "[a b: https://x.example c](d)"),
        ("see [a](https://x.example)now", "see a: https://x.example now"),
        ("see [a](https://x.example).", "see a: https://x.example."),
        ("[x.example](https://x.example/)", "https://x.example/"),
        ("[mail us](mailto:a@x.example)", "mail us: a@x.example"),
        ("[call us](tel:+49301234567)", "call us: +49301234567"),
        ("<a@x.example>", "a@x.example"),
        ("[1]: https://x.example/unused", "[1]: https://x.example/unused"),
        *((same, same) for same in ("\\[a](https://x.example)", "[a][b]", "`**a**`", "a < b > c")),
        *((same, same) for same in ("[a](/path)", "[a](data:x)", "[a](https://x.example", "[ ] x")),
    ],
)
def test_a_named_link_of_any_form_becomes_name_and_url(said: str, shown: str) -> None:
    assert formatted(said).strip() == shown


marks = st.lists(
    st.sampled_from(
        [*"*_~`[]()<>!\\ \n\"'a1:.", "https://x.example/a", "www.x.example", "[a](", "**"]
    )
)


@given(marks.map("".join))
def test_no_address_is_lost_whatever_stands_around_it(text: str) -> None:
    found = formatted(text)
    assert "\0" not in found
    assert "\1" not in found
    assert found.count("https://x.example") >= bool(re.search(r"(?<!\[)https://x\.example", text))


HOSTILE = [
    *("**", "**a", "~~a ", "[a](", "[a]((", "[", "[]", "](", "`", "`a", "```", "<a@", "www.", "a."),
    *("_https://x ", "*https://x*", "(https://x", "https://x", "[a](https://x.example)", "![a"),
    *('[a](https://x.example/ "', "[a]: x\n", "[[a](https://x.example)", "\\", "*a ", "_*~`"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_marks_are_read_once(text: str) -> None:
    assert formatted(text * (40_000 // len(text)))


@pytest.mark.parametrize("text", ["[" * 20_000 + "]" * 20_000, "[x]" * 10_000])
def test_hostile_references_are_read_once(text: str) -> None:
    assert formatted(f"{text}\n[x]: https://x.example")


letters = st.sampled_from(["\U0001d518", FAMILY, "e\u0301", "a", " "])
wild = st.one_of(unicode, st.lists(letters, max_size=60).map("".join))


@given(wild, st.integers(12, 80))
def test_a_cut_keeps_the_limit_whichever_way_it_is_counted(text: str, limit: int) -> None:
    found = within(text, limit)
    assert size(found) <= limit
    assert found == text or text.startswith(found.removesuffix("…"))


@given(wild, st.integers(12, 40))
def test_a_cut_never_parts_a_letter_that_fits(text: str, limit: int) -> None:
    letters = regex.findall(r"\X", text)
    found = within(text, limit)
    if found == text or any(size(letter) >= limit for letter in letters):
        return
    kept = found.removesuffix("…")
    borders = {match.end() for match in regex.finditer(r"\X", text)} | {0}
    assert len(kept) in borders or text[len(kept)].isspace()


@given(wild, st.integers(12, 40))
def test_pieces_keep_the_limit_and_hold_every_letter(text: str, limit: int) -> None:
    found = pieces(text, limit)
    assert all(visible(piece) and size(piece) <= limit for piece in found)
    assert "".join(filter(visible, "".join(found))) == "".join(filter(visible, text))


def test_a_text_that_fits_is_one_piece_and_few_emoji_cost_little() -> None:
    assert pieces("word " * 819, 4096) == ["word " * 819]
    assert len(pieces("word " * 1000 + FAMILY, 4096)) == 2


def test_what_is_too_long_for_a_body_goes_before_it() -> None:
    before, body = tail("word " * 900, 1024, 4096)
    assert len(before) == 1
    assert size(body) <= 1024
    assert "".join([*before, body]) == "word " * 900
    assert tail("short", 1024, 4096) == ([], "short")


@given(st.lists(wild.filter(visible), max_size=12))
def test_titles_are_told_apart_within_the_limit(titles: list[str]) -> None:
    found = list(distinct(titles, 20))
    assert len(set(found)) == len(found) == len(titles)
    assert all(size(title) <= 20 and visible(title) for title in found)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Currículum café.pdf", "Currículum café.pdf"),
        ("../../a/b.pdf", "_.._a_b.pdf"),
        ("C:\\temp\\a.doc", "C__temp_a.doc"),
        *((" . ", "file"), ("", "file"), (".pdf", "pdf"), ("\u202egpj.exe", "_gpj.exe")),
    ],
)
def test_a_files_name_is_no_path(name: str, shown: str) -> None:
    assert file_name(name) == shown


@given(wild)
def test_any_files_name_is_short_and_keeps_its_extension(name: str) -> None:
    found = file_name(f"{name * 20}x.docx")
    assert found.endswith(("x.docx", "….docx"))
    assert 0 < size(found) <= 240
    assert found.isprintable()


def test_of_very_many_brackets_the_first_are_read_and_all_are_shown() -> None:
    words = "[a](https://a.example) " + "[" * 30_000 + " [b](https://b.example)"
    assert formatted(words).startswith("a: https://a.example [[[")
    assert formatted(words).endswith("[ [b](https://b.example)")
