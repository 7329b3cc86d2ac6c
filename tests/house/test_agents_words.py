"""What an agent reads of a message that was not sent: what happened, and what to do about it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.genesys import codes as genesys
from shared.messaging.verdict import Verdict
from shared.transforms.receipts import failed
from shared.whatsapp import codes as whatsapp
from shared.whatsapp.errors import from_status_errors

ROOT = Path(__file__).resolve().parents[2]
ACTS = re.compile(
    r"\b(answer|ask|attach|check|choose|contact|correct|send|shorten|tell|use|wait|write)\b",
    re.IGNORECASE,
)
NO_CODE = re.compile(
    r"\b(?!24\b|25\b|100\b)\d{3,}\b|^\s*\w+:|_|\bnone\b|\bnot_|http",
    re.IGNORECASE,
)
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def faults(words: str) -> list[str]:
    """What is wrong with an agent's words."""
    found = []
    if not words[:1].isupper() or not words.endswith("."):
        found.append("is no sentence")
    if NO_CODE.search(words):
        found.append("holds a code")
    if not ACTS.search(words):
        found.append("says nothing that can be done")
    if len(words) > 250:
        found.append("is too long to be read between two messages")
    return found


def verdicts() -> Iterator[tuple[str, Verdict]]:
    for module in (whatsapp, genesys):
        for name, value in vars(module).items():
            if isinstance(value, Verdict):
                yield f"{module.__name__}.{name}", value
            elif isinstance(value, dict):
                yield from (
                    (f"{module.__name__}.{name}[{key}]", one)
                    for key, one in value.items()
                    if isinstance(one, Verdict)
                )
    yield from ((f"family {codes}", verdict) for codes, verdict in whatsapp.FAMILIES)


def written() -> Iterator[tuple[str, str]]:
    """Every refusal that the code makes, by its place: calls, constants and formatted strings."""
    for path in sorted([*ROOT.glob("shared/**/*.py"), *ROOT.glob("functions/**/*.py")]):
        tree = ast.parse(path.read_text())
        named = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for call in ast.walk(tree):
            if isinstance(call, ast.Call):
                for words in _said(_words_of(call), named):
                    yield f"{path.relative_to(ROOT)}:{call.lineno}", words


def _words_of(call: ast.Call) -> ast.expr | None:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    place = {"Refusal": 1, "Unfit": 1, "Verdict": 3}.get(name)
    if place is not None and len(call.args) > place:
        return call.args[place]
    keywords = {"agent_words", "agent"} | ({"words"} if place else set())
    return next((one.value for one in call.keywords if one.arg in keywords), None)


def _said(node: ast.expr | None, named: dict[str, ast.expr]) -> Iterator[str]:
    if isinstance(node, ast.Name) and node.id in named:
        yield from _said(named[node.id], {})
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else "25" for part in node.values
        )


@pytest.mark.parametrize(("place", "verdict"), list(verdicts()), ids=lambda one: str(one)[:60])
def test_every_row_of_both_tables_tells_the_agent_what_to_do(place: str, verdict: Verdict) -> None:
    assert (place, faults(verdict.agent)) == (place, [])


def test_every_refusal_in_the_code_tells_the_agent_what_to_do() -> None:
    found = dict(written())
    assert len(found) >= 30
    assert {place: (words, bad) for place, words in found.items() if (bad := faults(words))} == {}


@pytest.mark.parametrize("errors", [None, [], [{"code": 131026}], [{"code": 7}], [{"title": "x"}]])
def test_a_failed_status_has_words_without_its_code(errors: object) -> None:
    assert faults(from_status_errors(errors).agent_words) == []


@pytest.mark.parametrize("words", ["", " \u200b", "It broke. Tell your administrator. " * 30])
def test_a_receipt_ends_as_a_sentence_whatever_was_said(words: str) -> None:
    receipt = failed("g", to={"id": "+1"}, time=NOW, reason=None, words=words)
    [reason] = receipt["reasons"]
    assert reason["message"].endswith(".")
    assert len(reason["message"]) <= 500
    assert ACTS.search(reason["message"])
