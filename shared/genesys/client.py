"""Sends one finished body to Genesys Cloud Open Messaging: `.../inbound/open/...`.

Contract: contracts/genesys.md (b). A repeat needs the same messageId and time (b9).
"""

from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import orjson
from pydantic import SecretStr

from shared.genesys.errors import CORRELATION, not_applied, refusal
from shared.messaging.answers import json_object, private_values, text_of, trace_of
from shared.messaging.outcomes import SendOutcome, may_have_arrived
from shared.messaging.transport import Answer, Limits, Post, post

Hear = Callable[[Mapping[str, str]], None]


def unheard(headers: Mapping[str, str]) -> None:
    """Nobody wants the headers of an answer."""
    del headers


class GenesysClient:
    """Platform API calls of one process. An empty `base_url` means `https://api.{region}`.

    `hear` is told the headers of every answer: those of the client's minute are among them.
    """

    def __init__(
        self, session: aiohttp.ClientSession, *, base_url: str = "", limits: Limits | None = None
    ) -> None:
        self._session = session
        self._base = base_url.rstrip("/")
        self._limits = limits or Limits()

    async def message(
        self,
        integration_id: str,
        region: str,
        token: SecretStr,
        body: dict[str, Any],
        hear: Hear = unheard,
    ) -> SendOutcome:
        """Hand over a customer's message; the answer tells the conversation it went to."""
        path = f"{integration_id}/inbound/open/message?prefetchConversationId=true"
        return await self._send(self._url(region, path), token, body, hear, named=True)

    async def structured(
        self,
        integration_id: str,
        region: str,
        token: SecretStr,
        body: dict[str, Any],
        hear: Hear = unheard,
    ) -> SendOutcome:
        """Hand over a customer's tap on an option; it never opens a conversation (b4).

        Whether the answer names it is not documented, and nobody asks for that id later.
        """
        path = f"{integration_id}/inbound/open/structured/response"
        return await self._send(self._url(region, path), token, body, hear, named=False)

    async def receipt(
        self,
        integration_id: str,
        region: str,
        token: SecretStr,
        body: dict[str, Any],
        hear: Hear = unheard,
    ) -> SendOutcome:
        """Tell the fate of an agent's message. An empty 2xx is a yes: there is no id to learn."""
        path = f"{integration_id}/inbound/open/receipt"
        return await self._send(self._url(region, path), token, body, hear, named=False)

    def _url(self, region: str, path: str) -> str:
        base = self._base or f"https://api.{region}"
        return f"{base}/api/v2/conversations/messages/{path}"

    async def _send(
        self, url: str, token: SecretStr, body: dict[str, Any], hear: Hear, *, named: bool
    ) -> SendOutcome:
        request = Post(url=url, token=token, body=orjson.dumps(body), repeatable=True)
        answer = await post(self._session, request, self._limits)
        if isinstance(answer, SendOutcome):
            return answer
        hear(answer.headers)
        private = [token.get_secret_value(), *private_values(body)]
        if not answer.success:
            return refusal(answer.status, answer.body, answer.headers, private)
        told = json_object(answer.body)
        error = None if _echoed(body, told) else not_applied(told or {}, answer.headers, private)
        return _accepted(answer, told, named=named) if error is None else SendOutcome.refused(error)


def _echoed(body: Mapping[str, Any], told: Mapping[str, Any] | None) -> bool:
    """Whether a Failed in the answer is the one that we sent, with our own reason."""
    if body.get("status") != "Failed" or told is None:
        return False
    return _codes(told) <= _codes(body)


def _codes(receipt: Mapping[str, Any]) -> set[str]:
    reasons = receipt.get("reasons")
    listed = reasons if isinstance(reasons, list) else []
    return {text_of(reason.get("code")) for reason in listed if isinstance(reason, dict)}


def _accepted(answer: Answer, told: dict[str, Any] | None, *, named: bool) -> SendOutcome:
    """Outcome of a 2xx: {"id", "conversationId"?}. `named`: there is no yes without an id."""
    id_ = text_of((told or {}).get("id")) or None
    empty = answer.whole and not answer.body.strip()
    if id_ is not None or (not named and (told is not None or empty)):
        conversation = text_of((told or {}).get("conversationId")) or None
        trace = trace_of(answer.headers.get(CORRELATION))
        return SendOutcome.accepted(id_, conversation_id=conversation, trace=trace)
    words = "Genesys took it, but its answer can not be read"
    return SendOutcome.unknown(may_have_arrived("answer_unreadable", words, repeatable=False))
