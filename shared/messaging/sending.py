"""What both delivery functions do around one send: retries, figures, one log line.

The line and the labels tell who and how it ended, never what was said, to whom, or with which key.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from pydantic import SecretStr

from shared.messaging.attempts import Attempt, Credential, Patience, deliver
from shared.messaging.outcomes import HELD_BACK, SendError, SendOutcome, not_sent
from shared.runtime.errors import BadInput, BodyTooLarge
from shared.runtime.logging import bind, logger
from shared.runtime.metrics import Bounded, counter, histogram

log = logger()

SENDS = counter("sends", "Sends by how they ended", ("kind", "tenant", "outcome"))
REFUSALS = counter("send_errors", "Sends not accepted, by the provider's code", ("kind", "code"))
PROVIDER = histogram("provider_seconds", "Time that the provider took, all tries", ("kind",))
OWN = histogram("send_own_seconds", "Time of a send beside the provider's", ("kind",))

# The caller waits no longer (shared.services.delivery.CALL_TIMEOUT), takes the send for unknown,
# and may have it repeated: who was asleep so long sends nothing.
LONGEST_S = 30.0

TOO_LATE = "too_late"
_NOBODY_WAITS = "this process was held up for so long that nobody waits for the answer"

TENANTS_SHOWN = 200
CODES_SHOWN = 100


class Gate(Protocol):
    """The limits that a send has to keep."""

    async def enter(self) -> SendError | None:
        """Count one try and wait for its turn; or why it is not made now."""
        ...

    async def learn(self, outcome: SendOutcome) -> SendOutcome:
        """Take in what the try came to; the outcome, with what the limits say to it."""
        ...


class OpenGate:
    """No limits."""

    async def enter(self) -> SendError | None:
        """Go."""
        return None

    async def learn(self, outcome: SendOutcome) -> SendOutcome:
        """The same."""
        return outcome


@dataclass(frozen=True)
class Job:
    """Whose send it is, and of which kind ("whatsapp", "genesys_message", ...)."""

    kind: str
    tenant_id: str
    channel_id: str


class Sending:
    """Runs the sends of one process and tells about them."""

    def __init__(self, patience: Patience | None = None, *, longest: float = LONGEST_S) -> None:
        """`longest`: seconds from its beginning until which a send may still be made."""
        self._patience = patience or Patience()
        self._longest = longest
        self._tenant = Bounded(TENANTS_SHOWN)
        self._code = Bounded(CODES_SHOWN)

    async def run(
        self, job: Job, attempt: Attempt, credential: Credential, gate: Gate | None = None
    ) -> SendOutcome:
        """The outcome of one send.

        Raises Unavailable when the function cannot work; then nothing was sent.
        """
        bind(tenant_id=job.tenant_id, channel_id=job.channel_id)
        watch = _Stopwatch(attempt, gate or OpenGate(), time.monotonic() + self._longest)
        started = time.perf_counter()
        outcome = await deliver(watch, credential, self._patience)
        self._tell(job, outcome, watch, time.perf_counter() - started)
        return outcome

    def hold_back(self, job: Job, error: SendError) -> SendOutcome:
        """The outcome of a send that is not even begun."""
        bind(tenant_id=job.tenant_id, channel_id=job.channel_id)
        outcome = SendOutcome.refused(error)
        self._tell(job, outcome, _Stopwatch(_nothing, OpenGate(), 0.0), 0.0)
        return outcome

    def _tell(self, job: Job, outcome: SendOutcome, watch: _Stopwatch, whole: float) -> None:
        own = max(0.0, whole - watch.seconds - watch.waited)
        held = outcome.error is not None and outcome.error.provider_code.startswith(HELD_BACK)
        fate = "held" if held else outcome.outcome
        SENDS.labels(job.kind, self._tenant(job.tenant_id), fate).inc()
        if watch.tries:
            PROVIDER.labels(job.kind).observe(watch.seconds)
            OWN.labels(job.kind).observe(own)
        if outcome.error is not None:
            REFUSALS.labels(job.kind, self._code(outcome.error.provider_code)).inc()
        _log(job.kind, outcome, watch, own)


class _Stopwatch:
    """An attempt that counts its tries and the seconds spent in them, and before the gate."""

    def __init__(self, attempt: Attempt, gate: Gate, until: float) -> None:
        self._attempt = attempt
        self._gate = gate
        self._until = until  # monotonic
        self.tries = 0
        self.seconds = 0.0
        self.waited = 0.0

    async def __call__(self, token: SecretStr) -> SendOutcome:
        started = time.perf_counter()
        held = await self._gate.enter()
        self.waited += time.perf_counter() - started
        if held is not None:
            return SendOutcome.refused(held)
        if time.monotonic() > self._until:
            return SendOutcome.refused(not_sent(TOO_LATE, _NOBODY_WAITS))
        self.tries += 1
        started = time.perf_counter()
        try:
            outcome = await self._attempt(token)
        finally:
            self.seconds += time.perf_counter() - started
        return await self._gate.learn(outcome)


async def _nothing(token: SecretStr) -> SendOutcome:
    del token
    raise RuntimeError("a send that is held back has no attempt")


def _log(kind: str, outcome: SendOutcome, watch: _Stopwatch, own: float) -> None:
    line: dict[str, Any] = {
        "kind": kind,
        "outcome": outcome.outcome,
        "tries": watch.tries,
        "waited_ms": round(watch.waited * 1000),
        "provider_ms": round(watch.seconds * 1000),
        "own_ms": round(own * 1000),
        "provider_trace": outcome.trace,
    }
    error = outcome.error
    if error is None:
        log.info("send", extra=line)
        return
    line |= {"code": error.provider_code, "title": error.title, "provider_trace": error.trace}
    line |= {"retryable": error.retryable, "hold_tenant": error.hold_tenant}
    if error.action == "alarm":
        log.error("send", extra=line)
    elif error.provider_code.startswith(HELD_BACK):
        log.info("send", extra=line)
    else:
        log.warning("send", extra=line)


def check_body(body: dict[str, Any], limit: int) -> None:
    """Refuse what no provider can read. Raises BadInput, or BodyTooLarge over `limit` bytes."""
    if not body:
        raise BadInput("the body to send is empty")
    try:
        size = len(orjson.dumps(body))
    except TypeError:  # half a surrogate pair, or a number over 64 bits
        raise BadInput("the body to send is not JSON in UTF-8") from None
    if size > limit:
        raise BodyTooLarge(f"the body to send has {size} bytes, the limit is {limit}")
