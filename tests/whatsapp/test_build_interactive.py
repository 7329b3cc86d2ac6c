from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.whatsapp.build import message
from shared.whatsapp.interactive import Picture, Row, Section, buttons, link_button, menu
from shared.wire.body import PayloadError
from tests.wire.schemas import SEND, faults

URL = "https://acme.example/1"


def rows(count: int) -> tuple[Row, ...]:
    return tuple(Row(f"id-{number}", f"Title {number}") for number in range(count))


@pytest.mark.parametrize(
    "content",
    [
        buttons("Q", rows(3), header=Picture("image", URL)),
        buttons("Q" * 1024, [Row("i" * 200, "t" * 20)], header=Picture("video", URL)),
        menu("Q", "Open", [Section(None, rows(10))]),
        menu("Q", "O" * 20, [Section("A" * 24, rows(4)), Section("B", (Row("x", "y", "d" * 72),))]),
        link_button("Q", "L" * 20, URL, header=Picture("image", URL)),
    ],
)
def test_every_form_is_a_good_body(content: dict[str, Any]) -> None:
    assert faults(SEND, message("15550001111", "interactive", content)) == []


REFUSED: dict[str, Callable[[], dict[str, Any]]] = {
    "no button": lambda: buttons("Q", []),
    "four buttons": lambda: buttons("Q", rows(4)),
    "equal ids": lambda: buttons("Q", [Row("a", "A"), Row("a", "B")]),
    "equal titles": lambda: buttons("Q", [Row("a", "A"), Row("b", "A")]),
    "a long title": lambda: buttons("Q", [Row("a", "A" * 21)]),
    "a blank title": lambda: buttons("Q", [Row("a", " ")]),
    "a long id": lambda: buttons("Q", [Row("a" * 201, "A")]),
    "an id with a blank at its end": lambda: buttons("Q", [Row("a ", "A")]),
    "a blank body": lambda: buttons(" ", rows(1)),
    "a long body": lambda: buttons("Q" * 1025, rows(1)),
    "a header that is no link": lambda: buttons("Q", rows(1), header=Picture("image", "x.png")),
    "an empty list": lambda: menu("Q", "Open", []),
    "an empty section": lambda: menu("Q", "Open", [Section("A", ()), Section("B", rows(1))]),
    "eleven rows": lambda: menu("Q", "Open", [Section("A", rows(10)), Section("B", rows(1))]),
    "eleven rows in one": lambda: menu("Q", "Open", [Section("A", rows(11))]),
    "a section without a title": lambda: menu(
        "Q", "Open", [Section(None, rows(1)), Section("B", (Row("x", "y"),))]
    ),
    "a long section title": lambda: menu("Q", "Open", [Section("A" * 25, rows(1))]),
    "a long row title": lambda: menu("Q", "Open", [Section(None, (Row("a", "A" * 25),))]),
    "a long detail": lambda: menu("Q", "Open", [Section(None, (Row("a", "A", "d" * 73),))]),
    "no label": lambda: menu("Q", "", [Section(None, rows(1))]),
    "a long label": lambda: menu("Q", "O" * 21, [Section(None, rows(1))]),
    "a link's long label": lambda: link_button("Q", "L" * 21, URL),
    "a link that is none": lambda: link_button("Q", "L", "acme.example"),
    "a long link": lambda: link_button("Q", "L", URL + "a" * 2000),
}


@pytest.mark.parametrize("compose", REFUSED.values(), ids=list(REFUSED))
def test_what_meta_would_refuse_is_refused_here(compose: Callable[[], dict[str, Any]]) -> None:
    with pytest.raises(PayloadError, match="not an interactive message"):
        compose()
