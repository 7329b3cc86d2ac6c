"""While the broker takes nothing the doors go on, and nothing is lost, doubled or overtaken."""

import itertools
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local.services import Endpoints
from shared.messaging.envelope import Event, EventType
from shared.messaging.topology import MESSAGE_EXCHANGES, OUTBOUND_GENESYS_MESSAGES
from shared.runtime.settings import ObjectSettings
from tests.doors.conftest import s3_of
from tests.doors.house import Company, House, text
from tests.doors.sweeping import Broom
from tests.messaging.broker import at, settings_of
from tests.services.processes import Process
from tests.support import answers, wait_until

PEOPLE = ["4915100000001", "4915100000002", "4915100000003"]


@pytest.fixture(scope="module")
def patient(
    house: House, migrated: Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """The same house with doors that wait for Redis, for a machine that is busy with tests."""
    folder = tmp_path_factory.mktemp("patient")
    behind = _settings(house, migrated, amqp=at(migrated.amqp_url, house.to_broker.port))
    behind |= s3_of(migrated, f"http://127.0.0.1:{house.to_s3.port}")
    behind |= {"STATE_URL": f"http://127.0.0.1:{house.to_state.port}"}
    doors = [Process(name, folder, **behind) for name in ("wa-webhook", "genesys-webhook")]
    try:
        for door in doors:
            door.launch()
        whatsapp, genesys = (door.ready() for door in doors)
        yield replace(house, whatsapp=whatsapp, genesys=genesys)
    finally:
        for door in doors:
            door.stop()


def _settings(house: House, migrated: Endpoints, *, amqp: str) -> dict[str, str]:
    return {
        "TENANCY_URL": house.tenancy.url,
        "STATE_URL": "http://127.0.0.1:1",
        "REDIS_URL": migrated.redis_url,
        **settings_of(house.topology, amqp),
    }


@pytest.fixture
def broom(house: House, migrated: Endpoints, object_settings: ObjectSettings) -> Iterator[Broom]:
    broom = Broom(migrated, object_settings, house.topology)
    broom.sweep()
    for exchange in MESSAGE_EXCHANGES:
        house.queued(exchange)
    yield broom
    wait_until(lambda: not any(broom.waiting().values()) or broom.sweep().well)


class Talk:
    """People and agents of one company write, each their own numbers in a row."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self._numbers = itertools.count(1)
        self.said: dict[str, list[str]] = defaultdict(list)

    def round(self) -> None:
        """One message of everybody, through both doors; each is answered 200."""
        for person in PEOPLE:
            words = f"{next(self._numbers):04d}"
            inbound = self.company.meta_body(text(words, **{"from": person}))
            assert self.company.meta(inbound).status_code == 200
            self.said[f"in {person}"].append(words)
            to = {"id": f"+{person}", "idType": "Phone"}
            body = self.company.agent_body(words)
            outbound = body.replace(b'"+4915112345678"', f'"{to["id"]}"'.encode())
            assert self.company.agent(outbound).status_code == 200
            self.said[f"out {person}"].append(words)

    def heard(self, house: House) -> dict[str, list[str]]:
        """What the queues hold now, by person, in the order in which each came first.

        A confirm that came late makes an event be told twice: the claim behind the queue knows it.
        """
        found: dict[str, list[str]] = defaultdict(list)
        for exchange in MESSAGE_EXCHANGES:
            for event in house.queued(exchange):
                if event.type != EventType.RAW:
                    way = "out" if exchange == OUTBOUND_GENESYS_MESSAGES else "in"
                    person = event.partitionkey.rpartition(":")[2]
                    found[f"{way} {person.lstrip('+')}"].append(_words(event))
        return {person: list(dict.fromkeys(words)) for person, words in found.items()}


def _words(event: Event) -> str:
    said = event.data["message"]["text"]
    return str(said["body"] if isinstance(said, dict) else said)


def test_an_outage_of_the_broker_loses_doubles_and_reorders_nothing(
    patient: House, broom: Broom
) -> None:
    talk = Talk(patient.tenant())
    talk.round()
    with patient.to_broker.cut():
        talk.round()
        talk.round()
    patient.has_its_broker()
    talk.round()  # the broker is back, and what is spooled still goes first
    assert broom.waiting()["s3"] == 3 * 6
    assert broom.sweep().published == 3 * 6
    talk.round()
    assert not any(broom.waiting().values())  # nothing is spooled that need not be
    assert talk.heard(patient) == talk.said


def test_without_broker_and_s3_postgresql_keeps_them(patient: House, broom: Broom) -> None:
    talk = Talk(patient.tenant())
    talk.round()
    with patient.to_broker.cut(), patient.to_s3.cut():
        talk.round()
        talk.round()
        assert broom.waiting()["s3"] == 0
        assert broom.waiting()["postgresql"] == 2 * 2 * 6  # and the raw bytes
    patient.has_its_broker()
    talk.round()
    broom.sweep()
    assert talk.heard(patient) == talk.said


def test_when_nothing_durable_is_there_nothing_is_promised(patient: House, broom: Broom) -> None:
    company = patient.tenant()
    assert company.meta(company.meta_body(text())).status_code == 200
    assert company.agent(company.agent_body()).status_code == 200
    inbound, outbound = company.meta_body(text()), company.agent_body()
    with patient.to_broker.cut(), patient.to_s3.cut(), patient.to_state.cut():
        assert company.meta(inbound).status_code == 503
        assert company.agent(outbound).status_code == 503
    assert not any(broom.waiting().values())
    wait_until(lambda: company.meta(inbound).status_code == 200)
    wait_until(lambda: company.agent(outbound).status_code == 200)


def test_another_replica_with_a_good_connection_does_not_overtake(
    patient: House, broom: Broom, migrated: Endpoints, tmp_path: Path
) -> None:
    company = patient.tenant()
    other = Process(
        "wa-webhook",
        tmp_path,
        **_settings(patient, migrated, amqp=migrated.amqp_url),
        **s3_of(migrated, migrated.s3_endpoint_url),
    ).launch()
    try:
        other.ready()
        with patient.to_broker.cut():
            raw = company.meta_body(text("first"))
            assert company.meta(raw).status_code == 200
            assert company.meta(company.meta_body(text("second")), door=other).status_code == 200
            someone = text("nobody waits for another", **{"from": PEOPLE[2]})
            assert company.meta(company.meta_body(someone), door=other).status_code == 200
        assert [_words(e) for e in patient.queued(MESSAGE_EXCHANGES[0])] == [
            "nobody waits for another"
        ]
        broom.sweep()
        assert company.meta(company.meta_body(text("third")), door=other).status_code == 200
        assert [_words(e) for e in patient.queued(MESSAGE_EXCHANGES[0])] == [
            "first",
            "second",
            "third",
        ]
    finally:
        other.stop()


def test_without_redis_a_door_keeps_the_order_of_its_own(house: House, broom: Broom) -> None:
    talk = Talk(house.tenant())
    talk.round()
    with house.to_redis.cut():
        with house.to_broker.cut():
            talk.round()
        house.has_its_broker()
        talk.round()
        assert broom.waiting()["s3"] == 2 * 6
    broom.sweep()
    assert talk.heard(house) == talk.said


def test_marks_that_redis_forgot_are_set_again_and_stale_ones_go(
    patient: House, broom: Broom
) -> None:
    talk = Talk(patient.tenant())
    talk.round()
    with patient.to_broker.cut():
        talk.round()
        broom.forget_marks()
        assert broom.run(lambda sweeper: sweeper.sweep()).published == 6  # straight to the broker
    patient.has_its_broker()
    assert broom.marks() == []
    talk.round()
    broom.sweep()
    assert talk.heard(patient) == talk.said


def test_an_object_that_is_no_event_is_set_aside_and_blocks_nothing(
    patient: House, broom: Broom
) -> None:
    stamp = time.time_ns() // 1000 - 10**9
    broom.put(patient, f"{stamp}-0123456789abcdef-0123456789abcdef", b"rubbish")
    broom.put(patient, "0-rubbish", b"rubbish")
    talk = Talk(patient.tenant())
    with patient.to_broker.cut():
        talk.round()
    patient.has_its_broker()
    tally = broom.sweep()
    assert (tally.aside, tally.published) == (2, 6)
    assert talk.heard(patient) == talk.said
    aside = patient.stored("webhooks-spool", f"{patient.topology.prefix}aside/")
    assert aside == [b"rubbish", b"rubbish"]


def test_a_frozen_broker_is_not_waited_for(house: House, broom: Broom) -> None:
    talk = Talk(house.tenant())
    talk.round()
    with house.to_broker.frozen():
        begun = time.monotonic()
        talk.round()
        first = time.monotonic() - begun
        begun = time.monotonic()
        talk.round()
        then = time.monotonic() - begun
    sys.stderr.write(f"frozen broker: a first round of six {first:.2f} s, the next {then:.2f} s\n")
    house.has_its_broker()
    broom.sweep()
    assert talk.heard(house) == talk.said


@pytest.mark.usefixtures("broom")
@pytest.mark.parametrize("door", ["meta", "genesys"])
@pytest.mark.parametrize("state", ["well", "frozen"])
def test_the_worst_mix_of_frozen_servers_is_answered(house: House, door: str, state: str) -> None:
    """How soon: tests/messaging/test_doors_in_time.py."""
    company = house.tenant()

    def post() -> int:
        if door == "meta":
            return company.meta(company.meta_body(text())).status_code
        return company.agent(company.agent_body()).status_code

    assert post() == 200
    took = []
    with (
        house.to_broker.frozen(),
        house.to_s3.frozen(),
        house.to_redis.frozen(),
        house.to_tenancy.frozen(),
    ):
        for _ in range(3):
            begun = time.monotonic()
            if state == "frozen":
                with house.to_state.frozen():
                    assert post() == 503
            else:
                assert post() == 200
            took.append(round(time.monotonic() - begun, 2))
    sys.stderr.write(f"all frozen, state {state}, {door}: {took} s\n")
    wait_until(lambda: answers(f"{house.whatsapp.url}/readyz"))
    house.has_its_broker()
