"""One POST of Meta's: check who signed, sort by tenant, make durable, say so.

Nothing in a body is believed before its signature; afterwards no content is a reason to refuse,
because Meta would send the whole body again for seven days (contracts/meta.md a.4).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any

from shared.doors.arrival import Arrival
from shared.doors.sorting import AnyItem, Sorted, own_changes, sort
from shared.doors.whatsapp_events import INBOUND, posts_of
from shared.messaging.intake import PLATFORM, Intake, Post, Raw, RawKeys, Unfit, digest
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES
from shared.runtime.clock import utcnow
from shared.runtime.errors import Forbidden, Unauthorised
from shared.runtime.logging import bind, logger
from shared.runtime.metrics import counter
from shared.tenancy.directory import Directory
from shared.tenancy.models import PLATFORM_APP, Resolution, SigningSecrets
from shared.whatsapp.payloads import (
    Item,
    MessageItem,
    PayloadError,
    StatusItem,
    guess_routing,
    loads,
    walk,
)
from shared.whatsapp.signature import verify

log = logger()

ITEMS = counter(
    "whatsapp_items", "Items of Meta's webhooks by what became of them", ("kind", "fate")
)
UNFIT = counter("unfit_items", "Items of Meta's webhooks that no event can hold", ("type",))


@dataclass(frozen=True)
class Door:
    """What a POST needs."""

    directory: Directory
    intake: Intake
    keys: RawKeys

    async def receive(self, app: str | None, raw: bytes, signature: str | None) -> None:
        """Take a body. Raises Unauthorised (bad signature), Unavailable (nothing took it)."""
        body = _read(raw)
        app = app or await self._app_of(body)

        def signed(secrets: SigningSecrets) -> bool:
            accepted = [secret.get_secret_value() for secret in secrets.accepted()]
            return verify(raw, signature, accepted)

        if await self.directory.verified("meta", app, signed) is None:
            log.warning("signature_refused", extra={"app": app, "bytes": len(raw)})
            raise Unauthorised
        await self._take(app, body, raw)

    async def challenge(self, app: str | None, query: Any) -> str:
        """Answer of the subscription check (contracts/meta.md a.1). Raises Forbidden."""
        token = query.get("hub.verify_token", "").encode()

        def known(secrets: SigningSecrets) -> bool:
            wanted = secrets.verify_token
            return wanted is not None and hmac.compare_digest(
                wanted.get_secret_value().encode(), token
            )

        good = query.get("hub.mode") == "subscribe" and await self.directory.verified(
            "meta", app or PLATFORM_APP, known
        )
        if not good:
            raise Forbidden("this is not the verify token of the app")
        return str(query.get("hub.challenge", ""))

    async def _app_of(self, body: Any) -> str:
        """Whose secret to check with; the unverified ids choose it, and nothing else."""
        phone_number_id, waba_id = guess_routing(body)
        owner = await self.directory.by_phone(phone_number_id) if phone_number_id else None
        if owner is None and waba_id:
            owner = await self.directory.by_waba(waba_id)
        return owner.meta_app if owner is not None else PLATFORM_APP

    async def _take(self, app: str, body: Any, raw: bytes) -> None:
        async def owner_of(item: Item) -> Resolution | None:
            return await self._owner(app, item)

        found = await sort(walk(body), owner_of)
        now = utcnow()
        raws: list[Raw] = []
        posts: list[Post] = []
        if not found.whole:
            raws.append(Raw(INBOUND, self.keys.new(PLATFORM, digest(raw)), raw))
        for tenant_id, share in found.shares.items():
            own = raw if found.whole else own_changes(body, (item for item, _ in share.items))
            key = self.keys.new(tenant_id, digest(own))
            raws.append(Raw(INBOUND, key, own, tenant_id))
            posts += posts_of(share.items, Arrival(now, INBOUND, key))
        unfit = await self.intake.take(raws, posts, spare=INBOUND_WHATSAPP_MESSAGES)
        _tell(found)
        _tell_unfit(unfit)

    async def _owner(self, app: str, item: Item) -> Resolution | None:
        """The item's tenant, if the app that signed may speak for it."""
        owner = None
        if item.phone_number_id:
            owner = await self.directory.by_phone(item.phone_number_id)
        elif item.waba_id:
            owner = await self.directory.by_waba(item.waba_id)
        return owner if owner is not None and owner.meta_app == app else None


def _read(raw: bytes) -> Any:
    """The body, or None for what is no JSON object: that too may be signed, and is kept."""
    try:
        return loads(raw)
    except PayloadError:
        return None


def _tell(found: Sorted) -> None:
    """One line for what is nobody's, before any tenant is bound to the log, and one a tenant."""
    if found.strays:
        others = sorted(fate for item in found.strays if (fate := _count(item, "quarantined")))
        places = [item.path for item in found.strays[:10]]
        log.warning(
            "webhook_quarantined",
            extra={"items": len(found.strays), "places": places, "others": others},
        )
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
                "others": sorted(fate for fate in fates if fate),
            },
        )


def _count(item: AnyItem, fate: str) -> str:
    """Count an item; the words for one that is neither message nor status."""
    kind = type(item).__name__
    ITEMS.labels(kind, fate).inc()
    why = getattr(item, "field", None) or getattr(item, "why", None)
    return "" if isinstance(item, MessageItem | StatusItem) else str(why)


def _tell_unfit(unfit: list[Unfit]) -> None:
    """Items that are kept in the raw bytes alone: nobody will see them unless a person looks."""
    for one in unfit:
        event = one.post.event
        UNFIT.labels(event.type).inc()
        bind(tenant_id=event.tenantid)
        log.error("item_not_an_event", extra={"event_id": event.id, "why": one.error.detail})
