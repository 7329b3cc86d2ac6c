"""Both webhook doors as processes, and every server behind them by a relay that a test may cut."""

import asyncio
import copy
import json
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import requests
from minio import Minio

from shared.genesys.signature import sign as sign_genesys
from shared.messaging.envelope import Event
from shared.messaging.topology import Topology
from shared.runtime.clock import rfc3339, utcnow
from shared.whatsapp.signature import sign as sign_meta
from tests.doors.relay import Relay
from tests.messaging.broker import collect, depth, open_channel
from tests.moments import unix_at
from tests.services.processes import Process
from tests.support import wait_until
from tests.tenancy.declared import tenant_file
from tests.tenancy.serving import Served
from tests.waits import WAIT_S


@dataclass(frozen=True)
class House:
    """The doors and what stands behind them."""

    whatsapp: Process
    second: Process  # another replica of it
    genesys: Process
    raw_keeper: Process  # inbound-transform
    tenancy: Served
    to_tenancy: Relay
    to_state: Relay
    to_redis: Relay
    to_broker: Relay
    to_s3: Relay
    store: Minio
    topology: Topology
    amqp_url: str

    def has_its_broker(self) -> None:
        """Wait until both doors publish to the broker again."""
        for door in (self.whatsapp, self.second, self.genesys):
            wait_until(partial(_has_broker, door))

    def tenant(self, **changes: Any) -> "Company":
        """A tenant that no door has heard of yet, with a Meta app of its own."""
        file = tenant_file()
        app = f"app-{file['tenant']}"
        file["apps"] = [
            {"app": app, "app_secret": f"SECRET-{app}", "verify_token": "SECRET-to-verify"}
        ]
        file["channels"][0] |= {"meta_app": app} | changes.pop("channel", {})
        company = Company(self, file | changes)
        company.apply()
        return company

    def queued(self, exchange: str) -> list[Event]:
        """The events of an exchange's one queue, in order; taken out."""

        async def take() -> list[bytes]:
            async with open_channel(self.amqp_url) as channel:
                queue = self.topology.queue(exchange, 0)
                count = await depth(channel, queue)
                return [body for _, body in await collect(channel, queue, count)] if count else []

        return [Event.decode(body) for body in asyncio.run(take())]

    def stored(self, bucket: str, prefix: str) -> list[bytes]:
        """The objects under a prefix, oldest first."""
        found = self.store.list_objects(bucket, prefix=prefix, recursive=True)
        return [self.read(bucket, str(one.object_name)) for one in found]

    def read(self, bucket: str, key: str) -> bytes:
        answer = self.store.get_object(bucket, key)
        try:
            return bytes(answer.read())
        finally:
            answer.close()
            answer.release_conn()


def _has_broker(door: Process) -> bool:
    told = requests.get(f"{door.url}/readyz", timeout=WAIT_S).json()
    return bool(told["checks"]["rabbitmq"] == "ok")


class Company:
    """One tenant: its webhooks, signed as Meta and Genesys sign."""

    def __init__(self, house: House, file: dict[str, Any]) -> None:
        self.house = house
        self.file = file
        self.id = ""

    @property
    def channel(self) -> dict[str, Any]:
        found: dict[str, Any] = self.file["channels"][0]
        return found

    def apply(self, **changes: Any) -> None:
        """Declare it, as it is or changed."""
        path = f"/tenancy/tenants/{self.file['tenant']}"
        file = copy.deepcopy(self.file) | changes
        answer = self.house.tenancy.call("PUT", path, file)
        assert answer.status_code == 200, answer.text
        self.id = self.house.tenancy.call("GET", path).json()["id"]

    def meta_body(self, *messages: dict[str, Any], **value: Any) -> bytes:
        metadata = {"phone_number_id": self.channel["phone_number_id"]}
        whole = {"messaging_product": "whatsapp", "metadata": metadata} | value
        if messages:
            whole["messages"] = list(messages)
        change = {"field": "messages", "value": whole}
        entry = {"id": self.channel["waba_id"], "changes": [change]}
        return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()

    def meta(
        self, raw: bytes, *, path: str = "/webhook/meta", door: Process | None = None
    ) -> requests.Response:
        signature = sign_meta(raw, self.file["apps"][0]["app_secret"])
        door = door or self.house.whatsapp
        return door.post(path, raw, **{"X-Hub-Signature-256": signature})

    def agent_body(self, text: str = "good day", **changes: Any) -> bytes:
        id_ = uuid4().hex
        body = {
            "id": id_,
            "channel": {
                "id": self.channel["integration_id"],
                "messageId": id_,
                "to": {"id": "+4915112345678", "idType": "Phone"},
                "time": rfc3339(utcnow()),
            },
            "type": "Text",
            "direction": "Outbound",
            "text": text,
        }
        return json.dumps(body | changes).encode()

    def agent(self, raw: bytes) -> requests.Response:
        signature = sign_genesys(raw, self.channel["webhook_secret"])
        headers = {"X-Hub-Signature-256": signature}
        return self.house.genesys.post("/webhook/genesys", raw, **headers)


def text(body: str = "hello", **changes: Any) -> dict[str, Any]:
    """A message item of Meta's."""
    item = {
        "id": f"wamid.{uuid4().hex}",
        "from": "4915112345678",
        "timestamp": unix_at(),
        "type": "text",
        "text": {"body": body},
    }
    return item | changes
