"""Who is meant: every name, address, message and conversation of the person, as marks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from parley.environment import Environment
from shared.erasure.marks import Marker
from shared.limits.values import Lane
from shared.media.store import name_of
from shared.messaging.lines import pointer, pointers
from shared.runtime.errors import SettingsError, Unavailable
from shared.storage.database import Database
from shared.wire.customer import canonical_id, is_bsuid, is_wa_id, spellings
from shared.wire.phone import phone_digits

REDIS_S = 2.0
AT_ONCE = 500


@dataclass(frozen=True)
class Person:
    """What the database knows of them. Only in memory: what is written down are marks."""

    names: Sequence[str]
    numbers: Sequence[str]
    bsuids: Sequence[str]
    messages: Sequence[str]
    events: Sequence[str]
    conversations: Sequence[str]
    channels: Sequence[dict[str, Any]]

    @classmethod
    async def find(cls, owner: Database, tenant_id: str, named: str) -> Person:
        """By a number (digits) or a user id."""
        numbers = () if is_bsuid(named) else (named, *spellings(named))
        bsuids = (named,) if is_bsuid(named) else ()
        told = await owner.call(
            "erasure_person", tenant_id=tenant_id, numbers=numbers, bsuids=bsuids
        )
        return cls(**told)

    def marks(self, marker: Marker) -> frozenset[str]:
        """All that an event or a body may name the person by."""
        addresses = {*self.numbers, *self.bsuids}
        addresses |= {other for one in self.numbers for other in spellings(one)}
        return frozenset(
            marker.all("address", addresses)
            | marker.all("name", self.names)
            | marker.all("message", self.messages)
            | marker.all("conversation", self.conversations)
        )

    def files(self, tenant_id: str) -> frozenset[str]:
        """How the names of their files in S3 begin."""
        return frozenset(name_of(tenant_id, message) for message in self.messages)

    def keys(self, tenant_id: str) -> list[str]:
        """Keys of Redis that are made of what names them; the longest live for two days."""
        who = {*self.names, *self.numbers, *self.bsuids}
        keys = [f"mapping:conv:{one}" for one in self.conversations]
        keys += [f"mapping:conv:{tenant_id}:{one}" for one in self.conversations]
        for channel in self.channels:
            number = channel["phone_number_id"]
            keys += [f"mapping:wa:{tenant_id}:{channel['id']}:{one}" for one in who]
            keys += [pointer(tenant_id, str(channel["id"]), one) for one in who]
            keys += [f"limit:{{{number}}}:{Lane.of(number, 1, one).customer}" for one in who]
        return keys


def named(phone: str | None, wa_id: str | None, user_id: str | None) -> str:
    """What the person was named by, in the one form that is kept. Raises SettingsError."""
    if user_id is not None:
        if not is_bsuid(user_id):
            raise SettingsError(
                "--user-id is no user id of WhatsApp's, such as DE.13491208655302741918"
            )
        return user_id
    if wa_id is not None:  # as WhatsApp told it: taken as it is
        plain = canonical_id(wa_id)
        if not is_wa_id(plain):
            raise SettingsError("--wa-id is no number of WhatsApp's, such as 491511234567")
        return plain
    digits = phone_digits(phone or "")
    if digits is None:
        raise SettingsError(
            "that is no international number for sure: write it like +49 151 1234567"
        )
    return digits


def forget_keys(environment: Environment, person: Person, tenant_id: str, *, dry: bool) -> int:
    """Delete the keys of Redis that name them; how many there were. Raises Unavailable.

    An id that the database does not know, such as a parent's, may lead to their line: such keys are
    found by what they hold.
    """
    setting = environment.need("REDIS_URL")
    client = Redis.from_url(setting.value, socket_timeout=REDIS_S, socket_connect_timeout=REDIS_S)
    try:
        with client:
            wanted = [*person.keys(tenant_id), *_leading(client, person, tenant_id)]
            return sum(
                int(client.exists(*some) if dry else client.delete(*some))
                for start in range(0, len(wanted), AT_ONCE)
                if (some := list(dict.fromkeys(wanted[start : start + AT_ONCE])))
            )
    except (RedisError, OSError) as error:
        raise Unavailable(
            f"Redis does not answer ({type(error).__name__}): start it, or change REDIS_URL "
            f"({setting.source})"
        ) from None


def _leading(client: Redis, person: Person, tenant_id: str) -> Iterator[str]:
    """Pointers of any id to a line that is named by one of theirs."""
    named = {*person.names, *person.numbers, *person.bsuids}
    own = set(person.keys(tenant_id))
    for key in client.scan_iter(match=pointers(tenant_id), count=AT_ONCE):
        name, line = _text(key), client.get(key)
        if name not in own and line is not None and _text(line) in named:
            yield name


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
