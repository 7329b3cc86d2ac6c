"""Media: upload, lookup, download, delete (meta (d))."""

from __future__ import annotations

import base64
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import orjson

from local.sandbox.graph.admission import admitted, bearer, versioned
from local.sandbox.graph.errors import Refused, no_object, refusal
from local.sandbox.graph.media_rules import CAPS, DOCUMENT_CAP, TAKEN, kind_of, too_big
from local.sandbox.room import magic
from local.sandbox.room.desk import Answer, Call
from local.sandbox.room.files import HEAD, File, new_media_id
from local.sandbox.room.house import House
from local.sandbox.room.limits import Bounded
from local.sandbox.room.multipart import Part
from local.sandbox.room.pour import Pour

DAY_S = 86400
PLACE = "/lookaside/whatsapp_business/attachments/"
PAGE = b"<!DOCTYPE html><html><head><title>Log in to Facebook</title></head><body></body></html>"


@dataclass(slots=True)
class MediaRoom:
    """The endpoints' work, and the links that were given out."""

    house: House
    tickets: Bounded[tuple[str, float]] = field(default_factory=lambda: Bounded(50_000))

    def received(self, file: File) -> File:
        """A customer sent this file: it can be looked up from now on."""
        file.until = time.time() + self.house.settings.graph.inbound_media_days * DAY_S
        return self.house.files.add(file)

    def told(self, file: File, host: str, given: dict[str, Any]) -> dict[str, Any]:
        """The media object of a webhook; `given` may tell other things than are true."""
        file.extra = {"told_size": given["told_size"], "told_sha256": given["told_sha256"]}
        digest = base64.b64encode(bytes.fromhex(file.sha256)).decode()
        told = {
            "mime_type": given["told_mime"] or file.mime,
            "sha256": given["told_sha256"] or digest,
            "id": file.id,
        }
        if self.house.settings.graph.webhook_media_url:
            told["url"] = self.link(file, host)
        return told

    def link(self, file: File, host: str) -> str:
        """A fresh download link; it ends after `graph.media_url_seconds`."""
        ticket = secrets.token_urlsafe(24)
        until = time.time() + self.house.settings.graph.media_url_seconds
        self.tickets.keep(ticket, (file.id, until))
        query = f"mid={file.id}&source=getMedia&ext={int(until)}&hash={ticket}"
        return f"{host}{PLACE}?{query}"

    def identify(self, call: Call) -> None:
        """Let faults match by the number that a media id or a link belongs to."""
        media_id = call.ids.get("media_id")
        if media_id is None:
            media_id = self.tickets.get(call.query.get("hash", ""), ("", 0.0))[0]
        file = self.house.files.find(media_id)
        if file is not None:
            call.ids["phone_number_id"] = file.owner

    def upload(self, call: Call) -> Answer:
        """POST /{phone_number_id}/media."""
        try:
            number = admitted(self.house, call)
            part, mime = self._checked(call.parts)
        except Refused as refused:
            return refused.answer
        days = self.house.settings.graph.uploaded_media_days
        owner, head = number.phone_number_id, part.head[:HEAD]
        file = File(new_media_id(), owner, mime, part.size, part.sha256, head, part.filename)
        file.until = time.time() + days * DAY_S
        self.house.files.add(file)
        return Answer(200, orjson.dumps({"id": file.id}), note={"file": file.shown()})

    def _checked(self, parts: list[Part] | None) -> tuple[Part, str]:
        graph = self.house.settings.graph
        fields = {p.name: p.text for p in parts or [] if not p.is_file}
        if fields.get("messaging_product") != "whatsapp":
            raise Refused(_missing("messaging_product"))
        part = next((p for p in parts or [] if p.name == "file" and p.is_file), None)
        if part is None:
            raise Refused(_missing("file"))
        mime, own = fields.get("type", ""), part.headers.get("content-type", "")
        if not mime:
            raise Refused(_missing("type"))
        same = magic.plain(mime) == magic.plain(own) or graph.upload_type_mismatch == "accept"
        listed = graph.document_mimes == "any" or magic.plain(mime) in TAKEN
        if not own or not same or "/" not in mime or not listed:
            raise Refused(self._wrong_type(own or "unknown"))
        most = CAPS[kind_of(mime)] if graph.upload_cap == "by_type" else DOCUMENT_CAP
        if part.size > most or not part.size:
            details = too_big(part.size, most) if part.size else "The media file is empty."
            raise Refused(refusal(graph.upload_refusal_code, details=details))
        return part, mime

    def _wrong_type(self, own: str) -> Answer:
        words = (
            "Param file must be a file with one of the following types: audio/aac, audio/mp4,"
            " audio/mpeg, audio/amr, audio/ogg, image/jpeg, image/png, image/webp, video/mp4,"
            f" video/3gpp, application/pdf, text/plain, ... Received file of type '{own}'."
        )
        code = self.house.settings.graph.upload_refusal_code
        return refusal(code, message=f"(#{code}) {words}", details=words)

    def lookup(self, call: Call) -> Answer:
        """GET or DELETE /{media_id}."""
        media_id, method = call.ids["media_id"], call.method.lower()
        try:
            versioned(call)
            token = bearer(self.house, call)
        except Refused as refused:
            return refused.answer
        file = self.house.files.find(media_id)
        asked = call.query.get("phone_number_id")
        if file is None or file.owner not in token.phone_number_ids:
            return no_object(media_id, method)
        if asked is not None and asked != file.owner:
            return no_object(media_id, method)
        if call.method == "DELETE":
            self.house.files.remove(media_id)
            return Answer(200, b'{"success":true}', note={"file": file.shown()})
        return Answer(200, orjson.dumps(self._shown(file, call.host)), note={"file": file.shown()})

    def _shown(self, file: File, host: str) -> dict[str, Any]:
        graph = self.house.settings.graph
        size: int | str = file.extra.get("told_size") or file.size
        digest = file.sha256
        if graph.media_sha256_as == "base64":
            digest = base64.b64encode(bytes.fromhex(digest)).decode()
        return {
            "messaging_product": "whatsapp",
            "url": self.link(file, host),
            "mime_type": file.mime,
            "sha256": file.extra.get("told_sha256") or digest,
            "file_size": str(size) if graph.media_size_as == "string" else size,
            "id": file.id,
        }

    def download(self, call: Call) -> Answer:
        """GET the link of a lookup, with the token."""
        graph = self.house.settings.graph
        media_id, until = self.tickets.get(call.query.get("hash", ""), ("", 0.0))
        file = self.house.files.find(media_id)
        try:
            token = bearer(self.house, call)
        except Refused:
            if graph.media_for_strangers == "html":
                return Answer(200, PAGE, media_type="text/html")
            return Answer(401, b"", media_type="text/plain")
        if graph.media_needs_user_agent and not call.headers.get("user-agent"):
            return Answer(400, b"", media_type="text/plain")
        known = file is not None and file.has_bytes and file.owner in token.phone_number_ids
        if file is None or not known or time.time() >= until or media_id != call.query.get("mid"):
            return Answer(404, b"", media_type="text/plain")
        headers = {"Content-Disposition": f"attachment;filename=media-{file.id}"}
        pour = Pour(file, headers, file.mime, length=graph.media_content_length)
        return Answer(200, b"", note={"file": file.shown()}, file=pour)


def _missing(name: str) -> Answer:
    return refusal(100, message=f"(#100) The parameter {name} is required.")
