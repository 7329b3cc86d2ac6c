"""The doors on real servers, each behind a relay of its own."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from minio import Minio
from pydantic import SecretStr

from local.services import Endpoints
from shared.messaging.topology import MESSAGE_EXCHANGES, Topology
from shared.runtime.settings import ObjectSettings
from shared.storage.buckets import ensure_buckets
from shared.storage.objects import BUCKETS
from shared.tenancy.vault import KeyRing
from tests.doors.house import House
from tests.doors.relay import Relay, relays
from tests.messaging.broker import address, at, settings_of
from tests.services.processes import Process
from tests.support import answers, wait_until
from tests.tenancy.serving import Served, served

DOORS = ("wa-webhook", "wa-webhook", "genesys-webhook")
NOWHERE = dict.fromkeys(("STATE_URL", "GENESYS_API_URL", "WA_API_URL"), "http://127.0.0.1:1")


def s3_of(services: Endpoints, endpoint: str) -> dict[str, str]:
    return {
        "S3_ENDPOINT_URL": endpoint,
        "S3_ACCESS_KEY": services.s3_access_key,
        "S3_SECRET_KEY": services.s3_secret_key,
        "S3_REGION": services.s3_region,
    }


@pytest.fixture(scope="session")
def object_settings(services: Endpoints) -> ObjectSettings:
    return ObjectSettings(
        s3_endpoint_url=services.s3_endpoint_url,
        s3_access_key=SecretStr(services.s3_access_key),
        s3_secret_key=SecretStr(services.s3_secret_key),
        s3_region=services.s3_region,
    )


@pytest.fixture(scope="session")
def buckets(services: Endpoints, object_settings: ObjectSettings) -> Minio:
    ensure_buckets(object_settings)
    host = urlsplit(services.s3_endpoint_url).netloc
    store = Minio(host, services.s3_access_key, services.s3_secret_key, secure=False)
    for bucket in BUCKETS:  # the first object of a bucket takes its time
        store.put_object(bucket, "first", BytesIO(b"{}"), 2)
    return store


def _tenancy(stack: ExitStack, migrated: Endpoints, folder: Path) -> Served:
    return stack.enter_context(
        served(
            "tenancy",
            folder,
            DATABASE_URL=migrated.database_url("tenancy"),
            REDIS_URL=migrated.redis_url,
            KEY_RING=KeyRing.generate().dump(),
        )
    )


def _relays(stack: ExitStack, *urls: str) -> list[Relay]:
    relay = stack.enter_context(relays())
    return [relay(*address(url)) for url in urls]


def _behind(
    migrated: Endpoints, tenancy: Relay, state: Relay, redis: Relay, s3: Relay
) -> dict[str, str]:
    """What a door is told of all but the broker: each by its relay."""
    return {
        "TENANCY_URL": f"http://127.0.0.1:{tenancy.port}",
        "STATE_URL": f"http://127.0.0.1:{state.port}",
        "REDIS_URL": at(migrated.redis_url, redis.port).partition("?")[0],  # impatient
        **s3_of(migrated, f"http://127.0.0.1:{s3.port}"),
    }


@pytest.fixture(scope="session")
def house(
    migrated: Endpoints, buckets: Minio, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("doors")
    topology = Topology(1, f"doors-{os.getpid()}.")
    with ExitStack() as stack:

        def start(name: str, **environment: str) -> Process:
            process = Process(name, folder, **environment)
            stack.callback(process.stop)
            return process.launch()

        tenancy = _tenancy(stack, migrated, folder)
        behind = {"DATABASE_URL": migrated.database_url("functions")}
        state = start("state", REDIS_URL=migrated.redis_url, **behind)
        urls = (migrated.redis_url, migrated.amqp_url, migrated.s3_endpoint_url)
        relayed_to = _relays(stack, *urls, tenancy.url, state.url)
        to_redis, to_broker, to_s3, to_tenancy, to_state = relayed_to
        broker = settings_of(topology, at(migrated.amqp_url, to_broker.port))
        relayed = broker | _behind(migrated, to_tenancy, to_state, to_redis, to_s3)
        straight = s3_of(migrated, migrated.s3_endpoint_url)
        whatsapp, second, genesys = (start(name, **relayed) for name in DOORS)
        keeper = start("inbound-transform", **NOWHERE, **broker, **straight)
        for process in (state, whatsapp, second, genesys, keeper):
            process.ready()
        yield House(
            whatsapp=whatsapp,
            second=second,
            genesys=genesys,
            raw_keeper=keeper,
            tenancy=tenancy,
            to_tenancy=to_tenancy,
            to_state=to_state,
            to_redis=to_redis,
            to_broker=to_broker,
            to_s3=to_s3,
            store=buckets,
            topology=topology,
            amqp_url=migrated.amqp_url,
        )


@pytest.fixture(autouse=True)
def _afresh(request: pytest.FixtureRequest) -> None:
    """No outage and no event of one test is found by another."""
    if "house" not in request.fixturenames:
        return
    house: House = request.getfixturevalue("house")
    doors = (house.whatsapp, house.second, house.genesys)
    wait_until(lambda: all(answers(f"{door.url}/readyz") for door in doors))
    house.has_its_broker()
    for exchange in MESSAGE_EXCHANGES:
        house.queued(exchange)
