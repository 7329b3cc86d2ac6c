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

LOOKED_AT = 2048
"""Characters of a provider's words that are read; whatever stands further is never shown."""

# Every pattern reads a text once, whatever it holds: no repeat can give back what it took, and none
# begins again inside of what it has read. `tests/security/test_growth.py` measures it.
_QUOTED = re.compile(r"\"[^\"]*+\"|(?<!\w)'[^']*+'(?!\w)")
_QUOTED_OR_CUT = re.compile(r"\"[^\"]*+(?:\"|\Z)|(?<!\w)'[^']*+(?:'(?!\w)|\Z)")
_FIELD_NAME = re.compile(r"['\"][A-Za-z_][\w.\[\]]*+['\"]", re.ASCII)
_TRACE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PRIVATE_SHAPES = (
    re.compile(r"https?://\S++"),
    re.compile(r"wamid\.\S++"),  # base64 of the customer's number
    re.compile(r"(?<!\S)\S[^\s@]*+@\S[^\s.]*+\.\S++"),  # an address for mail, and what touches it
    re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,}+"),  # a telephone number, however it is written
    re.compile(r"EAA\w++"),  # Meta's tokens
    re.compile(  # any token, key or id
        r"(?<![A-Za-z0-9_\-+/=])(?=[A-Za-z_\-+/=]*+\d)[A-Za-z0-9_\-+/=]{20,}+"
    ),
    # Genesys: "Value [what was sent] is not valid for field type"; where it ends too early, all.
    re.compile(r"(?<=[Vv]alue )\[[^\]]*+(?:\]|\Z)"),
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
    """A provider's words without anything of the message: for logs, problems and the timeline.

    `private`: values that were sent, taken out wherever they stand. At most DETAIL_LIMIT characters
    of the first LOOKED_AT: the work is bounded, whatever the words are.
    """
    whole = text_of(words)
    text = _covered(whole[:LOOKED_AT], _values_in(whole, private))
    if len(whole) <= LOOKED_AT:
        text = _QUOTED.sub(_keep_field_names, text)
    else:
        text = _to_border(_QUOTED_OR_CUT.sub(_keep_field_names, text))
    shapes = (found.span() for shape in _PRIVATE_SHAPES for found in shape.finditer(text))
    return " ".join(_covered(text, shapes).split())[:DETAIL_LIMIT]


def _keep_field_names(quoted: re.Match[str]) -> str:
    return quoted[0] if _FIELD_NAME.fullmatch(quoted[0]) else "…"


def _values_in(text: str, values: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where values begin in the part that is looked at, and where they end, if beyond it."""
    by_start: dict[str, list[str]] = {}
    for value in sorted({*values}, key=len, reverse=True):
        if len(value) >= _SHORTEST_SECRET:
            start = value[:_SHORTEST_SECRET]
            by_start.setdefault(start, []).append(value)
    longest_first = {start: tuple(found) for start, found in by_start.items()}
    for at in range(min(len(text), LOOKED_AT) if by_start else 0):
        known = longest_first.get(text[at : at + _SHORTEST_SECRET], ())
        if text.startswith(known, at):
            yield at, at + next(len(value) for value in known if text.startswith(value, at))


def _covered(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with "…" for each of the spans; those that touch are one."""
    shown: list[str] = []
    end = 0
    for start, stop in sorted(spans):
        if start > end or not shown:
            shown += [text[end:start], "…"]
        end = max(end, stop)
    return "".join([*shown, text[end:]])


def _to_border(text: str) -> str:
    """A text that was cut: what may be half a word or half a number at its end is "…".

    A number may hold blanks, so every word goes that can be in the middle of one.
    """
    words = text.split()[:-1]
    while words and (words[-1][-1].isdigit() or words[-1][-1] in "().+-"):
        del words[-1]
    return " ".join([*words, "…"])
