"""A log line in words, for a person: time, level, event, then its keys."""

from __future__ import annotations

import json
from typing import Any

# What every line has, and what says nothing to a person.
LEFT_OUT = frozenset({"timestamp", "level", "message", "service", "location", "sampling_rate"})


def words(text: str) -> str:
    """An event of ours in words; any other line as it is."""
    try:
        line = json.loads(text)
    except ValueError:
        return text
    if not isinstance(line, dict) or "message" not in line:
        return text
    clock = str(line.get("timestamp", "")).partition("T")[2][:12]
    keys = " ".join(f"{name}={_value(value)}" for name, value in line.items() if _said(name, value))
    return f"{clock} {line.get('level', ''):<7} {line['message']}  {keys}".rstrip()


def _said(name: str, value: Any) -> bool:
    return name not in LEFT_OUT and value not in (None, "")


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text
