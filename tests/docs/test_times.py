"""A time that a page promises, in seconds or less, is that of the code, or a test holds it.

Whoever writes a new one finds that it has no row here.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from auth_service.credentials import ASK_AGAIN_S
from connector.settings import Settings as ConnectorSettings
from connector.sweeper import IN_FLIGHT_S
from gateway_service.auth import api_keys
from gateway_service.settings import Settings as GatewaySettings
from inbound_transform_service.files import SOON_S
from inbound_transform_service.late import FETCH_S
from local.faas.command import build_parser
from local.faas.supervisor import FIRST_DELAY_S, LONGEST_DELAY_S
from parley.doctor import LIMIT_S as DOCTOR_S
from parley.people import SETTLE_S
from shared.limits import figures
from shared.limits.values import Rules
from shared.messaging import lines, marks, outbox, sending, spool
from shared.runtime import cpu_limit
from shared.runtime.closing import HEARD_OUT_S, UNREAD_S
from shared.runtime.host import BODY_TIMEOUT_S
from shared.runtime.patience import HEADERS_S
from shared.runtime.server import KEEP_ALIVE_S
from shared.runtime.service_auth import LIFETIME_S
from shared.services.once import COMPLETE_PATIENCE
from shared.storage import objects
from shared.storage.cache import CacheLimits
from shared.tenancy.directory import DISTRUST_S, FRESH_S, SECRETS
from state_service.settings import Settings as StateSettings
from tenancy_service.invalidation import LATE_READERS_S, LOOK_S, TRY_AGAIN_S
from tests.docs.pages import ROOT, Page
from tests.docs.test_facts import BY_WORD, EVERY
from tests.security.fuzz import LONG_S
from wa_webhook_service.people import LINK_S

# Figures of one measurement, and a decision that another one has replaced.
MEASURED = {"docs/prove-it.md"} | {
    f"docs/adr/{name}.md"
    for name in (
        "0001-asgi-on-functions-framework",
        "0002-pg8000-native-and-sql-functions",
        "0004-spill-to-postgresql",
        "0009-a-person-has-one-name-and-many-addresses",
        "0010-files-are-moved-by-the-delivery-functions",
        "0018-the-busiest-gives-way",
        "0019-nobody-is-slowed-for-the-others",
    )
}


def default(settings: type[BaseSettings], name: str) -> float:
    """What a setting is where nobody sets it."""
    return float(settings.model_fields[name].default)


def drain() -> float:
    """How long a function of our image goes on answering once it is stopped."""
    text = (ROOT / "template" / "parley-python" / "Dockerfile").read_text()
    found = re.search(r'DRAIN_SECONDS="(\d+)"', text)
    assert found is not None
    return float(found[1])


FIRST_RESEND_S = default(StateSettings, "resend_unknown_seconds") + 0.5 * default(
    StateSettings, "claim_lease_seconds"
)
SWEEP_S = default(ConnectorSettings, "sweep_seconds")
WAIT_S = float(build_parser().parse_args(["up"]).wait)

# Words of a page -> their one time, as the code has it.
KEPT: dict[str, float] = {
    "Headers must come within 10 seconds": HEADERS_S,
    "gives a file 15 seconds": SOON_S,
    "70 seconds of transfer": FETCH_S,
    "Three within a second": outbox.PUBLISH_S,
    "S3 has 0.4 seconds for itself": spool.HEDGE_S,
    "For five seconds after a failure of S3": spool.DOUBT_S,
    "After 1.2 seconds: 503": spool.LIMIT_S,
    "older than 30 seconds and stand for nothing": IN_FLIGHT_S,
    "30 seconds after it last saw the broker": marks.HOLD_S,
    "frozen for over 30 seconds between": IN_FLIGHT_S,
    "about a second longer, until it pauses": SWEEP_S,
    "one in six seconds, with up to 45": Rules().pair_seconds,
    "one in six seconds from then on": Rules().pair_seconds,
    "A turn within half a second": Rules().longest_wait,
    "after five seconds it grows by": figures.REST,
    "4, 16, 64, 256 s": figures.PAIR_STEP**figures.PAIR_STEPS,
    "could not be written down within 25 s": COMPLETE_PATIENCE,
    "more than 30 s ago: its caller has gone": sending.LONGEST_S,
    "its token, which lives 300 s": LIFETIME_S,
    "resend comes 330 s after": FIRST_RESEND_S,
    "for 0.8 seconds": api_keys.CARDS.fresh,
    "takes a tenth of a second of CPU": LONG_S,
    "an old answer serves for 15 seconds": api_keys.CARDS.stale,
    "five seconds of leeway": default(GatewaySettings, "oidc_leeway_seconds"),
    "at most once in ten seconds": default(GatewaySettings, "oidc_refetch_seconds"),
    "every quarter of a second while it refuses": TRY_AGAIN_S,
    "every two seconds for what another has left": LOOK_S,
    "set to a mark for three seconds": LATE_READERS_S,
    "again after those three seconds": LATE_READERS_S,
    "**Half a second** is what a door remembers": FRESH_S,
    "for three seconds after Redis was away": DISTRUST_S,
    "Two GETs in half a second": FRESH_S,
    "For three seconds after a change": LATE_READERS_S,
    "waits for it twice (0.6 s each)": CacheLimits().call,
    "waits at its door, for two seconds at most": lines.WAIT_S,
    "goes on answering for 8 seconds": drain(),
    "waits five seconds (`--settle`)": SETTLE_S,
    "with a delay of 60 s": default(ConnectorSettings, "longest_wait_seconds"),
    "asks everything at once, two seconds at most": DOCTOR_S,
    "in three tries or a second": outbox.PUBLISH_S,
    "new numbers or user ids within a second": LINK_S,
    "asked again after 30 s": ASK_AGAIN_S,
    "paid back, 6 s each": Rules().pair_seconds,
    "rests five seconds": figures.REST,
    "takes about 0.15 s longer": objects.PAUSE_S * (1 + 2),
    "asked anew at most a second ago": SECRETS.again,
    "after one second and more": FIRST_DELAY_S,
    "again after 1, 2, 4, … 30 s": LONGEST_DELAY_S,
    "`up` waits 180 s": WAIT_S,
    "10 s for a body": BODY_TIMEOUT_S,
    "its work ends after 5 seconds of CPU time": cpu_limit.LIMIT_S,
    "a handler has 5 seconds of CPU time": cpu_limit.LIMIT_S,
    "calls ended after 90 seconds": default(ConnectorSettings, "call_seconds"),
    "10 s and 32 KB for 100 headers": HEADERS_S,
    "heard out for 2 s": HEARD_OUT_S,
    "given up after 30 s": UNREAD_S,
    "for less than 75 s": KEEP_ALIVE_S,
}

IN_TIME = "tests/messaging/test_doors_in_time.py"
WITHIN = "tests/tenancy/test_within_a_second.py"
SUSPENDED = "tests/connector/test_suspended.py"
KEYS = "tests/gateway/test_keys.py"
UNKNOWN = "tests/state/test_unknown.py"

# Words of a page -> the test that holds them.
HELD: dict[str, str] = {
    "stops what waits in queues, within a second": SUSPENDED,
    "is in force within a second": WITHIN,
    "instead of up to 30 seconds later": UNKNOWN,
    "asks again after 1 s": UNKNOWN,
    "the fate has been open, 30 s at most": UNKNOWN,
    "**Revoked within a second**": KEYS,
    "must be refused within a second": WITHIN,
    "A revoked one is refused within a second": KEYS,
    "well within the ten seconds that Genesys waits": IN_TIME,
    "Genesys waits ten seconds at most": IN_TIME,
    "takes effect within about a second": SUSPENDED,
    "The old one is refused within a second": WITHIN,
}

# Words of a page -> why they promise nothing.
TOLD: dict[str, str] = {
    "answered 200 in 1.5 to 3.5 seconds": "measured",
    "503 in 2.7 to 4.7 seconds": "measured",
    "a tenth of a millisecond of CPU": "measured",
    "instead of one in a second": "what was before",
    "with the message 20 ms ahead": "measured",
    "is not 200 for 30 seconds": "when to look",
    "five times, five seconds apart": "Genesys' own",
    "takes up to a second: look again": "when to look",
}

WORDS = BY_WORD | {"one": 1, "fifteen": 15, "twenty": 20, "thirty": 30, "sixty": 60}
NUMBER = rf"(?P<number>[0-9][0-9.,]*|{'|'.join(WORDS)})"
TIME = re.compile(
    rf"\b{NUMBER}(?: to [0-9.]+| more)?[ -](?P<unit>s|ms|(?:milli)?seconds?)\b"
    r"|\b(?P<part>half|quarter of|tenth of) a (?:milli)?second\b"
    r"|\b(?:within|about|in|or|for|after|than|up to|at most|every) (?:very |about )?a second\b",
    re.IGNORECASE,
)


def seconds(found: re.Match[str]) -> float:
    if found["part"]:
        return {"half": 0.5, "quarter of": 0.25, "tenth of": 0.1}[found["part"].lower()]
    if not found["number"]:
        return 1.0
    word = found["number"].lower()
    count = float(WORDS[word] if word in WORDS else word.rstrip(".,"))
    return count / 1000 if found["unit"].startswith("m") else count


def spans(text: str, known: str) -> Iterator[range]:
    for found in re.finditer(re.escape(known), text):
        yield range(found.start(), found.end() + 1)


def unknown_times(page: Page) -> list[str]:
    text = page.prose
    known = [one for words in (*KEPT, *HELD, *TOLD) for one in spans(text, words)]
    return [
        text[max(0, found.start() - 40) : found.end() + 20]
        for found in TIME.finditer(text)
        if not any(found.start() in one and found.end() in one for one in known)
    ]


@pytest.mark.parametrize("page", EVERY, ids=[page.name for page in EVERY])
def test_every_time_of_a_page_is_known(page: Page) -> None:
    if page.name not in MEASURED:
        assert unknown_times(page) == [], "name it here, with the limit or the test that keeps it"


@pytest.mark.parametrize("words", KEPT)
def test_a_time_is_that_of_the_code(words: str) -> None:
    assert [seconds(found) for found in TIME.finditer(words)] == [pytest.approx(KEPT[words])]


@pytest.mark.parametrize("words", HELD)
def test_a_time_is_held_by_a_test_that_is_there(words: str) -> None:
    assert (ROOT / HELD[words]).is_file()


def test_no_row_is_of_a_page_that_was_rewritten() -> None:
    whole = "\n".join(page.prose for page in EVERY)
    assert [words for words in (*KEPT, *HELD, *TOLD) if words not in whole] == []


def test_a_new_promise_would_be_found(tmp_path: Path) -> None:
    new = tmp_path / "new.md"
    promises = ("It ends in 3 s.", "It ends within a second.", "It takes half a second, or 40 ms.")
    new.write_text("\n".join(promises))
    assert len(unknown_times(Page(new))) == len(promises) + 1
