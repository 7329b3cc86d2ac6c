"""kill -9 of every process: anywhere, and exactly between two steps of a message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.faults.field import Field
from tests.faults.gates import Moment
from tests.faults.scenario import Scenario

GAP_S = 4.0
EVERY = (
    "api-gateway",
    "wa-webhook",
    "genesys-webhook",
    "inbound-transform",
    "outbound-transform",
    "state",
    "auth",
    "tenancy",
    "wa-api",
    "genesys-api",
    "connector",
)
# Between these a message is sent: killed, they leave it open whether the provider took it.
HIDES = {"inbound-transform", "outbound-transform", "state", "wa-api", "genesys-api"}
Fits = Callable[[str, bytes], bool]


def _anywhere(victim: str, field: Field) -> None:
    for _ in range(2):
        field.kill(victim)
        field.rest(GAP_S)
    field.ready(victim)


def _path(start: str, word: bytes = b"") -> Fits:
    """Calls whose path begins so, and whose body has this word."""
    return lambda path, body: path.startswith(start) and word in body


def _messages(path: str, body: bytes) -> bool:
    """Sends to WhatsApp, not the marks that something was read."""
    return path.endswith("/messages") and b'"to"' in body


INBOUND, OUTBOUND = "inbound-transform", "outbound-transform"
CLAIM_IN, CLAIM_OUT = _path("/state/claim", b'"inbound"'), _path("/state/claim", b'"outbound"')
DONE_IN = _path("/state/complete", b'"inbound"')
DONE_OUT = _path("/state/complete", b'"outbound"')
TO_AGENT, TO_CUSTOMER = _path("/genesys/messages"), _path("/whatsapp/send")
GENESYS, ANY = _path("/genesys/api/v2/conversations"), _path("/")


@dataclass(frozen=True)
class Step:
    """Where a victim dies: at a gate, when a call that fits is held before or after it.

    `hides`: whether it may leave open what a provider did.
    """

    victim: str
    words: str
    gate: str
    moment: Moment
    fits: Fits
    hides: bool = True
    short: bool = False

    def __call__(self, field: Field) -> None:
        """Kill it there, twice."""
        field.kill_at(self.victim, self.gate, self.moment, self.fits)
        field.ready(self.victim)


STEPS = (
    Step("api-gateway", "taken, not answered", "wa-webhook", "after", ANY, hides=False),
    Step("wa-webhook", "stored, not answered", "wa-webhook", "after", ANY, hides=False),
    Step("genesys-webhook", "stored, not answered", "genesys-webhook", "after", ANY, hides=False),
    Step("connector", "handed over", INBOUND, "before", ANY, hides=False),
    Step("connector", "done, not acknowledged", INBOUND, "after", ANY, hides=False, short=True),
    Step("connector", "agent's done, not acknowledged", OUTBOUND, "after", ANY, hides=False),
    Step(INBOUND, "not claimed", "state", "before", CLAIM_IN, hides=False),
    Step(INBOUND, "claimed, not told", "state", "after", CLAIM_IN),
    Step(INBOUND, "claimed, not sent", "genesys-api", "before", TO_AGENT),
    Step(INBOUND, "sent, not told", "genesys-api", "after", TO_AGENT, short=True),
    Step(INBOUND, "sent, not recorded", "state", "before", DONE_IN),
    Step(INBOUND, "recorded, not answered", "state", "after", DONE_IN),
    Step(OUTBOUND, "not claimed", "state", "before", CLAIM_OUT, hides=False),
    Step(OUTBOUND, "claimed, not told", "state", "after", CLAIM_OUT),
    Step(OUTBOUND, "claimed, not sent", "wa-api", "before", TO_CUSTOMER),
    Step(OUTBOUND, "sent, not told", "wa-api", "after", TO_CUSTOMER),
    Step(OUTBOUND, "sent, not recorded", "state", "before", DONE_OUT),
    Step(OUTBOUND, "recorded, not answered", "state", "after", DONE_OUT),
    Step("genesys-api", "not sent", "genesys", "before", GENESYS),
    Step("genesys-api", "sent, not told", "genesys", "after", GENESYS),
    Step("wa-api", "not sent", "graph", "before", _messages),
    Step("wa-api", "sent, not told", "graph", "after", _messages, short=True),
    Step("state", "claimed, not told", "state", "after", _path("/state/claim")),
    Step("state", "recorded, not told", "state", "after", _path("/state/complete"), short=True),
)

SCENARIOS = [
    *(
        Scenario(f"{name} killed", partial(_anywhere, name), unknowable=name in HIDES)
        for name in EVERY
    ),
    *(
        Scenario(
            f"{step.victim} killed: {step.words}",
            step,
            lines=300,
            short_lines=120 if step.short else 0,
            unknowable=step.hides,
        )
        for step in STEPS
    ),
]
