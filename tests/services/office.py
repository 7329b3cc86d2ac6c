"""One tenant's deliveries through the real state function, and a courier that does as told."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from shared.messaging.outcomes import SendError, SendOutcome, may_have_arrived, not_sent
from shared.services.once import Delivery, Holder, Mend, Plan, deliver
from shared.services.state import ClaimRequest, StateClient
from shared.storage.cache import Cache
from shared.storage.database import Database, Session
from shared.transforms.parts import Part
from tests.state.desk import Desk

LEASE = "select extract(epoch from lease_until - now()) as seconds from message_tracking"

Doing = SendOutcome | Callable[[], Awaitable[SendOutcome]]

WAIT = SendOutcome.refused(not_sent("busy", "not now", retry_after=7))
LOST = SendOutcome.unknown(may_have_arrived("timeout", "no answer", repeatable=False))
NEVER = SendError(
    provider_code="131026",
    title="Undeliverable",
    action="never",
    retryable=False,
    reason="InvalidDestination",
    agent_words="This number is not on WhatsApp.",
    operator_words="Nothing to do.",
)
REFUSED = SendOutcome.refused(NEVER)


class Courier:
    """Sends parts: `doings` in turn, then everything is accepted. `sent` is what went out."""

    def __init__(self, *doings: Doing) -> None:
        self.doings = deque(doings)
        self.sent: list[int] = []
        self.bodies: list[Any] = []

    async def __call__(self, part: Part) -> SendOutcome:
        self.sent.append(part.number)
        self.bodies.append(part.body)
        doing = self.doings.popleft() if self.doings else taken(f"wamid.{len(self.sent)}")
        return doing if isinstance(doing, SendOutcome) else await doing()


def taken(id_: str) -> SendOutcome:
    return SendOutcome.accepted(id_)


def parts_of(name: str, count: int) -> list[Part]:
    return [Part(number, f"{name}#{number}", {"of": name}) for number in range(1, count + 1)]


class Office(Desk):
    """Delivers by the state process; looks and turns the clock in the database itself."""

    def __init__(
        self, runner: asyncio.Runner, database: Database, cache: Cache, client: StateClient
    ) -> None:
        super().__init__(runner, database, cache)
        self.client = client

    def deliver(self, courier: Courier, parts: int = 1, **changes: Any) -> Delivery:
        return self.runner.run(self.delivering(courier, parts, **changes))

    def delivering(
        self,
        courier: Courier,
        parts: int = 1,
        *,
        last_try: bool = False,
        lost: SendError | None = None,
        mend: Mend | None = None,
        **changes: Any,
    ) -> Coroutine[Any, Any, Delivery]:
        """The same, to be awaited."""

        async def build(_: Holder) -> Plan:
            return Plan(parts_of("m", parts), lost, mend)

        request = self.request("m", **changes)
        return deliver(self.client, request, build, courier, last_try=last_try)

    async def overtake(self, source_id: str) -> None:
        """Another attempt takes the claim after its lease, from within a send."""

        def end_lease(session: Session) -> None:
            session.rows("select set_config('app.tenant_id', :t, true)", {"t": self.tenant_id})
            session.rows("update message_tracking set lease_until = now()", {})

        await self.database.transaction(end_lease)
        await self.client.claim(self.request(source_id, resend_unknown_after=0))

    def deliver_keeping(self, *, left: float) -> float:
        """A delivery whose parts take all but `left` seconds of the lease to make, and keeps it.

        The seconds of the lease when they are made.
        """
        leases: list[float] = []

        async def build(holder: Holder) -> Plan:
            await self.lease(
                "update message_tracking set lease_until = now() + make_interval(secs => :left)"
                " returning 0 as seconds",
                left=left,
            )
            await holder.keep()
            leases.append(await self.lease(LEASE))
            return Plan(parts_of("m", 1))

        delivery = self.runner.run(deliver(self.client, self.request("m"), build, Courier()))
        assert delivery.fate == "delivered"
        return leases[0]

    async def lease(self, statement: str, **values: Any) -> float:
        """The one number that a statement about the tenant's one message answers."""

        def ask(session: Session) -> float:
            session.rows("select set_config('app.tenant_id', :t, true)", {"t": self.tenant_id})
            [row] = session.rows(statement, values)
            return float(row["seconds"])

        return await self.database.transaction(ask)

    def refuse_to_build(self, problem: Exception, request: ClaimRequest) -> Any:
        """A delivery whose parts can not be made."""

        async def build(_: Holder) -> Plan:
            raise problem

        return self.runner.run(deliver(self.client, request, build, Courier()))
