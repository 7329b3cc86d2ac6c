"""The words of notes about templates, numbers, accounts, calls and groups.

Each reader is given a field's whole value and yields the parts of one line; no value raises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from shared.transforms.notes import free
from shared.whatsapp.items import status_subject
from shared.wire.body import Json
from shared.wire.fields import obj, objects, text

Words = Iterable[str | None]


def plain(event: str) -> str:
    """`FIRST_PAUSE` as people write it."""
    return event.replace("_", " ").lower()


def under(*path: str) -> Callable[[Json], str | None]:
    """Reader of the text at a path of members."""

    def read(value: Json) -> str | None:
        *way, last = path
        for key in way:
            value = obj(value.get(key))
        return text(value.get(last))

    return read


event = under("event")


def template(value: Json) -> Words:
    """The template, why it changed, and what Meta advises."""
    name, language = (text(value.get(f"message_template_{key}")) for key in ("name", "language"))
    yield f"template {name or 'without a name'}" + (f" ({language})" if language else "")
    for path in (("reason",), ("other_info", "title"), ("rejection_info", "reason")):
        said = under(*path)(value)
        yield free(plain(said)) if said and said.upper() != "NONE" else None
    yield free(under("other_info", "description")(value))
    yield free(under("rejection_info", "recommendation")(value))
    yield free(under("disable_info", "disable_date")(value))


def quality(value: Json) -> Words:
    """The template and its quality before and after."""
    yield from template(value)
    yield _from_to(value, "previous_quality_score", "new_quality_score")


def category(value: Json) -> Words:
    """Impending: `new_category` is today's and `correct_category` the one to come; else done."""
    yield from template(value)
    if text(value.get("correct_category")):
        yield _from_to(value, "new_category", "correct_category")
    else:
        yield _from_to(value, "previous_category", "new_category")


def category_event(value: Json) -> str:
    """Which of the two shapes it is; it has no event of its own."""
    return "IMPENDING" if text(value.get("correct_category")) else "CHANGED"


def _from_to(value: Json, before: str, after: str) -> str:
    old, new = text(value.get(before)), text(value.get(after))
    return (f"from {plain(old)} " if old else "") + f"to {plain(new or 'unknown')}"


def number(value: Json) -> Words:
    """The business's own number, which is no secret and no customer's."""
    shown = text(value.get("display_phone_number"))
    yield f"number {shown}" if shown else None


def limits(value: Json) -> Words:
    """How many people a number may write to, and how many numbers there may be."""
    yield from number(value)
    for key in _LIMITS:
        said = text(value.get(key))
        yield f"{plain(key)} {plain(said)}" if said else None


_LIMITS = (
    *("old_limit", "current_limit", "max_daily_conversation_per_phone"),
    *("max_daily_conversations_per_phone", "max_daily_conversations_per_business"),
    *("max_phone_numbers_per_business", "max_phone_numbers_per_waba"),
)


def name(value: Json) -> Words:
    """The display name that was asked for, and why it was refused."""
    yield from number(value)
    yield free(value.get("requested_verified_name"))
    reason = text(value.get("rejection_reason"))
    yield free(plain(reason)) if reason and reason.upper() != "NONE" else None


def account(value: Json) -> Words:
    """Bans, violations and restrictions of the account."""
    for path in (("ban_info", "waba_ban_date"), ("violation_info", "violation_type")):
        yield free(plain(under(*path)(value) or ""))
    for state in _states(value):
        yield plain(state)
    for restriction in objects(value.get("restriction_info")):
        yield free(plain(text(restriction.get("restriction_type")) or ""))


def _states(value: Json) -> list[str]:
    states = obj(value.get("ban_info")).get("waba_ban_state")
    return [
        said for one in (states if isinstance(states, list) else [states]) if (said := text(one))
    ]


def account_event(value: Json) -> str | None:
    """The event; a ban that is lifted is told apart from one that is set."""
    lifted = "REINSTATE" in _states(value)
    return "REINSTATED" if lifted else event(value)


def alert(value: Json) -> Words:
    """What the alert is about."""
    info = obj(value.get("alert_info")) or value
    for key in ("alert_type", "alert_status", "entity_type"):
        yield free(plain(text(info.get(key)) or text(value.get(key)) or ""))
    yield free(info.get("alert_description"))


def alert_event(value: Json) -> str | None:
    """How severe Meta calls it, in the newer or the older place."""
    return under("alert_info", "alert_severity")(value) or under("alert_severity")(value)


def username(value: Json) -> Words:
    """The business's own username."""
    yield from number(value)
    yield free(value.get("username"))


def calls(value: Json) -> Words:
    """How many calls."""
    yield f"{len(_all_calls(value))} in this change, nobody takes calls here"


def calls_event(value: Json) -> str | None:
    """What happened to the first of them, in either shape (contracts/meta.md b.5)."""
    return next((event(one) or under("status")(one) for one in _all_calls(value)), None)


def _all_calls(value: Json) -> list[Json]:
    return [*objects(value.get("calls")), *objects(value.get("statuses"))]


def statuses(value: Json) -> Words:
    """Of each the business's own name for it; not whose it is."""
    for one in objects(value.get("statuses")):
        yield free(text(obj(one.get("payment")).get("reference_id")))


def status_event(value: Json) -> str | None:
    """What the first of them is about, and what became of it: `payment failed`."""
    first = next(iter(objects(value.get("statuses"))), {})
    said = (status_subject(first), text(first.get("status")))
    return " ".join(one for one in said if one) or None


def groups(value: Json) -> Words:
    """How many groups."""
    yield f"{len(objects(value.get('groups')))} in this change"


def groups_event(value: Json) -> str | None:
    """What happened to the first of them."""
    return next((text(one.get("type")) for one in objects(value.get("groups"))), None)


def address_book(value: Json) -> Words:
    """How many contacts were added or removed; not which."""
    actions = Counter(
        text(one.get("action")) or "change" for one in objects(value.get("state_sync"))
    )
    yield from (f"contacts to {plain(one)}: {count}" for one, count in sorted(actions.items()))


def told(value: Json) -> Words:
    """Fields of which the event is what matters."""
    for key in ("message", "alert_state", "new_status"):
        yield free(value.get(key))
