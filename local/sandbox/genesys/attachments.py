"""What becomes of customers' files: fetched by their links, shown, or refused (genesys (b8))."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from local.sandbox.genesys.agents import Agents
from local.sandbox.genesys.writings import Writing
from local.sandbox.room import magic
from local.sandbox.room.fetcher import Fetched
from local.sandbox.room.house import House
from local.sandbox.room.ledger import Entry

MOST = 25 * 1024 * 1024


@dataclass(slots=True)
class Attachments:
    """Looks after messages that came in, when they are accepted."""

    house: House
    agents: Agents

    def accepted(self, entry: Entry) -> None:
        """Fetch its files and send its receipts, as the settings say."""
        genesys = self.house.settings.genesys
        content = entry.extra.get("content") or []
        parts = [c["attachment"] for c in content if "attachment" in c]
        if parts and genesys.fetch_attachments:
            entry.extra["files"] = []
            self.house.fetcher.start(self._fetched(entry, parts))
        elif genesys.published_receipts:
            self._receipt(entry, "Published", [])

    async def _fetched(self, entry: Entry, parts: list[dict[str, Any]]) -> None:
        genesys, wrong = self.house.settings.genesys, None
        await asyncio.sleep(genesys.fetch_after_ms / 1000)
        for part in parts:
            got = await self.house.fetcher.fetch(part["url"], MOST, follow=True)
            got.error = got.error or self._judged(part, got)
            wrong = wrong or got.error
            entry.extra["files"].append(got.shown())
        if wrong is not None:
            self.house.recorder.counters["genesys_attachments_failed"] += 1
            if genesys.attachment_failure_receipt:
                self._receipt(entry, "Failed", [{"code": _code(wrong), "message": wrong}])
        elif genesys.published_receipts:
            self._receipt(entry, "Published", [])

    def _judged(self, part: dict[str, Any], got: Fetched) -> str | None:
        genesys = self.house.settings.genesys
        if got.length is None and genesys.attachment_needs_length:
            return "no Content-Length"
        if magic.plain(got.mime or "") != magic.plain(part["mime"]):
            return f"Content-Type {got.mime}, but mime {part['mime']}"
        if part.get("sha256") not in {None, got.sha256}:
            return "another sha256 than was told"
        seen = magic.seen(got.head)
        family = magic.plain(part["mime"]).partition("/")[0]
        if family == "image" and (seen is None or not seen.startswith("image/")):
            return f"not a picture: {seen or 'nothing known'}"
        return None

    def _receipt(self, entry: Entry, status: str, reasons: list[dict[str, str]]) -> None:
        fields = {"status": status, "reasons": reasons}
        self.agents.write(
            Writing(
                integration_id=entry.thread.line,
                to=entry.thread.customer,
                kind="receipt",
                fields=fields,
                message_id=entry.id,
            )
        )


def _code(wrong: str) -> str:
    if wrong.startswith("more than"):
        return "InvalidMediaContentLength"
    return "MediaTypeNotAllowed" if "Content-Type" in wrong else "GeneralError"
