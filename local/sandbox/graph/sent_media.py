"""Files in what is sent: an id must be the number's own and fit, a link is fetched (meta (d))."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from local.sandbox.graph.errors import Refused, refusal
from local.sandbox.graph.media_rules import CAPS, unfit
from local.sandbox.room.fetcher import Fetched
from local.sandbox.room.house import House
from local.sandbox.room.limits import Bounded
from local.sandbox.room.setup import PhoneNumber

KINDS = frozenset({"image", "video", "audio", "document", "sticker"})
UPLOAD_FAILED = 131053


class Ref(NamedTuple):
    """A media object in a send: its kind, where it stands, and itself."""

    kind: str
    param: str
    part: dict[str, Any]


def refs(body: dict[str, Any]) -> list[Ref]:
    """Every media object of a schema-clean send."""
    kind = body.get("type", "text")
    if kind in KINDS:
        return [Ref(kind, kind, body[kind])]
    if kind in {"interactive", "template"}:
        return list(_inside(body[kind], kind))
    return []


def _inside(node: Any, path: str) -> Iterator[Ref]:
    if isinstance(node, list):
        for n, item in enumerate(node):
            yield from _inside(item, f"{path}[{n}]")
    elif isinstance(node, dict):
        for name, part in node.items():
            if name in KINDS and isinstance(part, dict) and ("id" in part or "link" in part):
                yield Ref(name, f"{path}['{name}']", part)
            else:
                yield from _inside(part, f"{path}['{name}']")


@dataclass(slots=True)
class SentMedia:
    """Judges the files of sends."""

    house: House
    cache: Bounded[tuple[float, Fetched]] = field(default_factory=lambda: Bounded(1000))

    def by_id(self, number: PhoneNumber, found: list[Ref]) -> tuple[list[dict[str, Any]], str]:
        """Answer what the customer gets of the files that are here, and what is wrong, or "".

        Raises `Refused` for an id that is not the number's.
        """
        files, wrong = [], ""
        graph = self.house.settings.graph
        for ref in (r for r in found if "id" in r.part):
            file = self.house.files.find(ref.part["id"], number.phone_number_id)
            if file is None:
                words = (
                    f"(#100) Param {ref.param}['id'] is not a valid whatsapp business account"
                    " media attachment ID"
                )
                raise Refused(refusal(100, message=words))
            voice = bool(ref.part.get("voice"))
            details = unfit(ref.kind, file.mime, file.size, file.head, graph, voice=voice)
            wrong = wrong or details or ""
            files.append(_told(ref, file.mime, file.size, file.sha256))
        if wrong and graph.media_verdict == "at_once":
            raise Refused(refusal(UPLOAD_FAILED, details=wrong))
        return files, wrong

    async def by_link(self, found: list[Ref], files: list[dict[str, Any]]) -> str:
        """Fetch what has a link and add it to `files`; answers what is wrong, or ""."""
        wrong = ""
        for ref in (r for r in found if "link" in r.part):
            got = await self._fetched(ref)
            details = self._judged(ref, got)
            wrong = wrong or details or ""
            if not details:
                files.append(_told(ref, str(got.mime), got.size, str(got.sha256)))
        return wrong

    async def _fetched(self, ref: Ref) -> Fetched:
        link, seconds = ref.part["link"], self.house.settings.graph.link_cache_s
        at, known = self.cache.get(link, (0.0, None))
        if known is not None and time.monotonic() - at < seconds:
            return known
        got = await self.house.fetcher.fetch(link, CAPS[ref.kind])
        if seconds and got.error is None:
            self.cache.keep(link, (time.monotonic(), got))
        return got

    def _judged(self, ref: Ref, got: Fetched) -> str | None:
        if got.status is not None and 300 <= got.status < 400:  # noqa: PLR2004 - redirects are not followed
            return f"Unsupported {ref.kind.title()} mime type text/html."
        if got.error is not None:
            return f"Downloading media from weblink failed with {got.error}"
        if got.mime is None:
            return "Downloading media from weblink failed: it has no Content-Type"
        graph, voice = self.house.settings.graph, bool(ref.part.get("voice"))
        return unfit(ref.kind, got.mime, got.size, got.head, graph, voice=voice)


def _told(ref: Ref, mime: str, size: int, sha256: str) -> dict[str, Any]:
    part = ref.part
    by = "id" if "id" in part else "link"
    told = {"kind": ref.kind, by: part[by], "mime": mime, "size": size, "sha256": sha256}
    return {**told, "filename": part.get("filename"), "caption": part.get("caption")}
