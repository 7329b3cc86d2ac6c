"""Both transforms with what they call, as processes; Meta, Genesys and auth are played."""

import asyncio
import itertools
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import requests

from shared.messaging.envelope import CONTENT_TYPE, Event, EventType
from shared.messaging.topology import (
    INBOUND_WHATSAPP_MESSAGES,
    OUTBOUND_GENESYS_MESSAGES,
    Topology,
)
from shared.runtime.clock import rfc3339, utcnow
from shared.runtime.settings import ObjectSettings
from shared.services.patience import insist
from shared.storage.objects import Objects
from tests.delivery.provider import Connection, Reply, reply
from tests.doors.relay import Relay
from tests.messaging.broker import collect, depth, open_channel
from tests.services.processes import Process, json_of
from tests.state.desk import Desk
from tests.transform_functions.played import PNG, TYPES, Files
from tests.waits import WAIT_S

_numbers = itertools.count(1)
INTEGRATION = "3f1c2d4e-aaaa-4000-8000-123456789abc"


def named(make: Callable[[str], dict[str, Any]]) -> Reply:
    """A yes with a new id every time."""

    def play(connection: Connection) -> bool:
        return reply(200, make(uuid4().hex))(connection)

    return play


META_TAKES = named(lambda id_: {"messages": [{"id": f"wamid.{id_}"}], "contacts": []})
GENESYS_TAKES = named(lambda id_: {"id": id_, "conversationId": "conv-1"})
GENESYS_AWAY = reply(503, {"code": "service.unavailable"}, Retry_After="7")


def meta_gives(wamid: str) -> Reply:
    return reply(200, {"messages": [{"id": wamid}]})


def meta_refuses(code: int) -> Reply:
    return reply(400, {"error": {"code": code, "message": "no"}})


@dataclass(frozen=True)
class Stage:
    """All that a tenant needs."""

    inbound: Process
    outbound: Process
    state: Process
    meta: Files
    genesys: Files
    to_broker: Relay
    topology: Topology
    amqp_url: str
    object_settings: ObjectSettings

    def reset(self) -> None:
        """A test of its own: everybody takes everything, nothing was seen."""
        self.meta.reset(META_TAKES)
        self.genesys.reset(GENESYS_TAKES)
        for exchange in (INBOUND_WHATSAPP_MESSAGES, OUTBOUND_GENESYS_MESSAGES):
            self.asked_for(exchange)

    def asked_for(self, exchange: str = INBOUND_WHATSAPP_MESSAGES) -> list[Event]:
        """The events that inbound-transform published since it was last asked."""

        async def take() -> list[bytes]:
            async with open_channel(self.amqp_url) as channel:
                queue = self.topology.queue(exchange, 0)
                count = await depth(channel, queue)
                return [body for _, body in await collect(channel, queue, count)] if count else []

        return [Event.decode(body) for body in asyncio.run(take())]

    def keep_raw(self, event: Event) -> Event:
        """An agent's message as genesys-webhook hands it on: what came lies in S3."""
        raw = {"bucket": "webhooks-outbound", "key": f"{event.tenantid}/{event.subject}.json"}

        body = json.dumps(event.data["message"]).encode()

        async def put() -> None:
            async with Objects.open(self.object_settings) as objects:
                await insist(lambda: objects.put(**raw, body=body), WAIT_S)

        asyncio.run(put())
        return event.model_copy(update={"data": event.data | {"raw": raw}})


