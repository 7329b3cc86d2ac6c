"""A small typed client of the sandbox's control interface, for tests and the demo."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Self

import requests

from local.sandbox.told import Conversation, FileTold, Message, Sent, conversation

__all__ = ["Conversation", "FileTold", "Message", "Sandbox", "SandboxError", "Sent"]


POOL = 64  # connections that are kept: tests say many things at once


class SandboxError(Exception):
    """The sandbox refused a control request; its words are in the message."""


class Sandbox:
    """The sandbox at `base_url`, e.g. http://127.0.0.1:3100."""

    def __init__(self, base_url: str = "http://127.0.0.1:3100", timeout: float = 65.0) -> None:
        self.base_url = base_url.rstrip("/")
        self._timeout = timeout
        self._http = requests.Session()
        self._http.mount(self.base_url, requests.adapters.HTTPAdapter(pool_maxsize=POOL))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    @property
    def graph_url(self) -> str:
        """For GRAPH_API_BASE_URL."""
        return f"{self.base_url}/graph"

    @property
    def genesys_url(self) -> str:
        """For GENESYS_API_BASE_URL."""
        return f"{self.base_url}/genesys"

    @property
    def login_url(self) -> str:
        """For GENESYS_LOGIN_BASE_URL."""
        return f"{self.base_url}/login"

    @property
    def issuer(self) -> str:
        """For OIDC_ISSUER."""
        return f"{self.base_url}/oidc"

    def token(self, **wanted: Any) -> str:
        """A token of the identity provider; its fields: `local.sandbox.oidc.issuer.Wanted`."""
        return str(self._call("POST", "oidc/token", wanted)["access_token"])

    def rotate_keys(self, *, keep_previous: bool = True) -> list[str]:
        """Let the identity provider sign with new keys; the ids of those it publishes."""
        body = {"keep_previous": keep_previous}
        return list(self._call("PUT", "oidc/rotate", body)["kids"])

    def setup(self, world: dict[str, Any], *, add: bool = False) -> dict[str, Any]:
        """Say who exists: replaces the world, or adds to it."""
        return self._call("PATCH" if add else "PUT", "tenants", world)

    def reset(self) -> None:
        """Settings as at the start, no faults, no waiting webhooks, no records; set-up stays."""
        self._call("POST", "reset")

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings (`limits="off"`, `graph={"latency_ms": 250}`); answers all of them."""
        return self._call("PATCH", "settings", changes)

    def customer_says(
        self, phone_number_id: str, customer: str | None, text: str | None = None, **more: Any
    ) -> Sent:
        """A customer writes.

        `more`: message, user_id, profile_name, batch, layout, signature, wait.
        """
        body = {"phone_number_id": phone_number_id, "from": customer, "text": text, **more}
        return self._sent("whatsapp/send", body)

    def customer_sends(
        self,
        phone_number_id: str,
        customer: str | None,
        kind: str,
        *,
        options: dict[str, Any] | None = None,
        wait: bool = False,
        **fields: Any,
    ) -> Sent:
        """A customer sends a `kind` of message by name (`--help` lists kinds and fields).

        `fields`: the kind's own, `mime`, `size`, `seed`, `base64` for its file, and `reply_to`,
        `referral`, `group_id`, ... for all. `options`: user_id, parent_user_id, username,
        profile_name, contact, over, without, batch, times, layout, value, signature.
        """
        body = {"phone_number_id": phone_number_id, "from": customer, "kind": kind}
        told = {"fields": fields, "wait": wait, **(options or {})}
        return self._sent("whatsapp/send", {**body, **told})

    def customer_taps(
        self, message_id: str, option: str | None = None, *, wait: bool = False, **more: Any
    ) -> Sent:
        """A customer taps an option of a message that it got, by title, id or payload.

        Without `option` the only one there is. `more`: context (False leaves the quote out),
        fields (laid over those of the reply), signature.
        """
        body = {"message_id": message_id, "option": option, "wait": wait, **more}
        return self._sent("whatsapp/tap", body)

    def meta_change(
        self,
        phone_number_id: str,
        field: str,
        *,
        options: dict[str, Any] | None = None,
        wait: bool = False,
        **fields: Any,
    ) -> Sent:
        """Meta tells of a change: any webhook field but messages, by name (`--help` lists them).

        `options`: over and without (they act on `value`), times, signature.
        """
        body = {"phone_number_id": phone_number_id, "field": field, "fields": fields, "wait": wait}
        return self._sent("whatsapp/change", body | (options or {}))

    def agent_sends(
        self,
        integration_id: str,
        to: str | None,
        kind: str,
        *,
        options: dict[str, Any] | None = None,
        wait: bool = False,
        **fields: Any,
    ) -> Sent:
        """An agent (or a bot) sends a `kind` of message by name (`--help` lists them).

        `fields`: the kind's own; `mime`, `size`, `seed`, `base64` for a file. `options`: as `more`
        of `agent_says`, over, without.
        """
        body = {"integration_id": integration_id, "to": to, "kind": kind, "fields": fields}
        return self._sent("genesys/send", body | {"wait": wait} | (options or {}))

    def agent_says(
        self, integration_id: str, to: str | None, text: str | None = None, **more: Any
    ) -> Sent:
        """An agent writes.

        `more`: conversation_id, message, kind, entity, shape, id_type, extra_keys, duplicates,
        duplicate_after_ms, signature, status, message_id, wait.
        """
        body = {"integration_id": integration_id, "to": to, "text": text, **more}
        return self._sent("genesys/send", body)

    def whatsapp_webhook(self, app: str, body: Any = None, **more: Any) -> Sent:
        """Send a whole body, and wait for what comes of it.

        `more`: raw_base64, signature, sign_as, truncate_bytes, callback_url, wait.
        """
        return self._sent("whatsapp/webhook", {"app": app, "body": body, **more})

    def genesys_webhook(self, integration_id: str, body: Any = None, **more: Any) -> Sent:
        """Send a whole body; `more` as for `whatsapp_webhook`."""
        return self._sent(
            "genesys/webhook", {"integration_id": integration_id, "body": body, **more}
        )

    def whatsapp_status(
        self, message_id: str, status: str, code: int | None = None, **over: Any
    ) -> None:
        """Send one status of a message Parley sent; `over` is laid over its item."""
        body = {"message_id": message_id, "status": status, "code": code, "over": over}
        self._call("POST", "whatsapp/status", body)

    def verify_callback(self, app: str, verify_token: str | None = None) -> dict[str, Any]:
        """Make Meta's GET check; answers verified, status, body."""
        return self._call("POST", "whatsapp/verify", {"app": app, "verify_token": verify_token})

    def agent_leaves(self, conversation_id: str) -> None:
        """Disconnect a conversation; the threading window begins."""
        self._call("POST", "genesys/disconnect", {"conversation_id": conversation_id})

    def fault(self, target: str, kind: str, **more: Any) -> int:
        """Switch a fault on; answers its id.

        `more`: match, count, seconds, delay_ms, hold_ms, copies, bytes, status, code, retry_after.
        """
        return int(self._call("POST", "faults", {"target": target, "kind": kind, **more})["id"])

    def clear_faults(self, fault_id: int | None = None) -> None:
        """Switch off one fault, or all."""
        self._call("DELETE", "faults" if fault_id is None else f"faults?id={fault_id}")

    def records(self, *, since: int = 0, limit: int = 1000, **wanted: str) -> list[dict[str, Any]]:
        """What was received (kind request) and sent (kind webhook), oldest first.

        `wanted`: target, kind, name, state.
        """
        query = {"since": str(since), "limit": str(limit), **wanted}
        found: list[dict[str, Any]] = self._call("GET", "records", query=query)["records"]
        return found

    def conversations(self, **wanted: str) -> list[Conversation]:
        """Threads with their messages in order. `wanted`: side, line, customer."""
        found = self._call("GET", "conversations", query=wanted)["conversations"]
        return [conversation(thread) for thread in found]

    def conversation(self, side: str, line: str, customer: str) -> Conversation | None:
        """One thread, or None."""
        return next(iter(self.conversations(side=side, line=line, customer=customer)), None)

    def counters(self) -> dict[str, int]:
        """Totals: genesys_message, graph_messages_200, genesys_duplicates, webhooks_pending, ..."""
        counters: dict[str, int] = self._call("GET", "counters")
        return counters

    def clear(self) -> None:
        """Forget what happened (records, conversations, counters); faults and set-up stay."""
        self._call("DELETE", "records")

    def drop_webhooks(self) -> None:
        """Drop webhooks that were not delivered yet, retries included."""
        self._call("DELETE", "webhooks")

    def revoke_tokens(self, client_id: str | None = None) -> None:
        """Take back OAuth tokens that login gave: the next call with one is a 401."""
        self._call("DELETE", "tokens" if client_id is None else f"tokens?client_id={client_id}")

    def wait_for(
        self, predicate: Callable[[Sandbox], Any], limit: float = 60.0, every: float = 0.2
    ) -> Any:
        """Answer the first true `predicate(self)`; asked at changes here, and `every` seconds.

        A predicate is asked less often the longer it takes. Raises TimeoutError with the counters
        after `limit` seconds.
        """
        deadline = time.monotonic() + limit
        version = self._call("GET", "changes", query={"limit_ms": "0"})["version"]
        while True:
            began = time.monotonic()
            if value := predicate(self):
                return value
            now = time.monotonic()
            if now >= deadline:
                raise TimeoutError(f"not so after {limit} s; counters: {self.counters()}")
            pause = min(deadline - now, every) * 1000 + 1
            query = {"after": version, "limit_ms": pause, "rest_ms": (now - began) * 2000}
            version = self._call("GET", "changes", query=query)["version"]

    def wait_ready(self, limit: float = 60.0) -> None:
        """Return once the sandbox answers."""
        adapter = requests.adapters.HTTPAdapter(
            max_retries=requests.adapters.Retry(
                total=None, connect=int(limit * 10), backoff_factor=0.1, backoff_max=0.1
            )
        )
        with requests.Session() as session:
            session.mount(self.base_url, adapter)
            session.get(f"{self.base_url}/healthz", timeout=limit).raise_for_status()

    def _sent(self, path: str, body: dict[str, Any]) -> Sent:
        got = self._call("POST", path, body)
        ids = got["ids"] if "ids" in got else [got["id"]] if "id" in got else []
        files = [FileTold.read(told) for told in got.get("files", [])]
        return Sent(ids, got.get("conversation_id"), got["webhook"], files)

    def _call(
        self, method: str, path: str, body: Any = None, query: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        url = f"{self.base_url}/control/{path}"
        got = self._http.request(method, url, json=body, params=query, timeout=self._timeout)
        if not got.ok:
            raise SandboxError(f"{method} {path}: {got.status_code} {got.text[:500]}")
        answer: dict[str, Any] = got.json()
        return answer
