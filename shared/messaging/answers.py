"""What the answers of both providers have in common: when to come back, and words safe to keep.

A provider's words may quote what was sent; nothing of a message, an address or a token stays.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

LONGEST_WAIT = 86_400.0  # seconds; a header that asks for more is a fault
DETAIL_LIMIT = 300  # characters
_SHORTEST_SECRET = 3  # shorter values would blot out ordinary words

# Values under these keys are words of the API. All others are the customer's or the agent's.
_API_WORDS = frozenset(
    {
        *("type", "sub_type", "messaging_product", "recipient_type", "status", "code", "policy"),
        *("parameter_name", "format", "index", "action", "voice", "preview_url", "template.name"),
        *("contentType", "mediaType", "mime", "idType", "eventType", "isFinalReceipt"),
    }
)

_QUOTED = re.compile(r"\"[^\"]*\"|(?<!\w)'[^']*'(?!\w)")
_FIELD_NAME = re.compile(r"['\"][A-Za-z_][\w.\[\]]*['\"]", re.ASCII)
_TRACE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PRIVATE_SHAPES = re.compile(
    r"https?://\S+"
    r"|wamid\.\S+"  # base64 of the customer's number
    r"|\S+@\S+\.\S+"
    r"|\+?\d(?:[\s().-]{0,2}\d){6,}"  # a telephone number, however it is written
    r"|EAA\w+"  # Meta's tokens
    r"|(?=[A-Za-z_\-+/=]*\d)[A-Za-z0-9_\-+/=]{20,}"  # any token, key or id
    r"|(?<=[Vv]alue )\[.*?\]"  # Genesys: "Value [what was sent] is not valid for field type"
)


def json_object(body: bytes) -> dict[str, Any] | None:
    """The body as a JSON object; None when it is HTML, empty, cut or anything else."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def text_of(value: Any) -> str:
    """A string or a number as text; everything else as nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value)


def trace_of(value: Any) -> str | None:
    """The id under which the provider's support finds the call; None for what is no such id."""
    text = text_of(value)
    return text if _TRACE.fullmatch(text) else None


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Seconds that `Retry-After` asks for (RFC 9110 10.2.3: a number or a date); None without."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _until(value, now or datetime.now(UTC))
    return bounded_wait(seconds)


def bounded_wait(seconds: float) -> float | None:
    """A wait that can be obeyed: not negative, not endless; None for what is no number."""
    return min(max(seconds, 0.0), LONGEST_WAIT) if math.isfinite(seconds) else None


def _until(http_date: str, now: datetime) -> float:
    try:
        when = parsedate_to_datetime(http_date)
    except ValueError:
        return math.nan
    return (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds()


def private_values(body: Any, key: str = "") -> Iterator[str]:
    """Every value of a body we send that a customer or an agent wrote, or that names a person."""
    if isinstance(body, dict):
        for name, value in body.items():
            if name not in _API_WORDS and f"{key}.{name}" not in _API_WORDS:
                yield from private_values(value, name)
    elif isinstance(body, list):
        for value in body:
            yield from private_values(value, key)
    elif text := str(body) if isinstance(body, float) else text_of(body):
        yield text


def safe_detail(words: Any, private: Iterable[str] = ()) -> str:
    """A provider's words without anything of the message: for logs, problems and the timeline."""
    text = text_of(words)
    for value in sorted(private, key=len, reverse=True):
        if len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, "…")
    text = _PRIVATE_SHAPES.sub("…", _QUOTED.sub(_keep_field_names, text))
    return " ".join(text.split())[:DETAIL_LIMIT]


def _keep_field_names(quoted: re.Match[str]) -> str:
    return quoted[0] if _FIELD_NAME.fullmatch(quoted[0]) else "…"
