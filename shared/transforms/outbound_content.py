"""The content of a Genesys message in blocks, each in its place, and the pictures among them."""

from __future__ import annotations

from collections.abc import Mapping

from shared.genesys.payloads import OutboundMessage
from shared.transforms.outbound_blocks import Ask, Block, Enclosed, Refusal, Visit, placed
from shared.transforms.outbound_files import Linked, WaFile, file_in
from shared.transforms.outbound_order import ordered, shows
from shared.transforms.outbound_size import too_large
from shared.transforms.outbound_text import formatted
from shared.transforms.outbound_types import Element, blocks_of, content_type
from shared.whatsapp.interactive import Picture
from shared.wire.body import Json
from shared.wire.fields import readable


def blocks(
    message: OutboundMessage,
    files: Mapping[int, WaFile | Linked | Refusal],
    unfit: frozenset[str],
) -> tuple[list[Block], tuple[str, ...]]:
    """The message in blocks, its text where it belongs, and the kinds that gave nothing."""
    words = readable(message.text)
    found: list[Block] = []
    skipped: list[str] = []
    text, number = formatted(words) if words else None, 0
    for place, body in enumerate(content(message), start=1):
        number += bool(file_in(body))
        file = files.get(number) if file_in(body) else None
        made = blocks_of(Element(body, file, text, unfit))
        if content_type(body).casefold() == "notification" and shows(made):
            text = None  # it is the rendered template
        found += placed(place, made)
        if not made:
            skipped.append(content_type(body))
    return ordered(text, found), tuple(skipped)


def pictures(message: OutboundMessage, unfit: frozenset[str] = frozenset()) -> tuple[Picture, ...]:
    """What Meta is to fetch from links of cards, when these links are `unfit`.

    None of a message that is refused for its size.
    """
    if too_large(message):
        return ()
    found = map(picture_of, blocks(message, {}, unfit)[0])
    return tuple(dict.fromkeys(one for one in found if one is not None))


def picture_of(block: Block) -> Picture | None:
    """What a block has Meta fetch from a link."""
    if isinstance(block, Ask | Visit):
        return block.picture
    file = block.file if isinstance(block, Enclosed) else None
    if file is None or file.link is None:
        return None
    return Picture("video" if file.kind == "video" else "image", file.link)


def content(message: OutboundMessage) -> list[Json]:
    """The elements of the content; the seeds have a date picker beside them."""
    picker = message.date_picker
    return [*message.content, *([{"datePicker": picker}] if picker else [])]
