"""Takes one person's items out of a webhook's body and leaves everybody else's as they came.

What a list holds is the smallest unit. An item is its sender's or receiver's: a stranger's message
that mentions the person (a shared contact, say) is the stranger's, and stays whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from shared.erasure.marks import Marks
from shared.wire.body import Json
from shared.wire.customer import canonical_id, is_bsuid
from shared.wire.fields import obj, objects, text

# Where the items of a webhook name a customer (contracts/meta.md b).
ADDRESSES = (
    *("from", "to", "wa_id", "user_id", "from_user_id", "to_user_id", "from_parent_user_id"),
    *("recipient_id", "recipient_user_id", "recipient_parent_user_id", "recipient_participant_id"),
    *("parent_user_id", "contact", "phone_number", "system"),
)
CARDS = "contacts"
BESIDE_CARDS = ("messages", "statuses", "message_echoes", "calls")
MAX_DEPTH = 64  # deeper than any webhook; what lies below stays unread


@dataclass
class Cut:
    """What is left (None: nothing of anybody), how many items went, and their messages' ids."""

    left: Any
    removed: int = 0
    ids: list[str] = field(default_factory=list)


Mine = Callable[[Json, Json], bool]


def suspects(body: Any, marks: Marks) -> Iterator[str]:
    """Ids of messages that are the person's by their address alone.

    A number may have been another's before: who knows these ids as someone else's says so to `cut`.
    """
    for item in _items(body, 0):
        id_ = text(item.get("id"))
        if id_ and not marks.has("message", id_) and _addressed(item, marks):
            yield id_


def cut(body: Any, marks: Marks, others: frozenset[str], mine: Mine | None = None) -> Cut:
    """The body without the person's items. `others`: ids that are somebody else's messages.

    `mine` says of an entry and a change whether it is the tenant's; None: all are.
    """
    done = Cut(None)
    if not isinstance(body, dict):
        done.left = body
        return done
    entries = [
        kept
        for entry in objects(body.get("entry"))
        if (kept := _entry(entry, marks, others, mine, done)) is not None
    ]
    if done.removed:
        done.left = {**body, "entry": entries} if entries else None
    else:
        done.left = body
    return done


def cut_value(value: Any, marks: Marks, others: frozenset[str]) -> Cut:
    """The same of the value of one change."""
    done = Cut(None)
    left = _without(value, marks, others, done, 0)
    done.left = left if not done.removed or _tells(left) else None
    return done


def _entry(
    entry: Json, marks: Marks, others: frozenset[str], mine: Mine | None, done: Cut
) -> Json | None:
    kept, gone = [], False
    for change in objects(entry.get("changes")):
        if mine is not None and not mine(entry, change):
            kept.append(change)
            continue
        part = cut_value(change.get("value"), marks, others)
        done.removed += part.removed
        done.ids += part.ids
        gone = gone or bool(part.removed)
        if part.left is not None or not part.removed:
            kept.append({**change, "value": part.left} if part.removed else change)
    if not gone:
        return entry
    return {**entry, "changes": kept} if kept else None


def theirs(item: Json, marks: Marks, others: frozenset[str]) -> bool | None:
    """Whether an item is the person's; None: it names nobody, so look into it."""
    id_ = text(item.get("id"))
    if marks.has("message", id_):
        return True
    if not any(_named(item)) and not ("messages" in item and id_):
        return None
    return id_ not in others and _addressed(item, marks)


def _addressed(item: Json, marks: Marks) -> bool:
    thread = text(item.get("id")) if "messages" in item else None  # of an imported history
    return any(marks.has("address", one) for one in (*_named(item), thread))


def _named(item: Json) -> Iterator[str]:
    for name in ADDRESSES:
        value = item.get(name)
        inner = value.values() if isinstance(value, dict) else (value,)
        yield from (one for one in inner if isinstance(one, str) and one)


def _items(value: Any, depth: int) -> Iterator[Json]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        yield from (one for one in value if isinstance(one, dict))
    for one in value.values() if isinstance(value, dict) else value:
        if isinstance(one, dict | list):
            yield from _items(one, depth + 1)


def _without(value: Any, marks: Marks, others: frozenset[str], done: Cut, depth: int) -> Any:
    if depth > MAX_DEPTH:
        return value
    if isinstance(value, dict):
        left = {
            key: one if key == CARDS else _without(one, marks, others, done, depth + 1)
            for key, one in value.items()
        }
        if isinstance(value.get(CARDS), list):
            left[CARDS] = _cards(value, left, marks, done)
        return left
    if not isinstance(value, list):
        return value
    kept = []
    for one in value:
        whose = theirs(one, marks, others) if isinstance(one, dict) else None
        if whose:
            done.removed += 1
            done.ids += [id_ for id_ in (text(one.get("id")),) if id_]
        else:
            into = whose is None
            kept.append(_without(one, marks, others, done, depth + 1) if into else one)
    return kept


def _cards(before: Json, left: Json, marks: Marks, done: Cut) -> list[Any]:
    """The contacts that are left: each goes, or stays, with the items that it names the people of.

    A number alone does not say whose card it is: it may have changed hands since.
    """
    gone, there = _people(before) - _people(left), _people(left)
    kept = []
    for card in before[CARDS]:
        names = set(map(canonical_id, _named(card))) if isinstance(card, dict) else set()
        ids = {one for one in names if is_bsuid(one)}
        if ids:
            theirs_ = any(marks.has("address", one) for one in ids)
        elif names & (gone | there):
            theirs_ = not names & there
        else:
            theirs_ = any(marks.has("address", one) for one in names)
        done.removed += theirs_
        kept += [] if theirs_ else [card]
    return kept


def _people(value: Json) -> set[str]:
    """Whom the items beside the contacts name."""
    items = (one for key in BESIDE_CARDS for one in objects(value.get(key)))
    return {canonical_id(name) for item in items for name in _named(item)}


def _tells(value: Any) -> bool:
    """Whether any list of what is left still holds something."""
    if isinstance(value, list):
        return any(_counts(one) for one in value)
    return any(_tells(one) for one in obj(value).values() if isinstance(one, dict | list))


def _counts(one: Any) -> bool:
    """An item of somebody's does; a frame around items does with what it holds."""
    if not isinstance(one, dict) or any(_named(one)):
        return bool(one)
    framed = any(isinstance(inner, list) for inner in one.values())
    return _tells(one) if framed else bool(one)
