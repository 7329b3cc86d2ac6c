"""Memory, connections and the other tenants under attack, of functions as their images run them.

64 clients at a time send what costs most. SECURITY_FULL=1 sends everything and prints the rows of
the table in docs/security.md: function, attack, the other tenant's p95 when it is calm and then,
how many of its webhooks were answered 503, peak of memory, time to recover.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from minio import Minio

from local.faas.secret_files import GENERATED
from local.services import Endpoints
from shared.genesys.signature import sign as sign_genesys
from shared.messaging.topology import MESSAGE_EXCHANGES, Topology
from shared.tenancy.vault import KeyRing
from shared.whatsapp.signature import sign as sign_meta
from tests.deploy.images import stack
from tests.deploy.test_images import NOWHERE, SECRETS
from tests.deploy.test_stack_file import FUNCTIONS
from tests.doors.conftest import s3_of
from tests.doors.house import Company, House, text
from tests.messaging.broker import settings_of
from tests.security.alone import MB, Alone, limit_of
from tests.security.hostile import Attack, anybody, attacked, many_items, posted, signed, unsigned
from tests.support import answers, wait_until
from tests.tenancy.serving import served

FULL = "SECURITY_FULL" in os.environ
CLIENTS, TIMES = (64, 3) if FULL else (32, 1)
CALM = 40 if FULL else 10  # webhooks of the other tenant that are timed before an attack
GATEWAY = "api-gateway"
NAMES = ("wa-webhook", "genesys-webhook", GATEWAY)
SHORT = {
    "wa-webhook": {"unsigned objects", "signed objects"},
    "genesys-webhook": {"unsigned objects of content", "signed objects"},
    GATEWAY: {"unfinished"},
}
TO_INNER = {"unsigned objects", *(("unfinished", "trailers without an end") if FULL else ())}
INNER = sorted(set(FUNCTIONS) - set(NAMES))


@dataclass
class Front:
    """The public functions, a tenant that attacks and one that only wants to be served."""

    house: House
    gateway: Alone
    good: Company
    bad: Company

    def function(self, name: str) -> Any:
        doors = {"wa-webhook": self.house.whatsapp, "genesys-webhook": self.house.genesys}
        return doors.get(name, self.gateway)

    def tell(self, row: str) -> None:
        """A row of the table, at once: it takes a while."""
        if FULL:
            sys.stdout.write(row + "\n")
            sys.stdout.flush()

    def webhook(self, name: str) -> int:
        """One webhook of the good tenant's; its status."""
        if name == "genesys-webhook":
            return self.good.agent(self.good.agent_body()).status_code
        door = self.gateway if name == GATEWAY else None
        return self.good.meta(self.good.meta_body(text()), door=door).status_code


