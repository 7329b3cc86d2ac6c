"""kill -9 of every process: anywhere, and exactly between two steps of a message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    """Where a victim dies: at a gate, when a call that fits is held before or after it."""

    words: str
    gate: str
    moment: Moment
    fits: Fits


@dataclass(frozen=True)
class AtEach:
    """Kills a victim at each of its steps, one after the other."""

    victim: str
    steps: Sequence[Step]

    def __call__(self, field: Field) -> None:
        """Raises TimeoutError, naming the step, when no call came that it could be killed in."""
        for step in self.steps:
            field.kill_at(self.victim, step.gate, step.moment, step.fits, step.words)


STEPS = {
    "api-gateway": [Step("taken, not answered", "wa-webhook", "after", ANY)],
    "wa-webhook": [Step("stored, not answered", "wa-webhook", "after", ANY)],
    "genesys-webhook": [Step("stored, not answered", "genesys-webhook", "after", ANY)],
    "connector": [
        Step("handed over", INBOUND, "before", ANY),
        Step("done, not acknowledged", INBOUND, "after", ANY),
        Step("agent's done, not acknowledged", OUTBOUND, "after", ANY),
    ],
    INBOUND: [
        Step("not claimed", "state", "before", CLAIM_IN),
        Step("claimed, not told", "state", "after", CLAIM_IN),
        Step("claimed, not sent", "genesys-api", "before", TO_AGENT),
        Step("sent, not told", "genesys-api", "after", TO_AGENT),
        Step("sent, not recorded", "state", "before", DONE_IN),
        Step("recorded, not answered", "state", "after", DONE_IN),
    ],
    OUTBOUND: [
        Step("not claimed", "state", "before", CLAIM_OUT),
        Step("claimed, not told", "state", "after", CLAIM_OUT),
        Step("claimed, not sent", "wa-api", "before", TO_CUSTOMER),
        Step("sent, not told", "wa-api", "after", TO_CUSTOMER),
        Step("sent, not recorded", "state", "before", DONE_OUT),
        Step("recorded, not answered", "state", "after", DONE_OUT),
    ],
    "genesys-api": [
        Step("not sent", "genesys", "before", GENESYS),
        Step("sent, not told", "genesys", "after", GENESYS),
    ],
    "wa-api": [
        Step("not sent", "graph", "before", _messages),
        Step("sent, not told", "graph", "after", _messages),
    ],
    "state": [
        Step("claimed, not told", "state", "after", _path("/state/claim")),
        Step("recorded, not told", "state", "after", _path("/state/complete")),
    ],
}
MANY = 3  # steps: then restarts take longer each time, and more lines are written meanwhile
SHORT = {"connector": STEPS["connector"][1:2], INBOUND: STEPS[INBOUND][3:4]}

SCENARIOS = [
    *(
        Scenario(f"{name} killed", partial(_anywhere, name), lines=300, unknowable=name in HIDES)
        for name in EVERY
    ),
    *(
        Scenario(
            f"{victim} killed at each step",
            AtEach(victim, steps),
            lines=1800 if len(steps) > MANY else 400,
            short=AtEach(victim, SHORT[victim]) if victim in SHORT else None,
            short_lines=150 if victim in SHORT else 0,
            unknowable=victim in HIDES,
        )
        for victim, steps in STEPS.items()
    ),
]
