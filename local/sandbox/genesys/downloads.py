"""GET /api/v2/downloads/{id}: the files that agents send (genesys (f)); all of it is UNSURE."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from local.sandbox.genesys.errors import Refused, refusal
from local.sandbox.genesys.login import Login
from local.sandbox.room.desk import Answer, Call
from local.sandbox.room.files import File
from local.sandbox.room.house import House
from local.sandbox.room.pour import Pour

PLACE = "/genesys/api/v2/downloads"
ELSEWHERE = "/genesys/storage"
MEDIA_TYPES = {"image": "Image", "video": "Video", "audio": "Audio"}


def media_type(mime: str) -> str:
    """What Genesys calls a file of this type."""
    return MEDIA_TYPES.get(mime.partition("/")[0], "File")


@dataclass(slots=True)
class Downloads:
    """The endpoint's work, and that of the storage it may redirect to."""

    house: House
    login: Login

    def offered(self, file: File, host: str, given: dict[str, Any]) -> dict[str, Any]:
        """Keep an agent's file; answers the attachment of the webhook."""
        file.id = secrets.token_hex(16)
        file.until = time.time() + self.house.settings.genesys.download_seconds
        file.extra = {"auth": given["auth"], "redirect": given["redirect"]}
        self.house.files.add(file)
        mime = given["told_mime"] or file.mime
        part: dict[str, Any] = {
            "id": file.id,
            "mediaType": given["media_type"] or media_type(mime),
            "url": given["url"] or f"{host}{PLACE}/{file.id}",
            "mime": mime,
        }
        if file.filename is not None:
            part["filename"] = file.filename
        if given["with_size"]:
            part["contentSizeBytes"] = given["told_size"] or file.size
        if given["with_sha256"] or given["told_sha256"]:
            part["sha256"] = given["told_sha256"] or file.sha256
        if given["caption"] is not None:
            part["text"] = given["caption"]
        return part

    def download(self, call: Call) -> Answer:
        """Answer the file, or the way to it, to those who may have it."""
        genesys = self.house.settings.genesys
        file = self.house.files.find(call.ids["file_id"])
        if file is None:
            return refusal("not.found", status=genesys.download_expired_status)
        auth = file.extra["auth"] or genesys.download_auth
        if auth == "expired":
            return refusal("not.authorized", status=genesys.download_expired_status)
        try:
            if auth == "bearer":
                self._refuse_strangers(call, file)
        except Refused as refused:
            return refused.answer
        way = file.extra["redirect"] or genesys.download_redirect
        if way == "none":
            return self._poured(file)
        host = call.host if way == "same" else _other_name(call.host)
        return Answer(302, b"", {"Location": f"{host}{ELSEWHERE}/{file.id}"})

    def storage(self, call: Call) -> Answer:
        """Answer the file to everybody; a token that comes here is one that leaked."""
        if "authorization" in call.headers:
            self.house.recorder.counters["genesys_tokens_at_storage"] += 1
        file = self.house.files.find(call.ids["file_id"])
        return refusal("not.found") if file is None else self._poured(file)

    def _refuse_strangers(self, call: Call, file: File) -> None:
        word, _, value = call.headers.get("authorization", "").partition(" ")
        if word.lower() != "bearer" or not value:
            raise Refused(refusal("authentication.required"))
        holder = self.login.holder(value)
        if isinstance(holder, str):
            raise Refused(refusal(holder))
        if holder[0].name != file.owner:
            raise Refused(refusal("not.found"))

    def _poured(self, file: File) -> Answer:
        length = self.house.settings.genesys.download_length
        note = {"file": file.shown()}
        return Answer(200, b"", note=note, file=Pour(file, {}, file.mime, length=length))


def _other_name(host: str) -> str:
    """The same machine by another name, which is another host to a careful client."""
    if "//127.0.0.1" in host:
        return host.replace("//127.0.0.1", "//localhost")
    return host.replace("//localhost", "//127.0.0.1")
