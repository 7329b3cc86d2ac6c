"""The doors on real servers, each behind a relay of its own."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
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
from tests.doors.relay import relays
from tests.messaging.broker import address, at
from tests.services.processes import Process
from tests.support import answers, wait_until
from tests.tenancy.serving import served


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


@pytest.fixture(scope="session")
def house(
    migrated: Endpoints, buckets: Minio, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("doors")
    topology = Topology(1, f"doors-{os.getpid()}.")
    with ExitStack() as stack:
        relay = stack.enter_context(relays())
        tenancy = stack.enter_context(
            served(
                "tenancy",
                folder,
                DATABASE_URL=migrated.database_url("tenancy"),
                REDIS_URL=migrated.redis_url,
                KEY_RING=KeyRing.generate().dump(),
            )
        )
        to_tenancy = relay(*address(tenancy.url))
        to_redis = relay(*address(migrated.redis_url))
        to_broker = relay(*address(migrated.amqp_url))
        to_s3 = relay(*address(migrated.s3_endpoint_url))

        state = Process(
            "state",
            folder,
            DATABASE_URL=migrated.database_url("functions"),
            REDIS_URL=migrated.redis_url,
        )
        stack.callback(state.stop)
        state.launch()
        to_state = relay(*address(state.url))

        def start(name: str, **environment: str) -> Process:
            process = Process(name, folder, **environment)
            stack.callback(process.stop)
            return process.launch()

        behind = {
            "TENANCY_URL": f"http://127.0.0.1:{to_tenancy.port}",
            "STATE_URL": f"http://127.0.0.1:{to_state.port}",
            "REDIS_URL": at(migrated.redis_url, to_redis.port).partition("?")[0],  # impatient
            "AMQP_URL": at(migrated.amqp_url, to_broker.port),
            "PARTITIONS": "1",
            "QUEUE_PREFIX": topology.prefix,
            **s3_of(migrated, f"http://127.0.0.1:{to_s3.port}"),
        }
        peers = ("STATE_URL", "GENESYS_API_URL", "WA_API_URL")
        nowhere = dict.fromkeys(peers, "http://127.0.0.1:1")
        nowhere |= {name: behind[name] for name in ("AMQP_URL", "PARTITIONS", "QUEUE_PREFIX")}
        straight = s3_of(migrated, migrated.s3_endpoint_url)
        whatsapp, genesys = start("wa-webhook", **behind), start("genesys-webhook", **behind)
        second = start("wa-webhook", **behind)
        keeper = start("inbound-transform", **nowhere, **straight)
        for process in (state, whatsapp, second, genesys, keeper):
            process.ready()
        yield House(
            whatsapp,
            second,
            genesys,
            keeper,
            tenancy,
            to_tenancy,
            to_state,
            to_redis,
            to_broker,
            to_s3,
            buckets,
            topology,
            migrated.amqp_url,
        )


@pytest.fixture(autouse=True)
def _afresh(house: House) -> None:
    """No outage and no event of one test is found by another."""
    doors = (house.whatsapp, house.second, house.genesys)
    wait_until(lambda: all(answers(f"{door.url}/readyz") for door in doors))
    house.has_its_broker()
    for exchange in MESSAGE_EXCHANGES:
        house.queued(exchange)
