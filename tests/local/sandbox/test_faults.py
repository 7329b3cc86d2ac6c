"""Faults: what each does, whom it hits, when it ends."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import requests

from local.sandbox.client import SandboxError
from tests.local.sandbox.support import World, open_message, text_message
from tests.waits import WAIT_S


def got_texts(world: World) -> list[str | None]:
    thread = world.sandbox.conversation("whatsapp", world.number, "919876543210")
    return thread.texts("got") if thread else []


def own(world: World) -> dict[str, str]:
    return {"phone_number_id": world.number}


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"status": 429, "retry_after": 7}, 429, 130429),
        ({"status": 500}, 500, 131000),
        ({"status": 503}, 503, 131016),
        ({"code": 131056}, 400, 131056),
        ({"code": 190}, 401, 190),
        ({"code": 80007, "status": 429}, 429, 80007),
    ],
)
def test_a_status_has_metas_error_body(
    world: World, fault: dict[str, Any], status: int, code: int
) -> None:
    world.opened()
    world.sandbox.fault("graph", "status", match=own(world), count=1, **fault)
    got = world.graph(text_message())
    assert (got.status_code, got.json()["error"]["code"]) == (status, code)
    assert got.headers.get("Retry-After") == ("7" if "retry_after" in fault else None)
    assert got_texts(world) == []
    assert world.graph(text_message()).status_code == 200


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "too.many.requests"),
        (500, "internal.server.error"),
        (503, "service.unavailable"),
        (504, "request.timeout"),
        (401, "bad.credentials"),
    ],
)
def test_a_status_has_the_platforms_error_body(world: World, status: int, code: str) -> None:
    match = {"integration_id": world.integration}
    world.sandbox.fault("genesys", "status", match=match, status=status, count=1, retry_after=2)
    got = world.genesys("message", open_message())
    assert (got.status_code, got.json()["code"]) == (status, code)
    assert got.headers["Retry-After"] == "2"
    assert "ININ-Correlation-Id" in got.headers


def test_dropped_after_acceptance_is_taken_but_not_answered(world: World) -> None:
    world.opened()
    world.sandbox.fault("graph", "drop_after_accept", match=own(world), count=1)
    with pytest.raises(requests.ConnectionError):
        world.graph(text_message())
    assert got_texts(world) == ["hi"]
    world.genesys("message", open_message())
    match = {"integration_id": world.integration}
    world.sandbox.fault("genesys", "drop_after_accept", match=match, count=1)
    with pytest.raises(requests.ConnectionError):
        world.genesys("message", open_message())
    (thread,) = world.sandbox.conversations(side="genesys", line=world.integration)
    assert len(thread.messages) == 2


def test_dropped_before_is_never_taken(world: World) -> None:
    world.opened()
    world.sandbox.fault("graph", "drop_before", match=own(world), count=1)
    with pytest.raises(requests.ConnectionError):
        world.graph(text_message())
    assert got_texts(world) == []
    assert world.sandbox.records(target="graph", name="messages")[-1]["fault"] == "drop_before"


def test_a_page_of_html_instead_of_json(world: World) -> None:
    world.sandbox.fault("login", "html_5xx", count=1, status=503)
    got = world.login()
    assert (got.status_code, got.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert world.login().status_code == 200


def test_a_delay_and_a_latency(world: World) -> None:
    world.opened()
    world.sandbox.fault("graph", "delay", match=own(world), delay_ms=150, count=1)
    world.sandbox.settings(graph={"latency_ms": 60})
    took = []
    for _ in range(2):
        began = time.monotonic()
        assert world.graph(text_message()).status_code == 200
        took.append(time.monotonic() - began)
    assert took[0] >= 0.15
    assert took[1] >= 0.06


def test_a_delay_joins_another_fault(world: World) -> None:
    world.opened()
    world.sandbox.fault("graph", "delay", match=own(world), delay_ms=50, count=1)
    world.sandbox.fault("graph", "status", match=own(world), status=500, count=1)
    assert world.graph(text_message()).status_code == 500
    assert world.sandbox.records(target="graph", name="messages")[-1]["fault"] == "delay,status"


def test_duplicates_of_webhooks(world: World) -> None:
    world.sandbox.fault("graph", "duplicate", match=own(world), count=1, copies=2)
    world.opened()
    world.sandbox.fault("genesys", "duplicate", match={"name": "message"}, count=1, delay_ms=20)
    world.sandbox.agent_says(world.integration, "+1", "x", wait=True)
    assert len({h.body for h in world.receiver.hits(world.meta_path, 3)}) == 1
    assert len({h.body for h in world.receiver.hits(world.genesys_path, 2)}) == 1


def test_reordered_webhooks_change_places(world: World) -> None:
    world.sandbox.fault("graph", "reorder", match=own(world), count=1, hold_ms=5000)
    for text in ("first", "second", "third"):
        world.sandbox.customer_says(world.number, "491", text)
    bodies = [json.loads(h.body) for h in world.receiver.hits(world.meta_path, 3)]
    messages = [b["entry"][0]["changes"][0]["value"]["messages"][0] for b in bodies]
    assert [m["text"]["body"] for m in messages] == ["second", "first", "third"]


def test_a_reordered_webhook_goes_alone_if_nothing_follows(world: World) -> None:
    world.sandbox.fault("graph", "reorder", match=own(world), count=1, hold_ms=20)
    world.sandbox.customer_says(world.number, "491", "lonely")
    assert len(world.receiver.hits(world.meta_path, 1)) == 1


def test_a_fault_hits_only_what_it_matches(world: World) -> None:
    world.opened()
    for match in (
        {"path": "/nowhere"},
        {"phone_number_id": "other"},
        {"name": "unknown"},
        {"path": f"/{world.number}/", "phone_number_id": "other"},
    ):
        world.sandbox.fault("graph", "status", status=500, match=match)
    world.sandbox.fault("genesys", "status", status=500)
    assert world.graph(text_message()).status_code == 200
    world.sandbox.fault("graph", "status", status=500, match={"path": f"^/graph/.*/{world.number}"})
    assert world.graph(text_message()).status_code == 500


def test_a_fault_ends_by_time_or_by_hand(world: World) -> None:
    world.opened()
    world.sandbox.fault("graph", "status", status=500, seconds=0.2, match=own(world))
    assert world.graph(text_message()).status_code == 500
    assert world.sandbox.wait_for(lambda _: world.graph(text_message()).ok, WAIT_S)
    stays = world.sandbox.fault("graph", "status", status=500, match=own(world))
    assert [world.graph(text_message()).status_code for _ in range(3)] == [500] * 3
    world.sandbox.clear_faults(stays)
    assert world.graph(text_message()).status_code == 200


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"target": "graph", "kind": "explode"}, "kind"),
        ({"target": "mars", "kind": "delay", "delay_ms": 1}, "target"),
        ({"target": "graph", "kind": "status"}, "`status` or `code`"),
        ({"target": "graph", "kind": "delay"}, "delay_ms"),
        ({"target": "genesys", "kind": "async_failure"}, "target graph"),
        ({"target": "graph", "kind": "html_5xx", "match": {"path": "("}}, "regular expression"),
        ({"target": "graph", "kind": "html_5xx", "match": {"pth": "x"}}, "match.pth"),
    ],
)
def test_a_wrong_fault_is_said(world: World, fault: dict[str, Any], words: str) -> None:
    with pytest.raises(SandboxError, match=words):
        world.sandbox.fault(**fault)
