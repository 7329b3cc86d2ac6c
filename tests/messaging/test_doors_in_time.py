"""A door answers before its sender gives up, whatever is frozen: counted in its own limits."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from uuid import uuid4

import pytest
from pydantic import SecretStr

from genesys_webhook_service.door import Door as GenesysDoor
from shared.genesys.signature import sign as sign_genesys
from shared.messaging.doorway import DoorSettings, Doorway, open_doorway
from shared.messaging.lines import Lines
from shared.messaging.outbox import PUBLISH_S
from shared.services.state import StateClient
from shared.services.tenancy import TIMEOUT
from shared.tenancy.directory import Directory
from shared.tenancy.models import Resolution, SigningSecrets
from shared.whatsapp.signature import sign as sign_meta
from tests import virtual
from tests.doors.house import text
from tests.support import frozen_server
from tests.tenancy.standin import Standin, standin
from wa_webhook_service.door import Door as MetaDoor
from wa_webhook_service.people import People

GENESYS_WAITS_S = 10.0  # for an answer to a webhook (contracts/genesys.md c4)
META_WAITS_S = 5.0  # the least that anybody tells of (contracts/meta.md a.4)
JUST_IN_TIME_S = TIMEOUT - 0.01
NEVER_S = 3600.0
SECRET = "SECRET-of-a-webhook"
CROWD = 24  # webhooks at once: more than there are connections to Redis

Post = Callable[[], Awaitable[None]]


def settings(stack: ExitStack) -> DoorSettings:
    """Every server behind the door takes connections and never answers."""
    amqp, redis, s3, state = (stack.enter_context(frozen_server()) for _ in range(4))
    return DoorSettings(
        amqp_url=SecretStr(f"amqp://a:b@127.0.0.1:{amqp}/"),
        redis_url=SecretStr(f"redis://127.0.0.1:{redis}/0"),
        s3_endpoint_url=f"http://127.0.0.1:{s3}",
        s3_access_key=SecretStr("a"),
        s3_secret_key=SecretStr("b"),
        service_token_key=SecretStr("k" * 32),
        state_url=f"http://127.0.0.1:{state}",
        tenancy_url="http://127.0.0.1:1",  # the directory below has its own
    )


def know_acme(tenancy: Standin) -> None:
    """One tenant, whom no door has heard of yet."""
    acme = Resolution(
        tenant_id=str(uuid4()),
        tenant_slug="acme",
        tenant_status="active",
        channel_id=str(uuid4()),
        channel_status="active",
        phone_number_id="106540352242922",
        integration_id="i-1",
        region="mypurecloud.de",
    )
    tenancy.resolutions |= {"phone:106540352242922": acme, "integration:i-1": acme}
    secrets = SigningSecrets(version="1", current=SecretStr(SECRET))
    tenancy.secrets |= {"meta:platform": secrets, "genesys:i-1": secrets}


def unweighed(_: int) -> None:
    """There is room for all of it."""


def from_meta(way: Doorway, directory: Directory) -> Post:
    door = MetaDoor(
        directory, way.intake, way.keys, People(Lines(way.cache), StateClient(way.state))
    )

    async def post() -> None:
        value = {"metadata": {"phone_number_id": "106540352242922"}, "messages": [text()]}
        entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
        raw = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
        await door.receive(None, raw, sign_meta(raw, SECRET), unweighed)

    return post


def from_genesys(way: Doorway, directory: Directory) -> Post:
    door = GenesysDoor(directory, way.intake, way.keys)

    async def post() -> None:
        channel = {"id": "i-1", "messageId": "m", "to": {"id": "+4915112345678"}}
        raw = json.dumps({"id": uuid4().hex, "channel": channel, "type": "Text", "text": "x"})
        await door.receive(raw.encode(), sign_genesys(raw.encode(), SECRET), unweighed)

    return post


DOORS = {"meta": from_meta, "genesys": from_genesys}


@asynccontextmanager
async def door_of(sender: str) -> AsyncIterator[tuple[Post, Standin]]:
    """A webhook of this sender's, to be posted; tenancy alone answers."""
    clock = asyncio.get_running_loop().time
    with ExitStack() as stack:
        async with standin() as tenancy, open_doorway("door", settings(stack)) as way:
            know_acme(tenancy)
            directory = Directory(way.cache, tenancy.peer, clock=clock)
            yield DOORS[sender](way, directory), tenancy


async def at_once(post: Post, count: int) -> float:
    """How long the last of so many webhooks waits for its answer."""
    return max(await asyncio.gather(*(virtual.seconds_of(post()) for _ in range(count))))


@pytest.mark.parametrize("count", [1, CROWD])
def test_genesys_is_answered_in_time_however_slow_tenancy_is_beside(count: int) -> None:
    async def scene() -> list[float]:
        async with door_of("genesys") as (post, tenancy):
            tenancy.delay = JUST_IN_TIME_S
            return [await at_once(post, count) for _ in range(3)]

    # A broker that freezes once it is connected is given up later than one that is not.
    assert max(virtual.run(scene)) + PUBLISH_S < GENESYS_WAITS_S


@pytest.mark.parametrize("sender", DOORS)
def test_who_comes_once_the_outage_is_known_waits_for_little(sender: str) -> None:
    async def scene() -> float:
        async with door_of(sender) as (post, tenancy):
            await virtual.seconds_of(post())
            tenancy.delay = NEVER_S
            await at_once(post, 2)
            return await at_once(post, CROWD)

    assert virtual.run(scene) < META_WAITS_S
