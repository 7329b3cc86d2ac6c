"""Statuses that wait for a message: known by ids that went, or by the number within a wamid."""

from __future__ import annotations

import base64
import binascii
import re

from parley.erasing.case import Case

PAGE = 1000
_DIGITS = re.compile(rb"[0-9]{6,20}")


async def clear_statuses(case: Case) -> None:
    """Take the person's out of `waiting_statuses`."""
    ids, after = set(case.seen), ""
    while True:
        found = await case.owner.rows(
            "select erasure_waiting_ids(:tenant, :after, :limit) as message_id",
            idempotent=True,
            tenant=case.tenant_id,
            after=after,
            limit=PAGE,
        )
        ids |= {row["message_id"] for row in found if _theirs(case, row["message_id"])}
        if len(found) < PAGE:
            break
        after = found[-1]["message_id"]
    if ids:
        case.removed["waiting_statuses"] += await case.owner.call(
            "erasure_waiting", tenant_id=case.tenant_id, ids=tuple(ids), dry=case.dry
        )


def _theirs(case: Case, message_id: str) -> bool:
    if case.marks.has("message", message_id):
        return True
    return any(case.marks.has("address", one) for one in numbers_in(message_id))


def numbers_in(wamid: str) -> list[str]:
    """Digits that a wamid holds in base64; none for one that can not be read."""
    told = wamid.removeprefix("wamid.")
    try:
        raw = base64.b64decode(told + "=" * (-len(told) % 4))
    except (binascii.Error, ValueError):
        return []
    return [found.decode() for found in _DIGITS.findall(raw)]
