"""What of an agent's message goes again, once Meta says later that it can not use a file of it.

The body is cut to what that one part showed, so that nothing that arrived is said twice. A card's
picture is a line that opens it; a file stays one, to be sent in another form.
"""

from __future__ import annotations

import re

from shared.genesys.payloads import OutboundMessage, read
from shared.transforms.outbound_blocks import Ask, Block, BlockPlace, Enclosed, Visit
from shared.transforms.outbound_content import blocks, content, picture_of
from shared.transforms.outbound_files import WaFile, attachments, file_in
from shared.transforms.outbound_size import too_large
from shared.transforms.outbound_text import joined, tail
from shared.transforms.parts import ShownFile
from shared.whatsapp import limits
from shared.wire.body import Json

_ID = re.compile(r"(?P<id>.+)#again(?P<part>[1-9]\d{0,3})", re.DOTALL | re.ASCII)
# As an attachment stood in what was sent: it takes a caption, since the part tells of any.
_SENT = WaFile("image", "image/jpeg", id="sent")


def again_id(source_id: str, part: int) -> str:
    """The id of what goes again of a message: one a part."""
    return f"{source_id}#again{part}"


def again_of(source_id: str) -> tuple[str, int] | None:
    """The message and its part that `again_id` made this id from; None for any other id."""
    found = _ID.fullmatch(source_id)
    return None if found is None else (found["id"], int(found["part"]))


def original_id(source_id: str) -> str:
    """Genesys' own id of a message, which is all that Genesys knows."""
    again = again_of(source_id)
    return source_id if again is None else again[0]


def again(body: Json, shown: ShownFile) -> Json | None:
    """The webhook's body as what its part showed; None where nothing stands, or too much."""
    message = read(body)
    if too_large(message):
        return None
    block = _at(message, shown)
    rest = {name: value for name, value in body.items() if name not in _REPLACED}
    if isinstance(block, Ask | Visit) and block.picture is not None and shown.worded:
        card = {"contentType": "Card", "card": _card(block, block.picture.link)}
        return {**rest, "type": "Structured", "content": [card]}
    caption = block.caption if isinstance(block, Enclosed) and shown.worded else None
    if isinstance(block, Enclosed) and block.file is _SENT:
        file = {**file_in(content(message)[shown.element - 1]), "text": caption}
        element = {"contentType": "Attachment", "attachment": file}
        return {**rest, "type": "Text", "content": [element]}
    links = _links(message, shown)
    text = joined([caption, *(links[:1] if shown.worded else links)])
    return {**rest, "type": "Text", "text": text} if links else None


_REPLACED = ("type", "text", "content", "datePicker")


def _at(
    message: OutboundMessage, shown: ShownFile, unfit: frozenset[str] = frozenset()
) -> Block | None:
    """The block that stood there, as far as it can show a file."""
    files = {one.number: _SENT for one in attachments(message)}
    place = BlockPlace(shown.element, shown.block)
    for block in blocks(message, files, unfit)[0]:
        if isinstance(block, Enclosed | Ask | Visit) and block.place == place:
            return block
    return None


def _links(message: OutboundMessage, shown: ShownFile) -> list[str]:
    """The block's picture, and what stands in its place where Meta would not show it."""
    found: list[str] = []
    while (block := _at(message, shown, frozenset(found))) is not None:
        picture = picture_of(block)
        if picture is None or picture.link in found:
            break
        found.append(picture.link)
    return found


def _card(block: Ask | Visit, link: str) -> Json:
    """A card of the block's last words, which stood with its options; those before them arrived."""
    words = block.question if isinstance(block, Ask) else block.body
    _, last = tail(words, limits.BODY, limits.TEXT)
    return {"description": joined([last, link]), "actions": _actions(block)}


def _actions(block: Ask | Visit) -> list[Json]:
    if isinstance(block, Visit):
        return [{"type": "Link", "text": block.label, "url": block.url}]
    options = [choice.option for choice in block.choices]
    return [{"type": "Postback", "text": one.text, "payload": one.payload} for one in options]
