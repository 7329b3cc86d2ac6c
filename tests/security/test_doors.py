"""Strangers at both doors: forged signatures, injections in every identifier, bodies too large."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests
from redis import Redis

from local.services import Endpoints
from shared.genesys.signature import sign as sign_genesys
from shared.messaging.topology import MESSAGE_EXCHANGES
from shared.whatsapp.signature import sign as sign_meta
from tests.doors.house import Company, House, text
from tests.migrations.asking import ask
from tests.moments import unix_at
from tests.security.mutate import INJECTIONS
from tests.services.processes import Process
from tests.waits import WAIT_S

MARK = "mark-that-stays"
BODY_LIMIT = 3 * 1024 * 1024 + 1
SHOWABLE = [one for one in INJECTIONS if one.isascii() or one.startswith("\u202e")]


@pytest.fixture(scope="module")
def company(house: House) -> Company:
    return house.tenant()


def forged(good: str, others: str) -> dict[str, str | None]:
    """What stands where `good` should; `others` is good elsewhere."""
    name, _, digest = good.partition("=")
    return {
        "none": None,
        "empty": "",
        "its name alone": f"{name}=",
        "cut": good[:-1],
        "half": good[: len(good) // 2],
        "longer": good + "0",
        "the first letter changed": f"{name}={'0' if digest[0] != '0' else '1'}{digest[1:]}",
        "without its name": digest,
        "of an older algorithm": f"sha1={digest[:40]}",
        "none as algorithm": f"none={digest}",
        "of another tenant": others,
        "twice": f"{good},{good}",
        "in other letters": f"{name}={digest.swapcase()}" if digest.swapcase() != digest else "x",
        "an injection": f"{name}=' or 1=1 --",
        "very long": f"{name}=" + "a" * 6000,
    }


META = list(forged("sha256=aa", "x"))


@pytest.mark.parametrize("how", META)
def test_a_signature_that_is_not_the_body_s_opens_neither_door(
    house: House, company: Company, other: Company, how: str
) -> None:
    meta, agent = company.meta_body(text("forged")), company.agent_body("forged")
    signs = {
        (house.whatsapp, "/webhook/meta", meta): forged(
            sign_meta(meta, company.file["apps"][0]["app_secret"]),
            sign_meta(meta, other.file["apps"][0]["app_secret"]),
        )[how],
        (house.genesys, "/webhook/genesys", agent): forged(
            sign_genesys(agent, company.channel["webhook_secret"]),
            sign_genesys(agent, other.channel["webhook_secret"]),
        )[how],
    }
    for (door, path, body), signature in signs.items():
        if door is house.whatsapp and how == "in other letters":
            continue  # hexadecimal digits mean the same in both
        headers = {} if signature is None else {"X-Hub-Signature-256": signature}
        answer = requests.post(door.url + path, data=body, headers=headers, timeout=WAIT_S)
        assert answer.status_code == 401, how
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "server" not in answer.headers
        assert "secret" not in answer.text.lower()
    assert all(house.queued(exchange) == [] for exchange in MESSAGE_EXCHANGES)


@pytest.fixture(scope="module")
def other(house: House) -> Company:
    return house.tenant()


def test_a_good_signature_is_of_no_use_for_another_body(house: House, company: Company) -> None:
    for change in (b" ", b"\n", b"x"):
        meta, agent = company.meta_body(text("mine")), company.agent_body("mine")
        signed = sign_meta(meta, company.file["apps"][0]["app_secret"])
        headers = {"X-Hub-Signature-256": signed}
        assert house.whatsapp.post("/webhook/meta", meta + change, **headers).status_code == 401
        signed = sign_genesys(agent, company.channel["webhook_secret"])
        headers = {"X-Hub-Signature-256": signed}
        assert house.genesys.post("/webhook/genesys", agent + change, **headers).status_code == 401


def test_a_body_told_again_is_the_same_event_and_no_new_message(
    house: House, company: Company
) -> None:
    """A replay has no effect of its own: behind the queue an event's id is claimed once."""
    raw, agent = company.meta_body(text("again")), company.agent_body("again")
    for _ in range(3):
        assert company.meta(raw).status_code == 200
        assert company.agent(agent).status_code == 200
    for exchange in (MESSAGE_EXCHANGES[0], MESSAGE_EXCHANGES[2]):
        events = house.queued(exchange)
        assert (len(events), len({event.id for event in events})) == (3, 1)


@pytest.fixture
def marked(migrated: Endpoints) -> Iterator[None]:
    """A key in Redis and the tables are there before and after."""
    with Redis.from_url(migrated.redis_url) as redis:
        redis.set(MARK, "1", ex=600)
        yield
        assert redis.get(MARK) == b"1"
    tables = "select count(*) as count from message_tracking"
    assert ask(migrated.database_owner_url, tables)[0]["count"] >= 0


