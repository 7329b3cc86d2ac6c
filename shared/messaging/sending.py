"""What both delivery functions do around one send: retries, figures, one log line.

The line and the labels tell who and how it ended, never what was said, to whom, or with which key.
"""

import time
from typing import Any

import orjson
from pydantic import SecretStr

from shared.messaging.attempts import Attempt, Credential, Patience, deliver
from shared.messaging.outcomes import SendOutcome
from shared.runtime.errors import BadInput, BodyTooLarge
from shared.runtime.logging import bind, logger
from shared.runtime.metrics import counter, histogram

log = logger()

SENDS = counter("sends", "Sends by how they ended", ("kind", "tenant", "outcome"))
REFUSALS = counter("send_errors", "Sends not accepted, by the provider's code", ("kind", "code"))
PROVIDER = histogram("provider_seconds", "Time that the provider took, all tries", ("kind",))
OWN = histogram("send_own_seconds", "Time of a send beside the provider's", ("kind",))

TENANTS_SHOWN = 200
CODES_SHOWN = 100
_OTHER = "other"


class Bounded:
    """A label's values as they come, up to a number; then all new ones are `other`."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._seen: set[str] = set()

    def __call__(self, value: str) -> str:
        """The value itself, or `other`."""
        if value not in self._seen and len(self._seen) >= self._limit:
            return _OTHER
        self._seen.add(value)
        return value


class Sending:
    """Runs the sends of one process and tells about them."""

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._tenant = Bounded(TENANTS_SHOWN)
        self._code = Bounded(CODES_SHOWN)

    async def run(
        self, kind: str, tenant_id: str, channel_id: str, attempt: Attempt, credential: Credential
    ) -> SendOutcome:
        """The outcome of one send of this kind ("whatsapp", "genesys_message", ...).

        Raises Unavailable when the function cannot work; then nothing was sent.
        """
        bind(tenant_id=tenant_id, channel_id=channel_id)
        watch = _Stopwatch(attempt)
        started = time.perf_counter()
        outcome = await deliver(watch, credential, self._patience)
        own = time.perf_counter() - started - watch.seconds
        self._count(kind, tenant_id, outcome, watch.seconds, own)
        _tell(kind, outcome, watch, own)
        return outcome

    def _count(
        self, kind: str, tenant_id: str, outcome: SendOutcome, provider: float, own: float
    ) -> None:
        SENDS.labels(kind, self._tenant(tenant_id), outcome.outcome).inc()
        PROVIDER.labels(kind).observe(provider)
        OWN.labels(kind).observe(own)
        if outcome.error is not None:
            REFUSALS.labels(kind, self._code(outcome.error.provider_code)).inc()


class _Stopwatch:
    """An attempt that counts its tries and the seconds spent in them."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self.tries = 0
        self.seconds = 0.0

    async def __call__(self, token: SecretStr) -> SendOutcome:
        self.tries += 1
        started = time.perf_counter()
        try:
            return await self._attempt(token)
        finally:
            self.seconds += time.perf_counter() - started


def _tell(kind: str, outcome: SendOutcome, watch: _Stopwatch, own: float) -> None:
    line: dict[str, Any] = {
        "kind": kind,
        "outcome": outcome.outcome,
        "tries": watch.tries,
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
