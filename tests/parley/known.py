"""A tenant that knows people: their data wherever Parley keeps any, put there by its own code."""

from __future__ import annotations

import asyncio
import io
import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from minio import Minio

from connector.park import Letter, Park
from connector.values import held_of
from local.services import Endpoints
from shared.media.store import name_of
from shared.messaging.envelope import Event, EventType
from shared.messaging.lines import pointer
from shared.messaging.spool import Spooled, prefix_of
from shared.messaging.spool import name_of as spool_name
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES, Topology
from shared.runtime.clock import rfc3339, utcnow
from shared.storage.database import Database
from shared.storage.objects import SPOOL_BUCKET
from tests.migrations.asking import ask
from tests.moments import moment
from tests.state.desk import Desk

WORDS = "what was written"


@dataclass(frozen=True)
class Who:
    """A person by number, and by user id where they have one."""

    wa_id: str
    bsuid: str | None = None


@dataclass(frozen=True)
class Tenant:
    """One tenant with one channel."""

    endpoints: Endpoints
    store: Minio
    topology: Topology
    desk: Desk
    slug: str

    @classmethod
    def make(cls, endpoints: Endpoints, store: Minio, topology: Topology, desk: Desk) -> Tenant:
        slug = f"known-{uuid4().hex[:8]}"
        made = ask(
            endpoints.database_url("tenancy"),
            "insert into tenants (slug, name) values (:slug, 'Known') returning id",
            slug=slug,
        )
        desk.tenant_id = str(made[0]["id"])
        number, waba = (str(uuid4().int)[:15] for _ in range(2))
        channel = ask(
            endpoints.database_url("tenancy"),
            "insert into channels"
            " (tenant_id, name, phone_number_id, waba_id, integration_id, region)"
            " values (:tenant, 'main', :number, :waba, :integration, 'mypurecloud.de')"
            " returning id",
            tenant=desk.tenant_id,
            number=number,
            waba=waba,
            integration=str(uuid4()),
        )
        desk.channel_id = str(channel[0]["id"])
        return cls(endpoints, store, topology, desk, slug)

    def remember(self, who: Who) -> None:
        """Put something of a person's everywhere."""
        tag, tenant = f"{who.wa_id}-{uuid4().hex[:6]}", self.desk.tenant_id
        wamid, sent = f"wamid.{tag}.in", f"wamid.{tag}.out"
        words = {"content": {"text": f"{WORDS} {tag}"}, "profile_name": f"Name {tag}"}
        self.desk.talk(wamid, who.wa_id, who.bsuid, conversation_id=f"conv-{tag}", **words)
        self.desk.sent(sent, f"genesys-{tag}", customer=who.wa_id, wa_id=who.wa_id)
        self.desk.status(sent, "delivered")
        self.desk.status(f"wamid.{tag}.early", "read")
        self.desk.runner.run(
            self.desk.people.prefer(self.desk.preference(wa_id=who.wa_id, bsuid=who.bsuid))
        )
        self.put("webhooks-inbound", f"{self.stamp()}-a.json", self.webhook(who, wamid))
        early = {"id": f"wamid.{tag}.early", "recipient_id": who.wa_id, "status": "read"}
        self.put("webhooks-inbound", f"{self.stamp()}-b.json", self.body(statuses=[early]))
        to = {"id": f"genesys-{tag}", "channel": {"to": {"id": f"+{who.wa_id}"}}}
        self.put("webhooks-outbound", f"{self.stamp()}-c.json", to | {"text": f"{WORDS} {tag}"})
        for bucket in ("media-inbound", "media-outbound"):
            file = f"{name_of(tenant, wamid)}-9abc-0123456789ab.jpg"
            self.put(bucket, f"image/{moment():%Y-%m-%d}/{file}", tag)
        line = (who.bsuid or who.wa_id).encode()
        for one in filter(None, (who.wa_id, who.bsuid, f"{tag}.parent")):  # no table knows it
            key = pointer(tenant, self.desk.channel_id, one)
            assert self.desk.runner.run(self.desk.cache.set(key, line, 600))
        self.wait(who, tag)

    def wait(self, who: Who, tag: str) -> None:
        """Events of a person that are not over: parked, dead, spooled twice."""
        queue = self.topology.queue(INBOUND_WHATSAPP_MESSAGES, 0)
        connector = self.endpoints.database_url("connector")
        parked, dead, spooled = (self.event(who, f"{kind}-{tag}") for kind in ("p", "d", "s"))
        held = held_of(parked, parked.encode(), tag=1, now=0, unix_now=time.time(), alone=False)
        letter = Letter(
            event_id=dead.id,
            tenant=dead.tenantid,
            channel=dead.channelid,
            queue=queue,
            key=dead.partitionkey,
            reason_code="bad_input",
            reason="answered 422",
            attempts=1,
            first_seen=time.time(),
            last_seen=time.time(),
            raw_ref=None,
            body=dead.encode(),
        )
        body = Spooled(INBOUND_WHATSAPP_MESSAGES, [spooled]).encode()
        name = str(spool_name(time.time_ns() // 1000, "0" * 16, body))

        async def write() -> None:
            async with Database.open(connector) as database:
                park = Park(database)
                await park.save(queue, [held])
                await park.bury(letter)

        asyncio.run(write())
        key = prefix_of(self.topology.prefix) + name
        self.store.put_object(SPOOL_BUCKET, key, io.BytesIO(body), len(body))
        ask(
            self.endpoints.database_url("functions"),
            "select spool_put(:installation, :name, :tenant, :body, false) as done",
            installation=self.topology.prefix,
            name=name,
            tenant=self.desk.tenant_id,
            body=body,
        )

    def event(self, who: Who, event_id: str) -> Event:
        """A customer's message as a door makes it."""
        message = {"from": who.wa_id, "id": f"wamid.{event_id}", "text": {"body": WORDS}}
        return Event(
            id=event_id,
            type=EventType.WHATSAPP_MESSAGE,
            source="/wa-webhook",
            time=utcnow(),
            tenantid=self.desk.tenant_id,
            channelid=self.desk.channel_id,
            partitionkey=f"{self.desk.tenant_id}:{self.desk.channel_id}:{who.wa_id}",
            data={"message": message, "received_at": rfc3339(utcnow())},
        )

    def webhook(self, *people: Who | str) -> dict[str, Any]:
        """A body with a message of each person, in the order who, wamid, who, wamid."""
        pairs = zip(people[::2], people[1::2], strict=True)
        told = [(who, wamid) for who, wamid in pairs if isinstance(who, Who)]
        return self.body(
            messages=[
                {"from": who.wa_id, "id": wamid, "text": {"body": f"{WORDS} {wamid}"}}
                for who, wamid in told
            ],
            contacts=[{"wa_id": who.wa_id, "profile": {"name": "N"}} for who, _ in told],
        )

    def body(self, **value: Any) -> dict[str, Any]:
        metadata = {"metadata": {"phone_number_id": self.channel["phone_number_id"]}}
        change = {"field": "messages", "value": metadata | value}
        return {"entry": [{"id": self.channel["waba_id"], "changes": [change]}]}

    @property
    def channel(self) -> dict[str, Any]:
        return ask(
            self.endpoints.database_url("tenancy"),
            "select phone_number_id, waba_id from channels where tenant_id = :tenant",
            tenant=self.desk.tenant_id,
        )[0]

    def stamp(self) -> str:
        now = utcnow()
        return f"{now:%Y-%m-%d}/{now:%Y%m%dT%H%M%S.%fZ}"

    def put(self, bucket: str, name: str, body: Any, prefix: str | None = None) -> str:
        raw = json.dumps(body).encode()
        key = f"{prefix or self.desk.tenant_id}/{name}"
        self.store.put_object(bucket, key, io.BytesIO(raw), len(raw))
        return key
