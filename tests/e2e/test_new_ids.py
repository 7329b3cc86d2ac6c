"""The news of a new number or user id, and the message behind it: one order, one conversation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from local.demo.world import World
from tests.e2e.lines import Line, at_once, number, opened
from tests.stack import Stack

PAIRS = 40
SERIES = 19


@pytest.fixture(scope="module")
def line(stack: Stack, world: World) -> Iterator[Line]:
    stack.sandbox.settings(graph={"window": "off"})
    yield opened(stack, world, "new-ids")[0]
    stack.sandbox.settings(graph={"window": "refuse"})


def text(who: str, words: str) -> dict[str, Any]:
    return _message(who, "text", text={"body": words})


def moved(old: str, new: str) -> dict[str, Any]:
    system = {"type": "user_changed_number", "wa_id": new, "body": "moved"}
    return _message(old, "system", system=system)


def _message(who: str, kind: str, **more: Any) -> dict[str, Any]:
    now = str(int(time.time()))
    return {"from": who, "id": f"wamid.{uuid4().hex}", "timestamp": now, "type": kind, **more}


def meta(line: Line, *messages: dict[str, Any]) -> None:
    """One webhook, answered."""
    company = line.company
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": company.phone_number_id},
        "messages": list(messages),
    }
    entry = {"id": company.waba_id, "changes": [{"field": "messages", "value": value}]}
    body = {"object": "whatsapp_business_account", "entry": [entry]}
    line.sandbox.whatsapp_webhook("platform", body, wait=True)


def in_one_webhook(line: Line, old: str, new: str) -> None:
    meta(line, moved(old, new), text(new, "behind"))


def one_after_the_other(line: Line, old: str, new: str) -> None:
    meta(line, moved(old, new))
    meta(line, text(new, "behind"))


WAYS = {"one webhook": in_one_webhook, "one after the other": one_after_the_other}


@pytest.mark.parametrize("way", WAYS)
def test_the_message_behind_the_news_is_shown_behind_it_in_one_conversation(
    line: Line, way: str
) -> None:
    start = 1000 * list(WAYS).index(way)
    pairs = {number(start + 2 * n, SERIES): number(start + 2 * n + 1, SERIES) for n in range(PAIRS)}
    at_once(lambda old: line.greets(old, "before"), pairs)

    def talk(old: str) -> list[str | None]:
        WAYS[way](line, old, pairs[old])
        line.wait(lambda: len(line.at_agent(old)) >= 3)
        return [one.text for one in line.at_agent(old)]

    shown = at_once(talk, pairs)
    assert [talk for talk in shown.values() if talk != ["before", "[system] moved", "behind"]] == []
    assert [new for new in pairs.values() if line.agent_side(new)] == []


def test_nothing_is_left_over(line: Line) -> None:
    line.nothing_is_left()
