"""Which items of one webhook are one person's, by every id that they name: they share a line.

What names two ids of one person must stay in order with what names either of them alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from shared.tenancy.models import Resolution
from shared.whatsapp.identities import IdChange, id_change, id_update
from shared.whatsapp.items import MAX_ID, sender
from shared.whatsapp.payloads import Item, MessageItem, OtherChange, elements
from shared.wire.body import Json
from shared.wire.customer import canonical_id, spellings
from shared.wire.fields import obj, text
from shared.wire.sizes import ITEMS, is_small

ID_UPDATES = "user_id_update"


@dataclass
class Group:
    """Items of one person and channel.

    `ids`: all that they name, in the order in which a line is looked for; `own`: the line when none
    of them has one. `changes`: what WhatsApp says of new ids. `paths`: where the items stand.
    """

    owner: Resolution
    own: str
    ids: dict[str, None]
    changes: list[IdChange] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


def split(item: OtherChange, most: int = ITEMS) -> list[OtherChange]:
    """News of several people's user ids as one change a person; any other change as it is.

    So is news of more than `most` people, and news with much beside it, which each would repeat.
    """
    if item.field != ID_UPDATES or _change_of(item) is not None:
        return [item]
    told = list(islice(elements(ID_UPDATES, item.value.get(ID_UPDATES)), most + 1))
    if len(told) > most or not told or any(not _is_update(one) for _, one in told):
        return [item]
    apart = ("contacts", ID_UPDATES)
    rest = {key: value for key, value in item.value.items() if key not in apart}
    if not is_small(rest):
        return [item]
    return [
        replace(item, path=f"{item.path}.{place}", value=rest | {ID_UPDATES: [one]})
        for place, one in told
    ]


def _is_update(value: Any) -> bool:
    return isinstance(value, dict) and id_update(value) is not None


def groups_of(items: Iterable[tuple[Item, Resolution]]) -> list[Group]:
    """The people of one webhook's items, each with their items in the webhook's order.

    Items that name nobody are in none. An item that tells of a change decides where all go: with
    what is under way of the ids that it makes current, else of those before.
    """
    alone = [group for item, owner in items if (group := _alone(item, owner)) is not None]
    same = _Same()
    for group in alone:
        same.join(_keys(group))
    people: dict[_Key, list[Group]] = {}
    for group in alone:
        people.setdefault(same.root(_keys(group)[0]), []).append(group)
    return [_joined(groups) for groups in people.values()]


def own_lines(groups: Sequence[Group]) -> dict[str, str]:
    """The line of each item by its path, where nothing is known beside the webhook itself."""
    return {path: group.own for group in groups for path in group.paths}


_Key = tuple[str | None, str]  # a channel, and an id there


class _Same:
    """Which ids are one person's: each knows another one, up to one that knows itself."""

    def __init__(self) -> None:
        self._of: dict[_Key, _Key] = {}

    def root(self, key: _Key) -> _Key:
        """The one id that stands for all that were joined with this one."""
        above = self._of.setdefault(key, key)
        while above != key:
            self._of[key] = self._of[above]  # halves the way for whoever asks next
            key, above = above, self._of[above]
        return key

    def join(self, keys: Sequence[_Key]) -> None:
        """They are one person's."""
        first = self.root(keys[0])
        for key in keys[1:]:
            self._of[self.root(key)] = first


def _keys(group: Group) -> list[_Key]:
    return [(group.owner.channel_id, one) for one in group.ids]


def _joined(groups: Sequence[Group]) -> Group:
    """One person's items as one group; they stand in the webhook's order."""
    leads = next((one for one in groups if one.changes), groups[0])
    return Group(
        leads.owner,
        leads.own,
        dict.fromkeys([*leads.ids, *(id_ for one in groups for id_ in one.ids)]),
        [change for one in groups for change in one.changes],
        [path for one in groups for path in one.paths],
    )


def _alone(item: Item, owner: Resolution) -> Group | None:
    if owner.channel_id is None:
        return None
    change, named = _change_of(item), list(_named(item))
    if change is None:
        own = next(iter(named), None)
    else:
        own = change.previous.bsuid or change.previous.wa_id
        current, before = change.current, change.previous
        ids = (current.bsuid, current.wa_id, before.bsuid, before.wa_id)
        named = [*(one for one in ids if one), *named]
    if own is None:
        return None
    also = [other for one in named for other in spellings(one)]
    changes = [change] if change else []
    return Group(owner, own, dict.fromkeys([*named, *also]), changes, [item.path])


def _change_of(item: Item) -> IdChange | None:
    if isinstance(item, MessageItem):
        return id_change(item.message)
    if isinstance(item, OtherChange) and item.field == ID_UPDATES:
        told = item.value.get(ID_UPDATES)
        one = told[0] if isinstance(told, list) and len(told) == 1 else told
        return id_update(one) if isinstance(one, dict) else None
    return None


def _named(item: Item) -> Iterator[str]:
    """Every id that an item names its person by; the first is what it is ordered by alone."""
    if isinstance(item, OtherChange):
        told = obj(next((one for _, one in elements("", item.value.get(ID_UPDATES))), None))
        yield from _plain(obj(told.get("parent_user_id")), ("previous", "current"))
    elif isinstance(item, MessageItem):
        person = sender(item.message, item.contact)
        yield from (one for one in (person.bsuid, person.wa_id) if one)
        yield from _plain(item.message, ("from", "from_user_id", "from_parent_user_id"))
        yield from _plain(obj(item.contact), ("wa_id", "user_id", "parent_user_id"))
        yield from _plain(
            obj(item.message.get("system")), ("parent_user_id", "previous_parent_user_id")
        )


def _plain(place: Json, keys: Iterable[str]) -> Iterator[str]:
    said: Iterator[Any] = (text(place.get(key)) for key in keys)
    known = (canonical_id(one) for one in said if one)
    yield from (one for one in known if 0 < len(one) <= MAX_ID and one.isprintable())
