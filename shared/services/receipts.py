"""Tells Genesys what became of its messages: one final receipt each, owed until it is taken.

What went again of a message is no message for Genesys: its fate is that of the part it stands for.
"""

from __future__ import annotations

from shared.genesys.build import open_address
from shared.messaging.outcomes import later
from shared.runtime.errors import NotFound
from shared.runtime.logging import logger
from shared.services.delivery import GenesysApiClient
from shared.services.patience import insist
from shared.services.route import Route
from shared.services.state import ReceiptConfirmed, ReceiptDue, StateClient, StatusUpdate
from shared.transforms import receipts
from shared.transforms.outbound_again import again_of
from shared.wire.body import Json

log = logger()


class Receipts:
    """Sends what is owed and says so."""

    def __init__(self, state: StateClient, genesys: GenesysApiClient) -> None:
        """Both are other functions."""
        self._state = state
        self._genesys = genesys

    async def settle(self, due: ReceiptDue | None, route: Route) -> None:
        """Send a receipt, if one is owed. Raises Unavailable: then it is still owed.

        One that Genesys refuses for good is settled too: a receipt is not worth an endless repeat
        (contracts/genesys.md h 16).
        """
        if due is None:
            return
        again = again_of(due.source_id)
        if again is None:
            await self._send(due, route)
        else:
            await self._pass_on(due, *again, route)
        confirmed = ReceiptConfirmed(
            tenant_id=route.tenant_id,
            channel_id=route.channel_id,
            source_id=due.source_id,
            status=due.status,
        )
        await insist(lambda: self._state.confirm_receipt(confirmed))

    async def _pass_on(self, due: ReceiptDue, source_id: str, part: int, route: Route) -> None:
        """Write it down of the message itself, and settle that one's receipt."""
        wamid = await self._wamid(source_id, part, route)
        if wamid is None:  # forgotten since
            await self._send(due.model_copy(update={"source_id": source_id}), route)
            return
        update = StatusUpdate(
            tenant_id=route.tenant_id,
            channel_id=route.channel_id,
            status="delivered" if due.status == "Delivered" else "failed",
            occurred_at=due.occurred_at,
            error=due.error,
        )
        advanced = await insist(lambda: self._state.advance(wamid, update))
        await self.settle(advanced.receipt, route)

    async def _wamid(self, source_id: str, part: int, route: Route) -> str | None:
        try:
            found = await insist(lambda: self._state.message(source_id, tenant_id=route.tenant_id))
        except NotFound:
            return None
        return next((one.target_id for one in found.parts if one.part == part), None)

    async def _send(self, due: ReceiptDue, route: Route) -> None:
        outcome = await self._genesys.receipt(route.to_genesys(_body(due)))
        error = outcome.error
        if error is not None and error.retryable:
            raise later(error, "receipt not taken")
        fate = "sent" if error is None else "refused"
        code = None if error is None else error.provider_code
        log.info("receipt", extra={"status": due.status, "fate": fate, "code": code})


def _body(due: ReceiptDue) -> Json:
    to = due.to or open_address(due.customer)
    if due.status == "Delivered":
        return receipts.delivered(due.source_id, to=to, time=due.occurred_at)
    error = due.error or {}
    return receipts.failed(
        due.source_id,
        to=to,
        time=due.occurred_at,
        reason=error.get("reason"),
        words=error.get("agent_words") or "",  # no code: an agent cannot look one up
    )