@dataclass
class Tenant:
    """One tenant's channel and one customer of it."""

    stage: Stage
    desk: Desk
    number: str = field(default_factory=lambda: f"49151{next(_numbers):08d}")

    def customer_writes(self, text: str = "hello", **changes: Any) -> Event:
        """The event of a message. `message` and `contact` are laid over the whole one's."""
        wamid = f"wamid.{uuid4().hex}"
        message = {
            "id": wamid,
            "from": self.number,
            "timestamp": str(int(time.time())),
            "type": "text",
            "text": {"body": text},
        } | changes.pop("message", {})
        contact = {"wa_id": self.number, "profile": {"name": "Ann Lee"}}
        contact |= changes.pop("contact", {})
        data = {"message": _present(message), "contact": _present(contact)}
        return self.event(EventType.WHATSAPP_MESSAGE, f"wa:m:{wamid}", wamid, data, **changes)

    def customer_sends(
        self, content: bytes = PNG, caption: str | None = None, **changes: Any
    ) -> Event:
        """The event of a message with a file that Meta has."""
        kind = TYPES[content].partition("/")[0].replace("application", "document")
        file = {"id": self.stage.meta.keep(content), "mime_type": TYPES[content]}
        file |= {"caption": caption} if caption else {}
        message = {"type": kind, "text": None, kind: file} | changes.pop("message", {})
        return self.customer_writes(message=message, **changes)

    def agent_writes(self, text: str = "good day", **changes: Any) -> Event:
        """The event of an agent's message. `to` is the customer's address."""
        id_ = uuid4().hex
        to = changes.pop("to", {"id": f"+{self.number}", "idType": "Phone"})
        message = {
            "id": id_,
            "channel": {"id": INTEGRATION, "messageId": id_, "to": to, "time": rfc3339(utcnow())},
            "type": "Text",
            "text": text,
        } | changes.pop("message", {})
        data = {"message": _present(message), "suspended": False} | changes.pop("data", {})
        return self.event(EventType.GENESYS_MESSAGE, f"gc:m:{id_}", id_, data, **changes)

    def meta_tells(self, wamid: str, status: str, **changes: Any) -> Event:
        """The event of a status. `code` is that of its error, `tracking_id` the callback data."""
        told: dict[str, Any] = {
            "id": wamid,
            "status": status,
            "timestamp": str(int(time.time())),
            "recipient_id": self.number,
            "biz_opaque_callback_data": changes.pop("tracking_id", None),
        }
        if "code" in changes:
            told["errors"] = [{"code": changes.pop("code"), "title": "Message undeliverable"}]
        id_ = f"wa:s:{uuid4().hex}"
        data = {"status": _present(told), "contact": None}
        subject = changes.pop("subject", wamid)
        return self.event(EventType.WHATSAPP_STATUS, id_, subject, data, **changes)

    def event(
        self, type_: str, id_: str, subject: str, data: dict[str, Any], **changes: Any
    ) -> Event:
        common = {
            "phone_number_id": "106540352242922",
            "integration_id": INTEGRATION,
            "region": "mypurecloud.de",
            "whatsapp_credential": "default",
            "genesys_credential": "default",
            "raw": {"bucket": "webhooks-inbound", "key": f"{self.desk.tenant_id}/x.json"},
            "received_at": rfc3339(utcnow()),
        }
        common |= {"options": changes.pop("options", {})}
        fields: dict[str, Any] = {
            "id": id_,
            "type": type_,
            "source": "/test",
            "subject": subject,
            "time": utcnow(),
            "tenantid": self.desk.tenant_id,
            "channelid": self.desk.channel_id,
            "partitionkey": f"{self.desk.tenant_id}:{self.desk.channel_id}:{self.number}",
            "data": common | data,
        }
        return Event.model_validate(fields | changes)

    def receipts(self) -> list[dict[str, Any]]:
        """What Genesys was told became of its messages."""
        seen = self.stage.genesys.seen
        return [one.json for one in seen if one.path.endswith("/receipt")]

    def told(self) -> list[str]:
        return [receipt["status"] for receipt in self.receipts()]

    def agent_sends(self, content: bytes = PNG, text: str | None = None, **changes: Any) -> Event:
        """The event of a message with a file that Genesys has."""
        name = self.stage.genesys.keep(content)
        file = {
            "id": name,
            "mediaType": "Image" if TYPES[content] == "image/png" else "File",
            "url": f"{self.stage.genesys.url}/files/{name}",
            "mime": TYPES[content],
            "filename": f"a file.{TYPES[content].partition('/')[2]}",
        }
        content_ = [{"contentType": "Attachment", "attachment": file}]
        message = {"text": text, "content": content_} | changes.pop("message", {})
        return self.agent_writes(message=message, **changes)

    def meta_changes(self, field: str, value: dict[str, Any], **changes: Any) -> Event:
        """The event of another field's change."""
        id_ = f"wa:c:{uuid4().hex}"
        data = {"field": field, "value": value, "waba_id": "102290129340398"}
        return self.event(EventType.WHATSAPP_CHANGE, id_, field[:99], data, **changes)

    def at_genesys(self) -> list[dict[str, Any]]:
        """Messages that were sent to the agent."""
        return [one.json for one in self.stage.genesys.seen if "/message?" in one.path]

    def taps(self) -> list[dict[str, Any]]:
        """Taps on options that were sent to Genesys."""
        seen = self.stage.genesys.seen
        return [one.json for one in seen if one.path.endswith("/structured/response")]

    def at_meta(self) -> list[dict[str, Any]]:
        """Messages that were sent to the customer."""
        return [one.json for one in self.stage.meta.seen]


def hours_ago(hours: float) -> datetime:
    return utcnow() - timedelta(hours=hours)


def post(function: Process, event: Event | bytes) -> requests.Response:
    """Trigger it as the connector does."""
    body = event if isinstance(event, bytes) else event.encode()
    return function.post("/", body, **{"Content-Type": CONTENT_TYPE})


def outcome(function: Process, event: Event | bytes) -> str:
    """What it says it did. It must have said yes."""
    answer = post(function, event)
    assert answer.status_code == 200, answer.text
    return str(json_of(answer)["outcome"])


def refusal(function: Process, event: Event | bytes) -> tuple[int, str]:
    """The status of its no, and its words."""
    answer = post(function, event)
    return answer.status_code, str(json_of(answer)["detail"])


def again_in(function: Process, event: Event) -> str | None:
    """It must have said: not now. When to come back."""
    answer = post(function, event)
    assert answer.status_code in (429, 503), answer.text
    return answer.headers.get("Retry-After")


def without(event: Event, *path: str) -> bytes:
    """The event with a member left out."""
    whole = json.loads(event.encode())
    inner = whole
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return json.dumps(whole).encode()


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