def attacks(company: Company, evil: str) -> Iterator[tuple[str, bytes]]:
    """Bodies of both providers with an injection in each identifier."""
    status = {"status": "sent", "timestamp": unix_at()}
    for field in ("id", "from", "type", "from_user_id", "timestamp"):
        yield "meta", company.meta_body(text("x", **{field: evil}))
    yield "meta", company.meta_body(text("x", context={"id": evil, "from": evil}))
    yield "meta", company.meta_body(text("x"), contacts=[{"wa_id": evil, "user_id": evil}])
    yield "meta", company.meta_body(statuses=[status | {"id": evil, "recipient_id": "491"}])
    yield "meta", company.meta_body(statuses=[status | {"id": "w", "recipient_id": evil}])
    numbers = {"metadata": {"phone_number_id": evil, "display_phone_number": evil}}
    yield "meta", company.meta_body(text("x"), **numbers)
    for field in ("id", "text", "type", "conversationId", "metadata"):
        yield "genesys", company.agent_body(**{field: evil})
    channel: dict[str, Any] = json.loads(company.agent_body())["channel"]
    for field, value in (("to", {"id": evil}), ("messageId", evil), ("time", evil)):
        yield "genesys", company.agent_body(channel=channel | {field: value})


@pytest.mark.usefixtures("marked")
def test_an_injection_in_any_identifier_is_only_text(house: House, company: Company) -> None:
    path = f"/webhook/meta/{company.file['apps'][0]['app']}"
    for evil in INJECTIONS:
        for provider, raw in attacks(company, evil):
            told = company.meta(raw, path=path) if provider == "meta" else company.agent(raw)
            assert told.status_code in (200, 401), (provider, evil[:40])
            assert "X-Injected" not in told.headers
    for exchange in MESSAGE_EXCHANGES:
        for event in house.queued(exchange):
            assert event.tenantid == company.id
            assert str(event.data["raw"]["key"]).startswith(f"{company.id}/")
    keys_are_safe(house, company)
    for door in (house.whatsapp, house.genesys):
        lines_are_whole(door)


def keys_are_safe(house: House, company: Company) -> None:
    for bucket in ("webhooks-inbound", "webhooks-outbound"):
        for found in house.store.list_objects(bucket, recursive=True):
            key = str(found.object_name)
            assert ".." not in key
            assert key.isascii()
    assert house.stored("webhooks-inbound", f"{company.id}/")


def lines_are_whole(door: Process) -> None:
    """Every line of the log is one JSON object of ours: nothing began a line of its own."""
    for line in door.logged().splitlines():
        told = json.loads(line)
        assert told["service"] == door.name
        assert told["message"] != "forged"


@pytest.mark.usefixtures("marked")
@pytest.mark.parametrize("evil", SHOWABLE, ids=range(len(SHOWABLE)))
def test_an_injection_in_path_query_or_header_is_refused_or_only_text(
    house: House, evil: str
) -> None:
    door, safe = house.whatsapp, quote(evil[:1500], safe="")
    answers = [
        requests.post(f"{door.url}/webhook/meta/{safe}", data=b"{}", timeout=WAIT_S),
        requests.get(
            f"{door.url}/webhook/meta",
            params={"hub.mode": "subscribe", "hub.verify_token": evil, "hub.challenge": evil},
            timeout=WAIT_S,
        ),
    ]
    header = "".join(one for one in evil if one.isascii() and one not in "\r\n\0")
    for name in ("traceparent", "X-Request-Id", "X-Hub-Signature-256", "X-Forwarded-For"):
        known = {name: header.strip()[:1500]}
        url = f"{house.genesys.url}/webhook/genesys"
        answers.append(requests.post(url, data=b"{}", headers=known, timeout=WAIT_S))
    assert {answer.status_code for answer in answers} <= {400, 401, 403, 404}
    assert all("alert(1)" not in answer.text for answer in answers)
    lines_are_whole(door)


@pytest.mark.parametrize("levels", [65, 1000, 100_000])
def test_a_deep_body_is_taken_as_bytes_or_refused_and_costs_nothing(
    house: House, company: Company, levels: int
) -> None:
    raw = b'{"entry":' + b"[" * levels + b"]" * levels + b"}"
    path = f"/webhook/meta/{company.file['apps'][0]['app']}"
    assert company.meta(raw, path=path).status_code == 200  # signed: kept, seen and counted
    assert company.agent(b'{"channel":' + raw[9:]).status_code in (200, 401)
    assert house.queued(MESSAGE_EXCHANGES[0]) == []


def test_a_body_over_the_limit_is_refused_however_its_length_is_told(house: House) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(BODY_LIMIT // 65536 + 1):
            yield b"x" * 65536

    for door, path in ((house.whatsapp, "/webhook/meta"), (house.genesys, "/webhook/genesys")):
        for body in (b"x" * BODY_LIMIT, chunks()):
            answer = requests.post(door.url + path, data=body, timeout=WAIT_S)
            assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_length_that_lies_or_a_request_in_a_request_is_one_request_at_most(house: House) -> None:
    """Smuggling: two lengths, a length and chunks, a chunk that never ends."""
    smuggled = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    heads = [
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
        b"Content-Length: -1\r\n",
    ]
    for head in heads:
        with socket.create_connection(("127.0.0.1", house.whatsapp.port), timeout=WAIT_S) as client:
            client.sendall(b"POST /webhook/meta HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n0\r\n\r\n")
            client.sendall(smuggled)
            client.settimeout(WAIT_S)  # of silence: there is no more
            answer = b""
            try:
                while got := client.recv(65536):
                    answer += got
            except OSError:
                pass
            assert b"# HELP" not in answer, head
