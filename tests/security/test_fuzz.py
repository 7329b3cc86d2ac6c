"""Both webhooks under mutated real-shaped bodies: no crash, no 5xx, memory flat."""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from shared.messaging.topology import MESSAGE_EXCHANGES
from tests.doors.house import Company, House
from tests.security.mutate import bodies, mutated, put
from tests.services.processes import Process

SECONDS = float(os.environ.get("FUZZ_SECONDS", "6"))
SEED = int(os.environ.get("FUZZ_SEED", "20261123"))
AT_ONCE = 4
WARM = 300  # requests, before memory is looked at
GROWTH = 24 * 1024 * 1024  # bytes: the allocator's own ups and downs
CLIENTS_FAULTS = {200, 400, 401, 403, 408, 413, 422}

Shoot = Callable[[random.Random], int]


def memory(process: Process) -> int:
    return int(psutil.Process(process.pid).memory_info().rss)


def at_meta(company: Company) -> Shoot:
    """A body of ours, mutated, with a good signature: nine of ten are still this tenant's."""
    known = bodies("whatsapp")
    keep = frozenset({"metadata", "id"})

    def shoot(chance: random.Random) -> int:
        body = chance.choice(known)
        for entry in body.get("entry", []):
            entry["id"] = company.channel["waba_id"]
            for change in entry.get("changes", []):
                if isinstance(change.get("value"), dict):
                    told = {"phone_number_id": company.channel["phone_number_id"]}
                    put(change, ("value", "metadata"), told)
        raw = mutated(body, chance, keep if chance.random() < 0.9 else frozenset())
        app = company.file["apps"][0]["app"]
        return company.meta(raw, path=f"/webhook/meta/{app}").status_code

    return shoot


def at_genesys(company: Company) -> Shoot:
    known = bodies("genesys")

    def shoot(chance: random.Random) -> int:
        body = chance.choice(known)
        body.setdefault("channel", {})
        if isinstance(body["channel"], dict):
            body["channel"]["id"] = company.channel["integration_id"]
        keep = frozenset({"channel"}) if chance.random() < 0.6 else frozenset({"channel.id"})
        return company.agent(mutated(body, chance, keep)).status_code

    return shoot


@pytest.mark.timeout(SECONDS + 120)
def test_mutated_bodies_break_nothing_and_memory_stays_flat(house: House) -> None:
    company = house.tenant()
    shots = (at_meta(company), at_genesys(company))
    doors = (house.whatsapp, house.genesys)
    chances = [random.Random(SEED + number) for number in range(AT_ONCE)]

    def burst(number: int, until: float, most: float) -> Counter[int]:
        told: Counter[int] = Counter()
        while time.monotonic() < until and told.total() < most:
            told[shots[number % 2](chances[number])] += 1
        return told

    def volley(seconds: float, most: float = float("inf")) -> Counter[int]:
        until = time.monotonic() + seconds
        with ThreadPoolExecutor(AT_ONCE) as pool:
            parts = pool.map(lambda number: burst(number, until, most), range(AT_ONCE))
            return sum(parts, Counter())

    volley(60, WARM / AT_ONCE)
    before = [memory(door) for door in doors]
    told = volley(SECONDS)
    sys.stdout.write(f"{told.total()} bodies: {dict(told)}\n")
    assert set(told) <= CLIENTS_FAULTS, told
    assert told[200] > told.total() / 2, "most are this tenant's, and are taken"
    assert all(door.running for door in doors)
    for door, start in zip(doors, before, strict=True):
        assert memory(door) - start < GROWTH, door.name
        assert "Traceback" not in door.logged()
        assert '"message":"unhandled' not in door.logged()
    for exchange in MESSAGE_EXCHANGES:
        house.queued(exchange)
