"""Real-shaped bodies with something wrong: a place in the JSON, or bytes of it."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]

INJECTIONS = (
    "'; drop table message_tracking; --",
    "' or '1'='1",
    "$$; select pg_sleep(5); $$",
    ":name %s %(x)s $1",
    "\r\nFLUSHALL\r\n*1\r\n$8\r\nFLUSHALL\r\n",
    "{tenant}:*",
    "../../../../etc/passwd",
    "..%2f..%2fwebhooks-inbound/",
    "_platform/x",
    "a\r\nX-Injected: yes",
    '\n{"level": "ERROR", "message": "forged"}',
    "\x1b[2J\x1b]0;owned\x07",
    "${jndi:ldap://127.0.0.1/x}",
    "{{7*7}}{% include 'x' %}<%= 7*7 %>#{7*7}",
    "<script>alert(1)</script>",
    "$(id)`id`|id;id",
    "\u202e\u2066\ufeff\u0000",
    "\ud83d",
    "%00%0d%0a",
    "x" * 5000,
)
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1e308, 2**63, 2**70, "", " ", [], {}, [[]], [None], {"": ""}),
    *("0", "NaN", "9" * 400, "\U0001f600" * 300),
)


DEEPEST = 60


def bodies(provider: str) -> list[Any]:
    """The webhooks of all fixtures of a provider."""
    folder = TESTS / provider / "fixtures"
    told = [json.loads(path.read_text()) for path in sorted(folder.rglob("*.json"))]
    return [case["webhook"] for case in told if isinstance(case.get("webhook"), dict)]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths to everything within a value, down to `DEEPEST`: mutants may nest a thousand deep."""
    if len(path) == DEEPEST:
        return [path]
    found: list[tuple[Any, ...]] = [path] if path else []
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inner:
        here = (*path, key)
        found += places(one, here) if isinstance(one, dict | list) else [here]
    return found


def put(body: Any, path: tuple[Any, ...], value: Any) -> None:
    """Set what is at a path."""
    for key in path[:-1]:
        body = body[key]
    body[path[-1]] = value


def deep(levels: int) -> Any:
    """Lists in lists."""
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def mutated(body: Any, chance: random.Random, keep: frozenset[str]) -> bytes:
    """One to three things are wrong. `keep`: keys whose values stay, so that it is still theirs."""
    body = copy.deepcopy(body)
    for _ in range(chance.randint(1, 3)):
        found = [path for path in places(body) if not keep.intersection(map(str, path))]
        if not found:
            break
        path = chance.choice(found)
        pool = chance.choice((INJECTIONS, ODD, ODD, (deep(chance.choice((5, 60, 120))),)))
        _change(body, path, chance, copy.deepcopy(chance.choice(pool)))  # one of its own
    raw = json.dumps(body).encode()
    return _broken(raw, chance) if chance.random() < BROKEN else raw


BROKEN = 0.1


def _change(body: Any, path: tuple[Any, ...], chance: random.Random, value: Any) -> None:
    holder = body
    for key in path[:-1]:
        holder = holder[key]
    how = chance.random()
    if how < 0.2:
        del holder[path[-1]]
    elif how < 0.3 and isinstance(holder, list):
        holder.extend([holder[path[-1]]] * chance.choice((1, 50)))
    elif how < 0.4 and isinstance(holder, dict) and isinstance(value, str):
        holder[value[:200]] = holder.pop(path[-1])
    else:
        holder[path[-1]] = value


def _broken(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw))
    match chance.randrange(4):
        case 0:
            return raw[:at]
        case 1:
            return raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]
        case 2:
            return (
                raw[:at] + chance.choice((b"\x00", b"\xff\xfe", b"\\ud800", b"[" * 2000)) + raw[at:]
            )
        case _:
            return raw + raw


PUMPS = (
    *("a", "0", " ", "\n", "@", "é", "\u0301", "\u200d", "👩\u200d", "\u202e", "\\", '"', "*", "_"),
    *("~", "`", "[", "](", "<", "{{1}}", "https://a.b/", "\r\n", ";", ":", "=\n", "(+49) ", "[["),
)
"""What a string is filled with: one of each kind that readers and patterns tell apart."""


def grown(body: Any, chance: random.Random, room: int) -> bytes:
    """One place holds very much, up to `room` bytes: a long string, many elements or members."""
    body = copy.deepcopy(body)
    found = places(body)
    if not found:
        return json.dumps(body).encode()
    path = chance.choice(found)
    held: Any = body
    for key in path:
        held = held[key]
    size = max(room - len(json.dumps(body)), 0) >> chance.choice((0, 2, 4, 6))
    if isinstance(held, list) and held:
        one = held if len(held) < 3 else held[:1]
        put(body, path, one * (size // max(len(json.dumps(one)), 1) + 1))
    elif isinstance(held, dict):
        more = {f"k{number}": chance.choice(ODD[:9]) for number in range(size // 14)}
        put(body, path, held | more)
    else:
        pump = "".join(chance.sample(PUMPS, chance.choice((1, 1, 2))))
        put(body, path, pump * (size // len(json.dumps(pump)) + 1))
    return json.dumps(body, ensure_ascii=chance.random() < BROKEN).encode(errors="replace")[:room]
