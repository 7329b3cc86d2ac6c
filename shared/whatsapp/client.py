"""Calls of the WhatsApp Cloud API: one finished body to send, a file to look up or to upload.

Contract: contracts/meta.md (c), (d). A send has no idempotency key, so an unknown fate of one is
never repeated; a look-up and an upload may be.
"""

from typing import Any, Final

import aiohttp
import orjson
from pydantic import SecretStr

from shared.messaging.answers import json_object, private_values, text_of, trace_of
from shared.messaging.outcomes import SendError, SendOutcome, may_have_arrived
from shared.messaging.transport import Answer, Exchange, Limits, Post, exchange, post
from shared.whatsapp.codes import CODES
from shared.whatsapp.errors import classify, refusal
from shared.whatsapp.files import Found, Upload, form_of, found_of

_TRACE = "x-fb-trace-id"
# Meta looks a large file through before it answers.
_UPLOAD_READ_S: Final = 60.0
_UPLOAD_SEND_S: Final = 300.0
# How Graph says that there is no such object, or none that this token may see.
_PARAMETER: Final = "100"
_NO_OBJECT: Final = frozenset({_PARAMETER, "http_404"})


class WhatsAppClient:
    """Graph API calls of one process, such as to https://graph.facebook.com in version v23.0."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        base_url: str,
        version: str,
        limits: Limits | None = None,
    ) -> None:
        self._session = session
        self.base_url = base_url.rstrip("/")
        self._base = f"{self.base_url}/{version}"
        self._limits = limits or Limits()

    async def send(
        self, phone_number_id: str, token: SecretStr, body: dict[str, Any]
    ) -> SendOutcome:
        """Send a message, or a read mark (contracts/meta.md c.4, which has no id of its own)."""
        request = Post(
            url=f"{self._base}/{phone_number_id}/messages",
            token=token,
            body=orjson.dumps(body),
            repeatable=False,
        )
        answer = await post(self._session, request, self._limits)
        if isinstance(answer, SendOutcome):
            return answer
        told = json_object(answer.body)
        if answer.success and not (told and isinstance(told.get("error"), dict)):
            return _accepted(answer, told)
        return refusal(answer.status, answer.body, answer.headers, _private(body, token))

    async def find_media(
        self, media_id: str, phone_number_id: str, token: SecretStr
    ) -> Found | SendError | None:
        """Where a customer's file is; None when Meta has none by this id for us."""
        url = f"{self._base}/{media_id}?phone_number_id={phone_number_id}"
        told = await self._ask(Exchange("GET", url, token), self._limits)
        if isinstance(told, SendError):
            return None if told.provider_code in _NO_OBJECT else told
        return found_of(told) or _unreadable()

    async def upload(
        self, phone_number_id: str, token: SecretStr, upload: Upload
    ) -> str | SendError:
        """Give Meta a file; the id that it has there for 30 days."""
        limits = Limits(self._limits.connect, _UPLOAD_READ_S, _UPLOAD_SEND_S)
        url = f"{self._base}/{phone_number_id}/media"
        told = await self._ask(Exchange("POST", url, token, form_of(upload)), limits)
        if isinstance(told, SendError):
            return _about_file(told)
        return text_of(told.get("id")) or _unreadable()

    async def _ask(self, request: Exchange, limits: Limits) -> dict[str, Any] | SendError:
        """The object that Meta answers, or why there is none. For what may be repeated."""
        answer = await exchange(self._session, request, limits)
        if isinstance(answer, SendOutcome):
            return answer.error or _unreadable()
        told = json_object(answer.body) or {}
        if answer.success and not isinstance(told.get("error"), dict):
            return told
        private = [request.token.get_secret_value()]
        return classify(answer.status, answer.body, answer.headers, private)


def _accepted(answer: Answer, told: dict[str, Any] | None) -> SendOutcome:
    """Outcome of a 2xx: {"contacts": [{wa_id?}], "messages": [{id}]}, or {"success": true}."""
    wamid = _first(told, "messages", "id")
    if wamid is not None:
        wa_id = _first(told, "contacts", "wa_id")
        return SendOutcome.accepted(wamid, wa_id=wa_id, trace=trace_of(answer.headers.get(_TRACE)))
    if told is not None and told.get("success") is True:
        return SendOutcome.accepted()
    words = "Meta took it, but its answer names no message"
    if not answer.whole:
        words = "Meta took it, but its answer was cut or too long"
    return SendOutcome.unknown(may_have_arrived("answer_unreadable", words, repeatable=False))


def _about_file(error: SendError) -> SendError:
    """A parameter that is wrong at an upload is the file: its type, or its size."""
    if error.provider_code != _PARAMETER:
        return error
    row = CODES[131053]
    words = {"title": row.title, "reason": row.reason, "agent_words": row.agent}
    return error.model_copy(update=words)


def _unreadable() -> SendError:
    words = "Meta answered what can not be read"
    return may_have_arrived("answer_unreadable", words, repeatable=True)


def _first(told: dict[str, Any] | None, name: str, key: str) -> str | None:
    items = (told or {}).get(name)
    first = items[0] if isinstance(items, list) and items else None
    return text_of(first.get(key)) or None if isinstance(first, dict) else None


def _private(body: dict[str, Any], token: SecretStr) -> list[str]:
    return [token.get_secret_value(), *private_values(body)]
