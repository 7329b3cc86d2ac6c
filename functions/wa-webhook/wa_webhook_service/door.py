"""One POST of Meta's: check who signed, sort by tenant, make durable, say so.

Nothing in a body is parsed or believed before its signature; afterwards no content is a reason to
refuse, because Meta would send the whole body again for seven days (contracts/meta.md a.4).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.doors.arrival import Arrival
from shared.doors.sorting import Sorted, own_changes, sort
from shared.doors.whatsapp_events import INBOUND, posts_of, told_apart
from shared.messaging.intake import PLATFORM, Intake, Post, Raw, RawKeys, Unfit, digest
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES
from shared.runtime.clock import utcnow
from shared.runtime.errors import Forbidden, Unauthorised
from shared.runtime.logging import bind, logger, one_of
from shared.runtime.metrics import counter
from shared.runtime.refusals import asked, claimed, refusals
from shared.runtime.repeats import repeats
from shared.runtime.turns import in_turns
from shared.tenancy.directory import Directory
from shared.tenancy.models import PLATFORM_APP, Resolution, SigningSecrets
from shared.whatsapp.field_names import FIELDS
from shared.whatsapp.payloads import (
    AnyItem,
    Beyond,
    Broken,
    Item,
    MessageItem,
    OtherChange,
    PayloadError,
    StatusItem,
    guess_phone,
    guess_waba,
    loads,
    walk,
)
from shared.whatsapp.signature import verify
from shared.wire import sizes
from shared.wire.body import HEAVIEST, weight
from shared.wire.signing import fault
from wa_webhook_service.people import People

log = logger()

ITEMS = counter(
    "whatsapp_items", "Items of Meta's webhooks by what became of them", ("kind", "fate")
)
UNFIT = counter("unfit_items", "Items of Meta's webhooks that no event can hold", ("type",))


@dataclass(frozen=True)
class Kept:
    """Where the bytes of a body lie, and what of it no event can hold."""

    raws: list[Raw]
    unfit: list[Unfit]


@dataclass(frozen=True)
class Door:
    """What a POST needs."""

    directory: Directory
    intake: Intake
    keys: RawKeys
    people: People

    async def receive(
        self, app: str | None, raw: bytes, signature: str | None, weigh: Callable[[int], None]
    ) -> None:
        """Take a body. Raises Unauthorised (bad signature), Unavailable (nothing took it).

        `weigh`: counts the memory that it takes, and raises Unavailable where that is too much.
        """
        app = app or await self._app_of(raw)

        def signed(secrets: SigningSecrets) -> bool:
            accepted = [secret.get_secret_value() for secret in secrets.accepted()]
            return verify(raw, signature, accepted)

        if await self.directory.verified("meta", app, signed) is None:
            await self._tell_refused(app, raw, signature)
            raise Unauthorised
        weigh(min(weight(raw), HEAVIEST))
        await self._take(app, _read(raw), raw)

    async def challenge(self, app: str | None, query: Any) -> str:
        """Answer of the subscription check (contracts/meta.md a.1). Raises Forbidden."""
        token = query.get("hub.verify_token", "").encode()

        def known(secrets: SigningSecrets) -> bool:
            wanted = secrets.verify_token
            return wanted is not None and hmac.compare_digest(
                wanted.get_secret_value().encode(), token
            )

        subscribes = query.get("hub.mode") == "subscribe"
        name = app or PLATFORM_APP
        if not subscribes or await self.directory.verified("meta", name, known) is None:
            reason = await self._unknown_app(name) or "wrong_token"
            reason = reason if subscribes else "not_a_subscription"
            refusals.warning("verification_refused", reason=reason, extra={"app": claimed(name)})
            raise Forbidden("this is not the verify token of the app")
        return str(query.get("hub.challenge", ""))

    async def _unknown_app(self, app: str) -> str | None:
        known = await asked(self.directory.signing_secrets("meta", app))
        return "unknown_app" if known is None else None

    async def _tell_refused(self, app: str, raw: bytes, signature: str | None) -> None:
        """Why, and whose it says it is: of that nothing is proved."""
        phone_number_id, waba_id = guess_phone(raw), guess_waba(raw)
        number = phone_number_id or ""
        owner = await asked(self.directory.by_phone(number)) if number else None
        reason = await self._unknown_app(app) or fault(signature)
        whose = {
            "app": claimed(app),
            "claimed_phone_number_id": claimed(phone_number_id),
            "claimed_waba_id": claimed(waba_id),
            "claimed_tenant": None if owner is None else owner.tenant_slug,
        }
        beside = {"bytes": len(raw)}
        refusals.warning("signature_refused", reason=reason, extra=whose, beside=beside)

    async def _app_of(self, raw: bytes) -> str:
        """Whose secret to check with; the unverified ids choose it, and nothing else.

        Once the body is read each item must be of this app by the ids that it really has.
        """
        phone_number_id = guess_phone(raw)
        owner = await self.directory.by_phone(phone_number_id) if phone_number_id else None
        if owner is None and (waba_id := guess_waba(raw)):
            owner = await self.directory.by_waba(waba_id)
        return owner.meta_app if owner is not None else PLATFORM_APP

    async def _take(self, app: str, body: Any, raw: bytes) -> None:
        async def owner_of(item: Item) -> Resolution | None:
            return await self._owner(app, item)

        found = await sort(walk(body, sizes.ITEMS), owner_of)
        apart = [one for share in found.shares.values() for one in told_apart(share.items)]
        async with self.people.in_order(apart, utcnow()) as lines:
            kept = await self._keep(found, body, raw, lines)
        await self._tell_strays(app, found.strays)
        _tell(found)
        _tell_unfit(kept.unfit)
        _tell_beyond(found, kept.raws)

    async def _keep(self, found: Sorted, body: Any, raw: bytes, lines: Mapping[str, str]) -> Kept:
        """Make all durable, the events on their `lines`."""
        now = utcnow()
        raws: list[Raw] = []
        posts: list[Post] = []
        if not found.whole:
            raws.append(Raw(INBOUND, self.keys.new(PLATFORM, digest(raw)), raw))
        for tenant_id, share in found.shares.items():
            own = raw if found.whole else own_changes(body, (item for item, _ in share.items))
            key = self.keys.new(tenant_id, digest(own))
            raws.append(Raw(INBOUND, key, own, tenant_id))
            made = posts_of(share.items, Arrival(now, INBOUND, key), lines)
            posts += [post async for post in in_turns(made)]
        return Kept(raws, await self.intake.take(raws, posts, spare=INBOUND_WHATSAPP_MESSAGES))

    async def _owner(self, app: str, item: Item) -> Resolution | None:
        """The item's tenant, if the app that signed may speak for it."""
        owner = await self._named(item)
        return owner if owner is not None and owner.meta_app == app else None

    async def _named(self, item: Item) -> Resolution | None:
        """Whose the ids of an item are, whoever signed."""
        if item.phone_number_id:
            return await self.directory.by_phone(item.phone_number_id)
        return await self.directory.by_waba(item.waba_id) if item.waba_id else None

    async def _tell_strays(self, app: str, strays: list[AnyItem]) -> None:
        """A line for each number or account that is nobody's here, or another app's."""
        by_id: dict[tuple[str | None, str | None], list[AnyItem]] = {}
        for item in strays:
            by_id.setdefault((item.phone_number_id, item.waba_id), []).append(item)
        for items in by_id.values():
            await self._tell_stray(app, items)

    async def _tell_stray(self, app: str, items: list[AnyItem]) -> None:
        first = items[0]
        owner = await asked(self._named(first))
        number, account = claimed(first.phone_number_id), claimed(first.waba_id)
        unknown = "unknown_number" if number else "unknown_account" if account else "names_nobody"
        others = sorted(fate for item in items if (fate := _count(item, "quarantined")))
        told = {
            "app": claimed(app),
            "phone_number_id": number,
            "waba_id": account,
        }
        beside = {
            "items": len(items),
            "places": [item.path for item in items[:10]],
            "others": others[:10],
        }
        if owner is not None:  # the number's own app has to sign for it
            told |= {"tenant": owner.tenant_slug, "its_app": owner.meta_app}
        reason = unknown if owner is None else "another_app"
        refusals.warning("webhook_quarantined", reason=reason, extra=told, beside=beside)


