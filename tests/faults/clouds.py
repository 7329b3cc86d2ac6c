"""Both clouds: errors, limits, silence, lost answers, bad tokens, and webhooks gone astray."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
import redis

from local.demo.world import Company
from tests.faults.field import Field
from tests.faults.scenario import Scenario
from tests.faults.traffic import webhooks

BAD_S = 10.0
HANG_MS = 25_000  # less than a lost send is waited for (house.py): Meta may take it in the end
AGED = "1 day"
TOKEN_BACK_S = 6.0
# Which of their calls: the messages themselves.
MESSAGE = {"graph": "messages", "genesys": "message"}


def _fault(target: str, kind: str, more: dict[str, Any], field: Field) -> None:
    """Switch one on, for a while."""
    fault = field.stack.sandbox.fault(target, kind, seconds=BAD_S, **more)
    field.rest(BAD_S)
    field.stack.sandbox.clear_faults(fault)


def _lose_answers(target: str, field: Field) -> None:
    """Some sends are taken, and the connection is cut before the answer."""
    sandbox, match = field.stack.sandbox, {"name": MESSAGE[target]}
    for _ in range(4):
        sandbox.fault(target, "drop_after_accept", count=3, match=match)
        field.rest(2.0)
    if target == "graph":
        taken = sandbox.records(target="graph", kind="request", name="messages", limit=10_000)
        field.cut_answers += sum(record["fault"] == "drop_after_accept" for record in taken)


def _revoke(field: Field) -> None:
    """Genesys takes all OAuth tokens back, again and again: each next call is a 401."""
    for _ in range(4):
        field.stack.sandbox.revoke_tokens()
        field.rest(2.0)


def _expire(field: Field) -> None:
    """Meta says that the token has expired (190/463), for a while."""
    _fault("graph", "status", {"code": 190, "match": {"name": "messages"}}, field)
    field.apply(field.world)


def _wrong(field: Field, **secrets: str) -> None:
    """An operator enters wrong credentials, and mends them later."""
    wrong = [replace(company, **secrets) for company in field.companies]
    field.apply(replace(field.world, companies=tuple(wrong)))
    field.rest(TOKEN_BACK_S)
    field.apply(field.world)


def _copies(field: Field) -> None:
    """Every webhook of both clouds comes three times."""
    sandbox = field.stack.sandbox
    for target in MESSAGE:
        sandbox.fault(target, "duplicate", seconds=BAD_S, copies=2, delay_ms=300)
    field.rest(BAD_S)


def _reordered(field: Field) -> None:
    """Webhooks are overtaken by the ones behind them."""
    sandbox = field.stack.sandbox
    for target in MESSAGE:
        sandbox.fault(target, "reorder", seconds=BAD_S, hold_ms=1500)
    field.rest(BAD_S)


def _all_day(field: Field) -> None:
    field.over.wait()


def _again_after_a_day(field: Field) -> None:
    """All that came in comes again, when it is a day old and Redis knows nothing of it."""
    field.over.wait()
    sandbox = field.stack.sandbox
    sandbox.wait_for(lambda room: room.counters()["webhooks_pending"] == 0, 60.0)
    letters = _letters(field)
    for table, column in (
        ("message_tracking", "created_at"),
        ("message_tracking", "updated_at"),
        ("message_tracking", "occurred_at"),
        ("ledger_answers", "noted_at"),
    ):
        field.stack.query(f"update {table} set {column} = {column} - interval '{AGED}'")
    with redis.Redis.from_url(field.stack.endpoints.redis_url) as client:
        client.flushall()
    by_id = {company.integration_id: company for company in field.companies}
    for name, body in letters:
        _post(field, by_id, name, body)


def _letters(field: Field) -> Sequence[tuple[str, Any]]:
    """Target and body of every webhook that was taken so far."""
    return [(record["target"], record["body"]) for record in webhooks(field.stack.sandbox)]


def _post(field: Field, companies: dict[str, Company], target: str, body: Any) -> None:
    raw = base64.b64encode(orjson.dumps(body)).decode()
    if target == "graph":
        field.stack.sandbox.whatsapp_webhook("platform", raw_base64=raw)
        return
    integration = body["channel"]["id"]
    if integration in companies:
        field.stack.sandbox.genesys_webhook(integration, raw_base64=raw)


def _hang(target: str, field: Field) -> None:
    _fault(target, "delay", {"delay_ms": HANG_MS, "match": {"name": MESSAGE[target]}}, field)


ERRORS = [
    Scenario(
        f"{cloud}: {words}",
        partial(_fault, target, kind, {"match": {"name": MESSAGE[target]}, **more}),
    )
    for target, cloud in (("graph", "Graph API"), ("genesys", "Genesys"))
    for words, kind, more in (
        ("5xx", "status", {"status": 503}),
        ("HTML 5xx", "html_5xx", {}),
        ("429", "status", {"status": 429}),
        ("429 with Retry-After", "status", {"status": 429, "retry_after": 3}),
        ("connections cut", "drop_before", {}),
    )
]

SCENARIOS = [
    *ERRORS,
    Scenario(
        "Graph API: 130429",
        partial(_fault, "graph", "status", {"code": 130429, "match": {"name": "messages"}}),
    ),
    Scenario("Graph API: hangs", partial(_hang, "graph"), unknowable=True),
    Scenario("Genesys: hangs", partial(_hang, "genesys"), unknowable=True),
    Scenario(
        "Graph API: taken, answer cut",
        partial(_lose_answers, "graph"),
        unknowable=True,
        short_lines=200,
    ),
    Scenario("Genesys: taken, answer cut", partial(_lose_answers, "genesys"), unknowable=True),
    Scenario("Graph API: token expired", _expire),
    Scenario("Genesys: tokens revoked", _revoke),
    Scenario("Graph API: wrong token", partial(_wrong, access_token="EAA-wrong")),
    Scenario("Genesys: wrong secret", partial(_wrong, client_secret="wrong")),
    Scenario("webhooks three times", _copies),
    Scenario("webhooks reordered", _reordered),
    Scenario(
        "statuses before messages",
        _all_day,
        graph={
            "latency_ms": 400,
            "status_delay_ms": {"sent": 0, "delivered": 0, "read": 0, "played": 0, "failed": 0},
        },
        short_lines=100,
    ),
    Scenario("WhatsApp's clock two minutes fast", _all_day, graph={"clock_offset_s": 120}),
    Scenario("WhatsApp's clock two minutes slow", _all_day, graph={"clock_offset_s": -120}),
    Scenario("Genesys' clock two minutes fast", _all_day, genesys={"clock_offset_s": 120}),
    Scenario("Genesys' clock two minutes slow", _all_day, genesys={"clock_offset_s": -120}),
    Scenario("webhooks again after a day", _again_after_a_day),
]
