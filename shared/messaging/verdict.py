"""A row of a provider's error table, and the SendError that it makes of one answer."""

from dataclasses import dataclass

from shared.genesys.build import Reason
from shared.messaging.outcomes import Action, SendError

# Seconds. A reply that may go out only later than this is of no use to the customer: the agent is
# told at once instead, and can do something else.
LONGEST_HOLD = 4 * 3600.0


@dataclass(frozen=True)
class Verdict:
    """What a code means and what is to be done. `delay` in seconds: when a repeat makes sense."""

    action: Action
    reason: Reason
    title: str
    agent: str
    operator: str
    delay: float | None = None
    hold: bool = False
    token: bool = False
    attempts: int | None = None

    def error(
        self, code: str, *, detail: str = "", wait: float | None = None, trace: str | None = None
    ) -> SendError:
        """The error of one answer; `wait` is what the answer's own headers ask for, in seconds."""
        patient = self.action in ("retry", "wait")
        delay = wait if wait and patient else self.delay
        return SendError(
            provider_code=code,
            title=self.title,
            detail=detail,
            action=self.action,
            retryable=self.hold or (patient and (delay or 0) <= LONGEST_HOLD),
            retry_after=delay,
            reason=self.reason,
            agent_words=self.agent,
            operator_words=self.operator,
            hold_tenant=self.hold,
            token_rejected=self.token,
            max_attempts=self.attempts,
            trace=trace,
        )
