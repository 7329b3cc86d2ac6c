"""Tells Genesys what became of its messages: one final receipt each, owed until it is taken."""

from __future__ import annotations

from shared.genesys.build import open_address
from shared.messaging.outcomes import later
from shared.runtime.logging import logger
from shared.services.delivery import GenesysApiClient
from shared.services.patience import insist
from shared.services.route import Route
from shared.services.state import ReceiptConfirmed, ReceiptDue, StateClient
from shared.transforms import receipts
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
        outcome = await self._genesys.receipt(route.to_genesys(_body(due)))
        error = outcome.error
        if error is not None and error.retryable:
            raise later(error, "receipt not taken")
        fate = "sent" if error is None else "refused"
        code = None if error is None else error.provider_code
        log.info("receipt", extra={"status": due.status, "fate": fate, "code": code})
        confirmed = ReceiptConfirmed(
            tenant_id=route.tenant_id,
            channel_id=route.channel_id,
            source_id=due.source_id,
            status=due.status,
        )
        await insist(lambda: self._state.confirm_receipt(confirmed))


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