def _read(raw: bytes) -> Any:
    """A signed body, or None for what is no JSON object: that is kept too."""
    try:
        return loads(raw)
    except PayloadError:
        return None


def _tell(found: Sorted) -> None:
    """One line a tenant."""
    for share in found.shares.values():
        bind(tenant_id=share.tenant.tenant_id)
        active = all(owner.active for _, owner in share.items)
        fates = [
            _count(item, "taken" if owner.active else "suspended") for item, owner in share.items
        ]
        log.info(
            "webhook_taken" if active else "webhook_kept_tenant_suspended",
            extra={
                "messages": share.count(MessageItem),
                "statuses": share.count(StatusItem),
                "others": sorted(one for one in fates if one)[:10],
            },
        )


def _count(item: AnyItem, fate: str) -> str:
    """Count an item; the words for one that is neither message nor status."""
    kind = type(item).__name__
    if isinstance(item, Beyond):
        ITEMS.labels(kind, "left").inc(item.items)
        return ""
    ITEMS.labels(kind, fate).inc()
    if isinstance(item, OtherChange):
        return one_of(FIELDS, item.field) or "no field"
    return item.why if isinstance(item, Broken) else ""


def _tell_beyond(found: Sorted, raws: list[Raw]) -> None:
    """Items that are in the archive alone, as there were too many: a line a body and tenant.

    `parley replay --key` makes their events; those that were published are duplicates then.
    """
    places = {raw.tenant_id: f"{raw.bucket}/{raw.key}" for raw in raws}
    for tenant_id, share in found.shares.items():
        left = sum(item.items for item, _ in share.items if isinstance(item, Beyond))
        if left:
            bind(tenant_id=tenant_id)
            log.error("items_left_in_archive", extra={"items": left, "raw": places[tenant_id]})


def _tell_unfit(unfit: list[Unfit]) -> None:
    """Items that are kept in the raw bytes alone: nobody will see them unless a person looks."""
    for one in unfit:
        event = one.post.event
        UNFIT.labels(event.type).inc()
        cause = {"tenant_id": event.tenantid, "why": one.error.detail}
        repeats.error("item_not_an_event", cause=cause, extra={"event_id": event.id})
