"""Conversations as Genesys keeps them: by integration and user, within the threading window."""

from __future__ import annotations

import secrets
import time
import uuid
from dataclasses import dataclass

from local.sandbox.room.house import House
from local.sandbox.room.limits import Bounded

HOUR_S = 3600


def new_id() -> str:
    """A Genesys message id: 32 hex digits."""
    return secrets.token_hex(16)


@dataclass(slots=True)
class Conversation:
    """`disconnected_at`: monotonic; None while an agent holds it (it then never ends by time)."""

    id: str
    integration_id: str
    user_id: str
    id_type: str
    disconnected_at: float | None = None


class Conversations:
    """All conversations of all orgs (genesys (e), threading)."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._by_user: Bounded[Conversation] = Bounded(200_000)
        self._by_id: Bounded[Conversation] = Bounded(200_000)

    def find(self, conversation_id: str) -> Conversation | None:
        """Look one up by its id."""
        return self._by_id.get(conversation_id)

    def current(self, integration_id: str, user_id: str) -> Conversation | None:
        """The one a message of this user would join, if there is one."""
        known = self._by_user.get(f"{integration_id}:{user_id}")
        if known is None or known.disconnected_at is None:
            return known
        window = self._house.settings.genesys.threading_hours * HOUR_S
        return known if time.monotonic() - known.disconnected_at < window else None

    def joined(self, integration_id: str, user_id: str, id_type: str | None) -> Conversation:
        """The current one, reconnected, or a new one."""
        known = self.current(integration_id, user_id)
        if known is None:
            kind = id_type or ("Phone" if user_id.startswith("+") else "Opaque")
            known = Conversation(str(uuid.uuid4()), integration_id, user_id, kind)
            self._by_user.obtain(f"{integration_id}:{user_id}", lambda: known)
            self._by_user[f"{integration_id}:{user_id}"] = known
            self._by_id.obtain(known.id, lambda: known)
        known.disconnected_at = None
        known.id_type = id_type or known.id_type
        return known

    def disconnect(self, conversation: Conversation) -> None:
        """The last agent left."""
        conversation.disconnected_at = time.monotonic()
