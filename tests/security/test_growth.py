"""Nothing that strangers, tenants or providers send costs more than linear time."""

import contextlib
from collections.abc import Callable

import pytest

from shared.messaging.answers import safe_detail
from shared.transforms.outbound_templates import notification
from shared.transforms.outbound_text import distinct, formatted, pieces, within
from shared.transforms.text import cut, one_line, split
from shared.transforms.vcard import read_vcard
from shared.wire.body import PayloadError, loads
from tests.expressions import LETTERS
from tests.growth import Make, linear

WORDS = (
    *("a", "@", "a@", "a.@", "value [", "'a ", '"a ', "https:/"),
    *("+1 ", "1", "-", "aa1 ", "x@y. "),
)


@pytest.mark.parametrize("pump", WORDS)
def test_a_providers_words_are_read_once(pump: str) -> None:
    assert linear(lambda size: lambda: safe_detail(pump * (size // len(pump))))


@pytest.mark.parametrize("values", [("a{}", "a"), ("aaa{}", "a"), ("{}", "1"), ("v{} ", "v1 v2 ")])
def test_many_values_that_were_sent_are_looked_for_in_linear_time(values: tuple[str, str]) -> None:
    written, pump = values

    def make(size: int) -> Callable[[], object]:
        private = [written.format(number) for number in range(size // 8)]
        return lambda: safe_detail(pump * size, private)

    assert linear(make)


@pytest.mark.parametrize("pump", ["a", "ab", "é", " a"])
def test_long_values_that_were_sent_are_looked_for_in_linear_time(pump: str) -> None:
    def make(size: int) -> Callable[[], object]:
        private = [pump * size, "b" + pump * size, pump * size + "b"]
        return lambda: safe_detail(pump * size * 2, private)

    assert linear(make)


CUTS: dict[str, Callable[[str], object]] = {
    "split": lambda text: split(text, 4000),
    "pieces": lambda text: pieces(text, 4096),
    "small pieces": lambda text: pieces(text, 160),
    "cut": lambda text: cut(text, 4000),
    "within": lambda text: within(text, 1024),
    "one_line": lambda text: one_line(text, 1000),
    "formatted": formatted,
    "titles": lambda text: list(distinct([text] * 20, 20)),
}


@pytest.mark.parametrize("name", CUTS)
def test_a_text_is_cut_and_formatted_in_linear_time(name: str) -> None:
    work = CUTS[name]

    def make(pump: str) -> Make:
        return lambda size: lambda: work(pump * (size // len(pump)))

    bad = [
        pump
        for pump in (*LETTERS, "word ", "a\u0301", "\r\n", "क्", "[a](", "**a**", "_https://x ")
        if not linear(make(pump), first=1024)
    ]
    assert bad == []


@pytest.mark.parametrize(
    "titles",
    [
        lambda size: ["a"] * size,
        lambda size: [f"a ({number})" for number in range(size)] + ["a"] * size,
        lambda size: [f"{'a' * 30}{number}" for number in range(size)] * 2,
        lambda size: [f"aaaaaaaaaaaaaaaaa{number:03}" for number in range(size)] * 2,
    ],
)
def test_titles_are_told_apart_in_linear_time(titles: Callable[[int], list[str]]) -> None:
    def make(size: int) -> Callable[[], object]:
        given = titles(size // 8)
        return lambda: list(distinct(given, 20))

    assert linear(make)


def template(**parts: object) -> Callable[[], object]:
    """Its blocks alone: the sizes of a whole message are limited before (shared/wire/sizes.py)."""
    return lambda: notification({"id": "n@t", "language": "de", **parts}, None, None)


TEMPLATES: dict[str, Callable[[int], Callable[[], object]]] = {
    "parameters": lambda size: template(
        body={"text": "t", "parameters": [{"text": "123456789"}] * (size // 16)}
    ),
    "parameters of every length": lambda size: template(
        body={"text": "t", "parameters": [{"text": "x" * n} for n in range(size // 256)]}
    ),
    "long parameters": lambda size: template(
        body={"text": "t", "parameters": [{"text": "x" * size}] * 4}
    ),
    "places": lambda size: template(
        body={"text": "{{1}}" * (size // 8), "parameters": [{"text": "x"}] * (size // 8)}
    ),
    "places in parameters": lambda size: template(
        body={
            "text": "{{1}}",
            "parameters": [{"text": f"{{{{{n + 2}}}}}" * 2} for n in range(size // 64)],
        }
    ),
    "long parameters in many places": lambda size: template(
        body={"text": "{{1}}" * size, "parameters": [{"text": "x" * size}]}
    ),
    "words beside parameters": lambda size: template(
        body={"text": "w " * size, "parameters": [{"text": "x"}] * (size // 8)}
    ),
    "words beside buttons": lambda size: template(
        id="t",
        body={"text": "a" * (size // 2)},
        buttons=[{"type": "url", "text": "aaaaab", "url": "a" * 90}] * (size // 64),
    ),
    "buttons": lambda size: template(buttons=[{"type": "QuickReply", "text": "a"}] * (size // 8)),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_made_in_linear_time(name: str) -> None:
    assert linear(TEMPLATES[name])


CARDS: dict[str, Callable[[int], str]] = {
    "parts": lambda size: "N:" + "a" * size + "\\",
    "quotes": lambda size: 'TEL;a="' + '"a' * (size // 2) + ":1",
    "parameters": lambda size: "TEL" + ";a" * (size // 2),
    "properties": lambda size: "a:b\n" * (size // 4),
    "soft breaks": lambda size: (
        "N;" + "a" * (size // 2) + ";QUOTED-PRINTABLE:=" + "\n=" * (size // 4)
    ),
    "folded": lambda size: "N:a" + "\n a" * (size // 3),
    "soft": lambda size: "N;QUOTED-PRINTABLE:" + "=41" * (size // 3),
}


@pytest.mark.parametrize("name", CARDS)
def test_a_contacts_card_is_read_once(name: str) -> None:
    def make(size: int) -> Callable[[], object]:
        card = CARDS[name](size)
        return lambda: read_vcard(card)

    assert linear(make)


BODIES: dict[str, Callable[[int], str]] = {
    "escapes": lambda size: '{"a":"' + "\\n" * (size // 2),
    "halves": lambda size: '{"a":"' + "\\ud83d" * (size // 6) + '"}',
    "backslashes": lambda size: '{"a":"' + "\\\\" * (size // 2) + "\\ud83d",
    "quotes": lambda size: '{"a":"' + '\\"' * (size // 2) + '"}',
    "deep": lambda size: '{"a":[' + "[" * 60 + "]" * 60 + ",1]" * (size // 400) + "}",
    "flat": lambda size: '{"a":[' + ",".join(["{}"] * (size // 3)) + "]}",
    "open": lambda size: '{"a":' + "[" * size,
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_read_once(name: str) -> None:
    def make(size: int) -> Callable[[], object]:
        raw = BODIES[name](size).encode()

        def ask() -> None:
            with contextlib.suppress(PayloadError):
                loads(raw)

        return ask

    assert linear(make, most=1 << 20)
