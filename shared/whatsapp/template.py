"""Composes the content of template messages, and makes parameters such as Meta takes them.

Rules: contracts/meta.md c.3. Whether a template has these parameters only Meta knows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from shared.whatsapp.build import media_content
from shared.whatsapp.media import MediaKind
from shared.wire.body import Json, PayloadError
from shared.wire.words import cleaned, visible

_NAME = re.compile(r"[a-z0-9_]{1,512}")
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2,3}))?")
_PARAMETER_NAME = re.compile(r"[a-z0-9_]+")

NOTHING = "-"
"""Stands for an empty parameter, which Meta refuses."""


def is_name(name: str) -> bool:
    """Whether a template can have this name."""
    return _NAME.fullmatch(name) is not None


def is_parameter_name(name: str) -> bool:
    """Whether a named parameter can have this name."""
    return _PARAMETER_NAME.fullmatch(name) is not None


def language_code(language: str | None) -> str | None:
    """The code as Meta writes it (`en_US`, also for `en-us`), or None for what is none."""
    found = _LANGUAGE.fullmatch(language or "")
    if found is None:
        return None
    country = found[2]
    return found[1].lower() + (f"_{country.upper()}" if country else "")


def clean(text: str | None) -> str:
    """Words for a parameter: on one line, no run of blanks, never without anything to see."""
    words = cleaned(text or "")
    return " ".join(words.split()) if visible(words) else NOTHING


def url_end(text: str) -> str:
    """What a button's link ends with: what a link cannot hold is percent-encoded, never left out.

    It may be a path, a query or an address of its own, so the signs of these stay, and so does
    what is encoded already.
    """
    return quote(_LONE_PERCENT.sub("%25", text.strip()), safe=_OF_LINKS, errors="replace")


_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_OF_LINKS = "!#$%&'()*+,/:;=?@[]~-._"


def is_coupon(code: str) -> bool:
    """Whether Meta takes it as the code of a button that copies one (contracts/portal.md a.2)."""
    return _COUPON.fullmatch(code) is not None


_COUPON = re.compile(r"[A-Za-z0-9]{1,15}")


def text_parameter(text: str, name: str | None = None) -> Json:
    """A parameter of text, with its name when the template has named ones."""
    return {"type": "text", **({"parameter_name": name} if name else {}), "text": text}


def media_parameter(
    kind: MediaKind, *, id_: str | None = None, link: str | None = None, filename: str | None = None
) -> Json:
    """The file of a header. What is neither image nor video goes as a document."""
    shown: MediaKind = kind if kind in ("image", "video") else "document"
    name = filename if shown == "document" else None
    return {"type": shown, shown: media_content(shown, id_=id_, link=link, filename=name)}


def component(kind: str, parameters: Sequence[Json]) -> Json:
    """A header or body with its parameters."""
    return {"type": kind, "parameters": list(parameters)}


def button(sub_type: str, index: int, parameter: Json) -> Json:
    """A button that takes a parameter, by its place among the template's buttons from 0."""
    return {
        "type": "button",
        "sub_type": sub_type,
        "index": str(index),
        "parameters": [parameter],
    }


def template_content(name: str, language: str, components: Sequence[Json]) -> Json:
    """Content of a template message; raises PayloadError when it cannot have name or language."""
    code = language_code(language)
    if not is_name(name) or code is None:
        raise PayloadError("a template has a name of a-z, 0-9 and _, and a language such as en_US")
    content: Json = {"name": name, "language": {"code": code}}
    return {**content, **({"components": list(components)} if components else {})}
