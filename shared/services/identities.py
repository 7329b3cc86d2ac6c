"""A person's new number or user id, as state is told it: by the door, and again by its event."""

from __future__ import annotations

from datetime import datetime

from shared.services.state import Identity, IdentityChange
from shared.whatsapp.identities import IdChange


def link_of(change: IdChange, tenant_id: str, received_at: datetime) -> IdentityChange:
    """The request. `received_at` stands in for a change that does not say when it was."""
    return IdentityChange(
        tenant_id=tenant_id,
        previous=Identity(wa_id=change.previous.wa_id, bsuid=change.previous.bsuid),
        current=Identity(wa_id=change.current.wa_id, bsuid=change.current.bsuid),
        occurred_at=change.occurred_at or received_at,
    )
