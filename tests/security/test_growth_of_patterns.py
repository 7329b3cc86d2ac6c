"""No regular expression of the product costs more than linear time, whatever it is given."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.expressions import Use, calls, compiled, pumps, sources, uses
from tests.growth import linear

ASKED_IN_BLOCKS = {
    # `\X` counts back through every row of flags; `letters` gives it 256 code points at once.
    "shared/transforms/text.py:_GRAPHEME.0",
}

USES = list(uses())


def texts(use: Use, pump: str, size: int) -> list[Any]:
    """A text of that size, and the same with an end that fits nothing."""
    text = pump * (size // len(pump))
    both = [text, f"{text}\x00"]
    return [one.encode(errors="replace") if _of_bytes(use) else one for one in both]


def _of_bytes(use: Use) -> bool:
    return isinstance(use.pattern.pattern, bytes)


def asked(use: Use, pump: str) -> Callable[[int], Callable[[], object]]:
    """Look for all matches, or whether the whole text is one."""
    pattern: Any = use.pattern

    def make(size: int) -> Callable[[], object]:
        given = texts(use, pump, size)

        def ask() -> None:
            for text in given:
                pattern.fullmatch(text)
                if not use.anchored:
                    for _ in pattern.finditer(text):
                        pass

        return ask

    return make


@pytest.mark.parametrize("use", USES, ids=lambda use: use.place)
def test_every_pattern_reads_a_text_once(use: Use) -> None:
    if use.place in ASKED_IN_BLOCKS:
        return
    bad = [pump for pump in pumps(use.pattern) if not linear(asked(use, pump))]
    assert bad == []


def test_no_pattern_is_left_out() -> None:
    written = {
        f"{path}:{name}" for path in sources() for name in compiled(path) if any(calls(path))
    }
    found = {use.place.rpartition(".")[0] for use in USES}
    assert len(found) == len(written) > 50
    assert {use.place for use in USES} >= ASKED_IN_BLOCKS