@pytest.fixture(scope="module")
def front(
    migrated: Endpoints, buckets: Minio, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("alone")
    topology = Topology(1, f"memory-{os.getpid()}.")
    redis = {"REDIS_URL": migrated.redis_url}
    with ExitStack() as stack:

        def served_by(name: str, **environment: str) -> Any:
            return stack.enter_context(served(name, folder, **redis, **environment))

        ring = KeyRing.generate().dump()
        tenancy_url = migrated.database_url("tenancy")
        tenancy = served_by("tenancy", DATABASE_URL=tenancy_url, KEY_RING=ring)
        state = served_by("state", DATABASE_URL=migrated.database_url("functions"))
        behind = redis | {"TENANCY_URL": tenancy.url, "STATE_URL": state.url}
        broker = settings_of(topology, migrated.amqp_url)
        objects = s3_of(migrated, migrated.s3_endpoint_url)

        def alone(name: str, **environment: str) -> Alone:
            process = Alone(name, folder, **behind, **environment).launch()
            stack.callback(process.stop)
            process.ready()
            wait_until(lambda: answers(f"{process.url}/readyz"))
            return process

        doors = {name: alone(name, **broker, **objects) for name in NAMES[:2]}
        urls = {f"{n.upper().replace('-', '_')}_URL": door.url for n, door in doors.items()}
        nothing: Any = None
        house = House(
            whatsapp=doors["wa-webhook"],
            second=nothing,
            genesys=doors["genesys-webhook"],
            raw_keeper=nothing,
            tenancy=tenancy,
            to_tenancy=nothing,
            to_state=nothing,
            to_redis=nothing,
            to_broker=nothing,
            to_s3=nothing,
            store=buckets,
            topology=topology,
            amqp_url=migrated.amqp_url,
        )
        yield Front(house, alone(GATEWAY, **urls), house.tenant(), house.tenant())


def attacks(front: Front, name: str) -> dict[str, Attack]:
    """What is sent to a function."""
    app = front.bad.file["apps"][0]
    path, channel = f"/webhook/meta/{app['app']}", front.bad.channel
    number = {"value": {"metadata": {"phone_number_id": channel["phone_number_id"]}}}
    ours = json.dumps({"entry": [{"changes": [number]}]}).encode()[:-1]
    theirs = json.dumps({"channel": {"id": channel["integration_id"]}}).encode()[:-1]

    def by_app(raw: bytes) -> str:
        return sign_meta(raw, app["app_secret"])

    def by_integration(raw: bytes) -> str:
        return sign_genesys(raw, channel["webhook_secret"])

    if name == "wa-webhook":
        found = unsigned("/webhook/meta", ours) | signed(path, ours, by_app)
        return found | many_items(front.bad, path, by_app)
    if name == "genesys-webhook":
        place = "/webhook/genesys"
        return unsigned(place, theirs) | signed(place, theirs, by_integration)
    call = Attack(posted("/api/v1/keys", b"x" * 60_000, missing=9), held=True)
    return unsigned("/webhook/meta", ours) | anybody("/api/v1/keys") | {"a call of nobody": call}


class Others:
    """The other tenant's webhooks, one after another, timed."""

    def __init__(self, send: Callable[[], int]) -> None:
        self._send = send
        self.times: list[float] = []
        self.statuses: list[int] = []

    def one(self) -> float:
        begun = time.perf_counter()
        self.statuses.append(self._send())
        self.times.append(time.perf_counter() - begun)
        return self.times[-1]

    @property
    def p95(self) -> float:
        return statistics.quantiles([*self.times, *self.times], n=20)[-1]


def recovered(front: Front, name: str, calm: float) -> float:
    """Seconds until a webhook is answered about as soon as before."""
    begun = time.perf_counter()
    after = Others(lambda: front.webhook(name))
    wait_until(lambda: after.one() < 2 * calm + 0.05 and after.statuses[-1] == 200)
    return time.perf_counter() - begun


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.timeout(3600 if FULL else 900)
def test_a_function_outlives_what_strangers_and_tenants_send(front: Front, name: str) -> None:
    function, limit = front.function(name), limit_of(name)
    calm = Others(lambda: front.webhook(name))
    for _ in range(CALM):
        calm.one()
    assert set(calm.statuses) == {200}
    for kind, attack in attacks(front, name).items():
        if not (FULL or kind in SHORT[name]):
            continue
        others = Others(lambda: front.webhook(name))
        with attacked(function.port, attack, CLIENTS, TIMES) as sent:
            while not sent.is_set():
                others.one()
            took = recovered(front, name, calm.p95)
            wait_until(lambda: function.connections == 0)
        assert function.running, kind
        assert set(others.statuses) <= {200, 503}, kind
        assert function.peak < limit, f"{kind}: {function.peak // MB} MB"
        refused = sum(status != 200 for status in others.statuses)
        assert refused < len(others.statuses), kind
        front.tell(
            f"| {name} | {kind} | {calm.p95 * 1000:.0f} ms | {others.p95 * 1000:.0f} ms"
            f" | {refused} of {len(others.statuses)} | {function.peak // MB} MB | {took:.1f} s |"
        )
        for exchange in MESSAGE_EXCHANGES:
            front.house.queued(exchange)
    for line in function.logged().splitlines():
        assert json.loads(line)["service"] == name, "a line of plain text"


def alone_in_the_world(name: str, folder: Path) -> Alone:
    """A function whose servers are all away: what it does for a stranger needs none."""
    urls = {f"{one.upper().replace('-', '_')}_URL": f"http://{NOWHERE}" for one in FUNCTIONS}
    entry: Any = stack(**urls, S3_ENDPOINT_URL=f"http://{NOWHERE}")[name]
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    for secret in entry["secrets"]:
        known = SECRETS[secret] if secret in SECRETS else GENERATED[secret]()
        (secrets / secret).write_text(known)
    return Alone(name, folder, **entry["environment"]).launch()


@pytest.mark.timeout(3600 if FULL else 900)
def test_an_inner_function_holds_nothing_of_who_has_no_token(tmp_path: Path) -> None:
    for name in INNER if FULL else INNER[:1]:
        function = alone_in_the_world(name, tmp_path)
        try:
            function.ready()
            for kind, attack in unsigned("/", b'{"a":1').items():
                if kind not in TO_INNER:
                    continue
                with attacked(function.port, attack, CLIENTS, TIMES) as sent:
                    wait_until(sent.is_set)
                    wait_until(lambda: answers(f"{function.url}/healthz"))  # noqa: B023  # now
                    wait_until(lambda: function.connections == 0)  # noqa: B023  # now
                assert function.running, (name, kind)
                assert function.peak < limit_of(name), (name, kind)
            if FULL:
                sys.stdout.write(f"| {name} | strangers | | | | {function.peak // MB} MB | |\n")
        finally:
            function.stop()
