"""Template responses: the approved template when the body names one, else the words it holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from shared.transforms.outbound_blocks import (
    NO_FILE_ADDRESS,
    Ask,
    Block,
    Choice,
    Enclosed,
    Filled,
    Lost,
    Option,
    Refusal,
    TemplateButton,
    Words,
)
from shared.transforms.outbound_files import Linked, WaFile, file_in
from shared.transforms.outbound_text import formatted, joined, within
from shared.whatsapp import limits
from shared.whatsapp.limits import is_link, size
from shared.whatsapp.media import MediaKind
from shared.whatsapp.template import (
    clean,
    component,
    is_coupon,
    is_name,
    is_parameter_name,
    language_code,
    media_parameter,
    text_parameter,
    url_end,
)
from shared.wire.body import Json
from shared.wire.fields import first_readable, number, obj, objects, readable, text
from shared.wire.sizes import TEXT

CANNED = "cannedresponse"
"""The namespace of texts that Genesys keeps itself, no templates of Meta's."""

LAST_BUTTON = 9
NO_HEADER = Refusal(
    "MediaTypeNotAllowed",
    "WhatsApp does not take the template's file: only the words were sent. Use a JPEG or PNG "
    "picture, an MP4 film or a PDF.",
)

NO_COUPON = Refusal(
    "InvalidMessageStructure",
    "A coupon code has 1 to 15 letters and digits, and nothing else. Correct it, and send the "
    "template again.",
)
LONG_LINK = Refusal(
    "InvalidMessageStructure",
    "The link of the template's button is too long. Shorten it, and send the template again.",
)
LONG = Refusal(
    "InvalidMessageStructure",
    "The words of the template are far too long, so nothing was sent. Shorten what is put into it, "
    "and send the template again.",
)
CUT = Refusal(
    "InvalidMessageStructure",
    "The template was sent, but its words were too long and their end was cut. Send the rest once "
    "the customer has answered.",
)


def notification(
    template: Json, file: WaFile | Linked | Refusal | None, rendered: str | None
) -> list[Block]:
    """The blocks of a template. `rendered` is the message's own text: how the template reads."""
    own = _words(template) if not rendered else ""
    if len(own) > TEXT:
        return [Lost(LONG)]
    return _blocks(template, file, rendered or formatted(own))


def _blocks(template: Json, file: WaFile | Linked | Refusal | None, words: str) -> list[Block]:
    name, language = _name(text(template.get("id"))), language_code(text(template.get("language")))
    shown = file_in({"template": template})
    if file is None and not shown and objects(obj(template.get("header")).get("media")):
        file = NO_FILE_ADDRESS
    if isinstance(file, Refusal):
        return [Lost(file), *_plain(template, words)]
    if isinstance(file, Linked):
        if name is not None and language is not None:  # its header holds a file, or nothing goes
            return [Lost(NO_HEADER), *_plain(template, words)]
        linked = {**shown, "url": file.url, "filename": file.filename}
        return _under(_enclosed(None, linked), _plain(template, words))
    if name is None or language is None:
        return _under(_enclosed(file, shown), _plain(template, words))
    header = _media(file, shown) or _texts(template, "header", limits.TEMPLATE_HEADER)
    body = _texts(template, "body", limits.TEMPLATE_BODY)
    parts = (("header", header), ("body", body))
    components = tuple(component(kind, made) for kind, made in parts if made)
    buttons = list(_buttons(template))
    refused = [Lost(one) for one in buttons if isinstance(one, Refusal)]
    if refused:
        return [*refused]
    made = tuple(one for one in buttons if isinstance(one, TemplateButton))
    cut = [Lost(CUT)] * (_shortened(template, "body") or _shortened(template, "header"))
    return [Filled(name, language, components, made, words or f"[{name}]"), *cut]


def _name(id_: str | None) -> str | None:
    """The name in `namespace@name`."""
    namespace, _, name = (id_ or "").rpartition("@")
    known = bool(namespace) and namespace.casefold() != CANNED
    return name if known and is_name(name) else None


def _words(template: Json) -> str:
    return joined(_filled(obj(template.get(part))) for part in ("header", "body", "footer"))


def _filled(part: Json) -> str | None:
    """The part's text with `{{name}}`, or `{{1}}` for parameters without names, put in once.

    What a parameter itself holds is no place for another one, or a few could fill any memory.
    """
    said = text(part.get("text"))
    values: dict[str, str] = {}
    for place, parameter in enumerate(objects(part.get("parameters")), start=1):
        name = text(parameter.get("name")) or str(place)
        values.setdefault(name, text(parameter.get("text")) or "")
    return said and _put_in(said, values)


def _put_in(said: str, values: dict[str, str]) -> str:
    """The text with the values in their places; no further than what is too long anyhow."""
    pieces, room, at = [], TEXT, 0
    for found in _PLACE.finditer(said):
        pieces += [said[at : found.start()], values.get(found[1], found[0])]
        at = found.end()
        room -= len(pieces[-1])
        if room < 0:
            break
    return "".join([*pieces, said[at:]])


_PLACE = re.compile(r"\{\{([^{}]*+)\}\}")


