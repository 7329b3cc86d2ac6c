"""Sends one finished body to the WhatsApp Cloud API: `POST /{version}/{phone_number_id}/messages`.

Contract: contracts/meta.md (c). There is no idempotency key, so an unknown fate is never repeated.
"""

from typing import Any

import aiohttp
import orjson
from pydantic import SecretStr

from shared.messaging.answers import json_object, private_values, text_of, trace_of
from shared.messaging.outcomes import SendOutcome, may_have_arrived
from shared.messaging.transport import Answer, Limits, Post, post
from shared.whatsapp.errors import refusal

_TRACE = "x-fb-trace-id"


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
        self._base = f"{base_url.rstrip('/')}/{version}"
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


def _first(told: dict[str, Any] | None, name: str, key: str) -> str | None:
    items = (told or {}).get(name)
    first = items[0] if isinstance(items, list) and items else None
    return text_of(first.get(key)) or None if isinstance(first, dict) else None


def _private(body: dict[str, Any], token: SecretStr) -> list[str]:
    return [token.get_secret_value(), *private_values(body)]
