"""Who a customer is from now on, and what they want to hear: changes of ids and preferences.

Every member may be absent or of another type; nothing raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from shared.whatsapp.items import customer_of, message_type
from shared.wire.body import Json
from shared.wire.fields import moment, obj, text


@dataclass(frozen=True, slots=True)
class Ids:
    """How Meta names one person: digits of a number, a BSUID, or both."""

    wa_id: str | None = None
    bsuid: str | None = None

    @property
    def known(self) -> bool:
        """Whether there is one at all."""
        return bool(self.wa_id or self.bsuid)


@dataclass(frozen=True, slots=True)
class IdChange:
    """A person has another id from now on; each side has at least one."""

    previous: Ids
    current: Ids
    occurred_at: datetime | None


def id_change(message: Json) -> IdChange | None:
    """The change that a `system` message tells, in its shapes of every year (b.2).

    None for any other message, and for one that does not name both sides. The old BSUID that
    stands in the body's words alone is not taken: a customer's name stands there too, and could
    be made to look like somebody else's id.
    """
    if message_type(message) != "system":
        return None
    system = obj(message.get("system"))
    current = _ids(*(system.get(key) for key in ("wa_id", "new_wa_id", "user_id")))
    before = _ids(
        message.get("from"),
        system.get("customer"),
        system.get("previous_user_id"),
        message.get("from_user_id"),
    )
    return _change(before, current, moment(message.get("timestamp")))


def id_update(element: Json) -> IdChange | None:
    """The change of one element of `user_id_update`; the number stays the same (b.6)."""
    wa_id, user_id = element.get("wa_id"), obj(element.get("user_id"))
    return _change(
        _ids(wa_id, user_id.get("previous")),
        _ids(wa_id, user_id.get("current")),
        moment(element.get("timestamp")),
    )


def _change(before: Ids, now: Ids, occurred_at: datetime | None) -> IdChange | None:
    new = {now.wa_id, now.bsuid} - {before.wa_id, before.bsuid, None}
    return IdChange(before, now, occurred_at) if new and before.known else None


def _ids(*ids: Any) -> Ids:
    customer = customer_of({}, *ids)
    return Ids(customer.wa_id, customer.bsuid)


PreferenceValue = Literal["stop", "resume"]


@dataclass(frozen=True, slots=True)
class PreferenceChange:
    """A customer stops or resumes messages of a category, such as `marketing_messages`."""

    wa_id: str | None
    bsuid: str | None
    category: str
    value: PreferenceValue
    occurred_at: datetime | None


def preference(element: Json) -> PreferenceChange | None:
    """One element of `user_preferences`; None when it names nobody or a value of another kind."""
    ids = _ids(element.get("wa_id"), element.get("user_id"))
    said = (text(element.get("value")) or "").strip().lower()
    value = next((one for one in get_args(PreferenceValue) if one == said), None)
    if value is None or not ids.known:
        return None
    category = " ".join((text(element.get("category")) or "").split())[:MAX_CATEGORY]
    return PreferenceChange(
        ids.wa_id,
        ids.bsuid,
        category or "marketing_messages",
        value,
        moment(element.get("timestamp")),
    )


MAX_CATEGORY = 64