def _texts(template: Json, part: str, limit: int) -> list[Json]:
    """The parameters of a part: named when all have names, else in their order."""
    found = obj(template.get(part))
    given = objects(found.get("parameters"))
    names = [text(one.get("name")) or "" for one in given]
    if given and all(name.isascii() and name.isdecimal() and len(name) < 4 for name in names):  # noqa: PLR2004
        given = sorted(given, key=lambda one: int(text(one.get("name")) or 0))
    named = all(is_parameter_name(name) and not name.isdecimal() for name in names)
    named = named and len(set(names)) == len(names)
    values = _within([clean(text(one.get("text"))) for one in given], found, limit)
    return [
        text_parameter(value, text(one.get("name")) if named else None)
        for value, one in zip(values, given, strict=True)
    ]


def _shortened(template: Json, part: str) -> bool:
    """Whether anything of a part's words was cut to fit."""
    limit = limits.TEMPLATE_HEADER if part == "header" else limits.TEMPLATE_BODY
    found = obj(template.get(part))
    given = [clean(text(one.get("text"))) for one in objects(found.get("parameters"))]
    return _within(given, found, limit) != given


def _within(values: list[str], part: Json, limit: int) -> list[str]:
    """The values, the longest cut until the part keeps its limit as far as its text is known."""
    found = [within(value, limit) for value in values]
    sizes = [size(value) for value in found]
    excess = size(text(part.get("text")) or "") + sum(sizes) - limit
    for place in sorted(range(len(found)), key=lambda place: -sizes[place]):
        kept = max(_SHORTEST, sizes[place] - excess)
        if excess <= 0 or kept >= sizes[place]:
            break
        found[place] = within(found[place], kept)
        excess -= sizes[place] - size(found[place])
    return found


_SHORTEST = 8


def _media(file: WaFile | None, shown: Json) -> list[Json]:
    """The header's file: as it was fetched, else by its own link."""
    if file is not None:
        return [media_parameter(file.kind, id_=file.id, link=file.link, filename=file.filename)]
    link = text(shown.get("url"))
    if link is None or not is_link(link):
        return []
    return [media_parameter(_KINDS.get(text(shown.get("mediaType")) or "", "document"), link=link)]


_KINDS: dict[str, MediaKind] = {"Image": "image", "Video": "video"}


def _buttons(template: Json) -> Iterator[TemplateButton | Refusal]:
    """The buttons that take a parameter, or why one cannot; the others are the template's own."""
    taken: set[int] = set()
    for place, one in enumerate(objects(template.get("buttons"))):
        found = number(one.get("index"))
        index = int(found) if found is not None and 0 <= found <= LAST_BUTTON else place
        made = _button(one, index) if index <= LAST_BUTTON and index not in taken else None
        if made is not None:
            taken.add(index)
            yield made


def _button(one: Json, index: int) -> TemplateButton | Refusal | None:
    kind = _BUTTONS.get((text(one.get("type")) or "").replace("_", "").casefold())
    label, payload = readable(one.get("text")), text(one.get("payload"))
    if kind == "quick_reply" and payload:
        return TemplateButton(index, kind, payload, Option(label or payload, payload, "Button"))
    values = (readable(each.get("text")) for each in objects(one.get("parameters")))
    value = next((each for each in values if each), None)
    if kind == "url" and value:
        end = url_end(_end_of(one, value))
        return TemplateButton(index, kind, end) if len(end) <= limits.LINK_URL else LONG_LINK
    if kind == "copy_code" and value:
        code = value.strip()
        return TemplateButton(index, kind, code) if is_coupon(code) else NO_COUPON
    return None


def _end_of(one: Json, value: str) -> str:
    """What the template's own link lacks, also where the whole link was given."""
    begins = (text(one.get("url")) or "").partition("{{")[0]
    return value.strip().removeprefix(begins)


_BUTTONS: dict[str, Literal["quick_reply", "url", "copy_code"]] = {
    "quickreply": "quick_reply",
    "url": "url",
    "copycode": "copy_code",
}


def _enclosed(file: WaFile | None, shown: Json) -> Enclosed | None:
    """The header's file as one of its own."""
    url = text(shown.get("url"))
    if url is None:
        return None
    label = (text(shown.get("mediaType")) or "file").lower()
    return Enclosed(file, label, text(shown.get("filename")), url)


def _under(file: Enclosed | None, blocks: list[Block]) -> list[Block]:
    """The words under the file: as its caption when there is nothing else."""
    if file is None:
        return blocks
    match blocks:
        case [Words(words)] if file.file is not None:
            return [replace(file, caption=words)]
    return [file, *blocks]


def _plain(template: Json, words: str) -> list[Block]:
    """The words, with what buttons can be shown without the template."""
    buttons = objects(template.get("buttons"))
    held = {one.strip(_AROUND) for one in words.split()}
    links = [line for one in buttons if (line := _link_line(one, held))]
    words = joined([words, *links])
    replies = tuple(
        Choice(Option(label, text(one.get("payload")) or label, "Button"))
        for one in buttons
        if (text(one.get("type")) or "").casefold() == "quickreply"
        and (label := readable(one.get("text")))
    )
    if replies:
        return [Ask(words, replies, lead=False)]
    return [Words(words)] if words else []


def _link_line(one: Json, held: set[str]) -> str | None:
    """A button's link as a line, unless the words hold it already."""
    label, url = readable(one.get("text")), first_readable(one, "url", "phoneNumber")
    if not url or held.issuperset(url.split()):
        return None
    return ": ".join(said for said in (label, url) if said)


_AROUND = ".,;:!?()[]<>*_~`\"'"
"""What may stand around an address in words."""
