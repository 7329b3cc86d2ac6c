"""Puts the blocks of a message and its own text together, in the order in which they are read."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from shared.transforms.outbound_blocks import Ask, Block, Enclosed, Filled, Words
from shared.transforms.outbound_text import joined
from shared.whatsapp import limits
from shared.whatsapp.build import CAPTIONED


def ordered(text: str | None, blocks: list[Block]) -> list[Block]:
    """The blocks with the message's own text where it belongs, neighbours of a kind joined."""
    return _merged(_with_text(text, _asked(blocks)))


def shows(blocks: list[Block]) -> bool:
    """Whether there is anything that the customer will see."""
    return any(isinstance(block, Filled | Words | Ask | Enclosed) for block in blocks)


def _asked(blocks: list[Block]) -> list[Block]:
    """Loose options that stand together become one question."""
    found: list[Block] = []
    for joins, run in groupby(blocks, key=lambda one: isinstance(one, Ask) and one.joins):
        first, *others = run
        if joins and isinstance(first, Ask):
            more = (choice for one in others if isinstance(one, Ask) for choice in one.choices)
            found.append(replace(first, choices=(*first.choices, *more)))
        else:
            found += [first, *others]
    return found


def _with_text(text: str | None, blocks: list[Block]) -> list[Block]:
    """The message's own text: the question of its options, a file's caption, else at the head."""
    if text is None:
        return blocks
    loose = (place for place, one in enumerate(blocks) if isinstance(one, Ask) and one.joins)
    place = next(loose, 0)
    block = blocks[place] if blocks else None
    if isinstance(block, Ask) and block.lead:
        same = block.question.strip() == text.strip()
        asked = replace(block, question=text if same else joined([text, block.question]))
        return [*blocks[:place], asked, *blocks[place + 1 :]]
    if isinstance(block, Enclosed) and _takes(block, text):
        return [replace(block, caption=text), *blocks[1:]]
    return [Words(text), *blocks]


def _takes(block: Enclosed, text: str) -> bool:
    free = block.file is not None and block.file.kind in CAPTIONED and block.caption is None
    return free and limits.size(text) <= limits.CAPTION


def _merged(blocks: list[Block]) -> list[Block]:
    """Words that follow each other are one text."""
    found: list[Block] = []
    for are_words, run in groupby(blocks, key=lambda one: isinstance(one, Words)):
        some = [*run]
        found += [Words(joined(one.words for one in some))] if are_words else some
    return found
