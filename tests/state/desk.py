"""State's use cases as plain calls for one tenant, on the real stores."""

import asyncio
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from shared.services.state import (
    Claim,
    ClaimRequest,
    Completed,
    CompleteRequest,
    Conversation,
    CustomerState,
    History,
    IdentityChange,
    Marked,
    Notice,
    PartResult,
    Preference,
    ReceiptConfirmed,
    Recorded,
    RecordRequest,
    ReleaseRequest,
    StatusAdvanced,
    StatusUpdate,
    TrackedMessage,
    Undelivered,
)
from shared.storage.cache import Cache
from shared.storage.database import Database
from state_service.people import People
from state_service.state import Policy, State
from tests.moments import told_at

POLICY = Policy(lease_s=60, resend_unknown_s=300)
NOON = told_at()


def new_id() -> str:
    return str(uuid4())


class Desk:
    """One tenant with one channel. Messages are named by short words, made unique inside."""

    def __init__(self, runner: asyncio.Runner, database: Database, cache: Cache) -> None:
        self.runner = runner
        self.database = database
        self.cache = cache
        self.state = State(database, cache, POLICY)
        self.people = People(database)
        self.tenant_id = new_id()
        self.channel_id = new_id()

    def other(self) -> "Desk":
        """Another tenant at the same state function."""
        return Desk(self.runner, self.database, self.cache)

    def request(self, source_id: str, **changes: Any) -> ClaimRequest:
        fields: dict[str, Any] = {
            "tenant_id": self.tenant_id,
            "channel_id": self.channel_id,
            "direction": "outbound",
            "source_id": source_id,
            "customer": "491701",
            "kind": "text",
            "content": {"text": "hello"},
            "occurred_at": NOON,
            "event_id": f"event:{source_id}",
        }
        return ClaimRequest.model_validate(fields | changes)

    def claim(self, source_id: str = "m", **changes: Any) -> Claim:
        request = self.request(source_id, **changes)
        return Claim.model_validate(self.runner.run(self.state.claim(request)))

    def complete(
        self, claim: Claim, *parts: PartResult, source_id: str = "m", **changes: Any
    ) -> Completed:
        fields = self._key(claim, source_id) | {"parts": list(parts)} | changes
        request = CompleteRequest.model_validate(fields)
        return Completed.model_validate(self.runner.run(self.state.complete(request)))

    def completion(self, request: ClaimRequest, *parts: PartResult) -> CompleteRequest:
        """What the holder of `request` may say."""
        key = request.model_dump(
            include={"tenant_id", "channel_id", "direction", "source_id", "attempt_id"}
        )
        return CompleteRequest(**key, parts=list(parts))

    def release(self, claim: Claim, source_id: str = "m", **changes: Any) -> bool:
        fields = self._key(claim, source_id) | {"reason": "busy"} | changes
        request = ReleaseRequest.model_validate(fields)
        return bool(self.runner.run(self.state.release(request))["released"])

    def status(self, message_id: str, status: str, **changes: Any) -> StatusAdvanced:
        update = self.update(status, **changes)
        return StatusAdvanced.model_validate(
            self.runner.run(self.state.advance(message_id, update))
        )

    def update(self, status: str, **changes: Any) -> StatusUpdate:
        fields = {
            "tenant_id": self.tenant_id,
            "channel_id": self.channel_id,
            "status": status,
            "occurred_at": NOON,
        }
        return StatusUpdate.model_validate(fields | changes)

    def confirm(self, status: str, source_id: str = "m") -> bool:
        confirmed = ReceiptConfirmed.model_validate(
            {
                "tenant_id": self.tenant_id,
                "channel_id": self.channel_id,
                "source_id": source_id,
                "status": status,
            }
        )
        return bool(self.runner.run(self.state.confirm_receipt(confirmed))["confirmed"])

    def sent(self, target_id: str, source_id: str = "m", **changes: Any) -> Claim:
        """Claim a message and have its one part accepted."""
        claim = self.claim(source_id, **changes)
        direction = changes.get("direction", "outbound")
        self.complete(claim, accepted(1, target_id), source_id=source_id, direction=direction)
        return claim

    def message(self, message_id: str) -> TrackedMessage:
        found = self.runner.run(self.state.message(message_id, self.tenant_id))
        return TrackedMessage.model_validate(found)

    def conversation(self, conversation_id: str) -> Conversation:
        found, _ = self.runner.run(
            self.state.conversation(conversation_id, self.tenant_id, self.channel_id)
        )
        return Conversation.model_validate(found)

    def history(self, conversation_id: str, limit: int = 100) -> History:
        found = self.runner.run(self.state.history(conversation_id, self.tenant_id, limit, None))
        return History.model_validate(found)

    def hear(self, source_id: str, wa_id: str | None, bsuid: str | None, **changes: Any) -> Claim:
        """Claim a customer's message of today, from whom Meta says."""
        told = {"direction": "inbound", "wa_id": wa_id, "bsuid": bsuid}
        return self.claim(source_id, **({"customer": wa_id or bsuid} | told | changes))

    def talk(self, source_id: str, wa_id: str | None, bsuid: str | None, **changes: Any) -> Claim:
        """The same, and Genesys puts it into `conversation_id`."""
        conversation_id = changes.pop("conversation_id", f"conv-{source_id}")
        claim = self.hear(source_id, wa_id, bsuid, **changes)
        done = {"direction": "inbound", "conversation_id": conversation_id}
        self.complete(claim, accepted(1, f"g-{source_id}"), source_id=source_id, **done)
        return claim

    def write_to(self, customer: str, source_id: str = "out", **changes: Any) -> Claim:
        """Claim an agent's message to this address, as outbound-transform does."""
        told = {"wa_id": customer} if customer.isdecimal() else {"bsuid": customer}
        return self.claim(source_id, **({"customer": customer} | told | changes))

    def link(
        self,
        previous: dict[str, str],
        current: dict[str, str],
        at: str = NOON,
        *,
        known_only: bool = False,
    ) -> str | None:
        change = IdentityChange.model_validate(
            {
                "tenant_id": self.tenant_id,
                "previous": previous,
                "current": current,
                "occurred_at": at,
                "known_only": known_only,
            }
        )
        found: str | None = self.runner.run(self.people.link(change))["customer"]
        return found

    def recording(self, messages: Iterable[dict[str, Any]]) -> RecordRequest:
        """A request to keep echoes, or what the messages' own fields make of them."""
        echo: dict[str, Any] = {"direction": "outbound", "customer": "491701", "kind": "text"}
        echo |= {"content": {"text": "from the phone"}, "occurred_at": NOON}
        scope = {"tenant_id": self.tenant_id, "channel_id": self.channel_id}
        return RecordRequest.model_validate(scope | {"messages": [echo | one for one in messages]})

    def record(self, *messages: dict[str, Any]) -> tuple[int, int]:
        """Record messages; how many were new, and known."""
        told = self.runner.run(self.people.record(self.recording(messages)))
        recorded = Recorded.model_validate(told)
        return recorded.recorded, recorded.known

    def preference(self, **changes: Any) -> Preference:
        told = {"tenant_id": self.tenant_id, "channel_id": self.channel_id}
        told |= {"category": "marketing_messages", "value": "stop", "occurred_at": NOON}
        return Preference.model_validate(told | changes)

    def noted(self, **changes: Any) -> Notice:
        told = {"tenant_id": self.tenant_id, "channel_id": self.channel_id, "provider": "meta"}
        told |= {"field": "message_template_status_update", "event": "REJECTED"}
        told |= {"severity": "warning", "occurred_at": NOON, "event_id": "e1"}
        return Notice.model_validate(told | {"value": {"reason": "a\0b"}} | changes)

    def undelivered(self, target_id: str) -> Marked:
        fields = {"tenant_id": self.tenant_id, "channel_id": self.channel_id}
        told = Undelivered.model_validate(
            fields | {"target_id": target_id, "error": {"title": "too big"}}
        )
        return Marked.model_validate(self.runner.run(self.people.undelivered(told)))

    def customer(self, customer: str) -> CustomerState:
        found = self.runner.run(self.people.customer(customer, self.tenant_id, self.channel_id))
        return CustomerState.model_validate(found)

    def let_lease_end(self, source_id: str = "m") -> None:
        """As if the lease's time had passed."""
        self._as_tenant(
            "update message_tracking set lease_until = now() - interval '1 second'"
            " where source_id = :source and part = 1",
            source=source_id,
        )

    def grow_old(self, seconds: float, source_id: str = "m") -> None:
        """As if what was asked for or became unknown had been so some seconds earlier."""
        self._as_tenant(
            "update message_tracking set"
            " unknown_since = unknown_since - make_interval(secs => :seconds),"
            " receipt_asked_at = receipt_asked_at - make_interval(secs => :seconds)"
            " where source_id = :source and part = 1",
            source=source_id,
            seconds=seconds,
        )

    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        return self._as_tenant(sql, **values)

    def _as_tenant(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        def work(session: Any) -> list[dict[str, Any]]:
            session.rows("select set_config('app.tenant_id', :t, true)", {"t": self.tenant_id})
            found: list[dict[str, Any]] = session.rows(sql, values)
            return found

        return self.runner.run(self.database.transaction(work))

    def _key(self, claim: Claim, source_id: str) -> dict[str, Any]:
        return {
            "tenant_id": self.tenant_id,
            "channel_id": self.channel_id,
            "direction": "outbound",
            "source_id": source_id,
            "attempt_id": claim.attempt_id,
        }


def accepted(part: int, target_id: str | None = None) -> PartResult:
    return PartResult(part=part, outcome="accepted", target_id=target_id)


def refused(part: int) -> PartResult:
    return PartResult(part=part, outcome="refused", error={"provider_code": "131026"})


def unknown(part: int) -> PartResult:
    return PartResult(part=part, outcome="unknown", error={"provider_code": "timeout"})
