"""What became of one send: three values, because a lost answer is neither yes nor no.

SendOutcome
├── accepted               the provider took it and named it; never send it again
├── refused                the provider did not take it
│   ├── retryable          the same send may succeed later (not before `retry_after`)
│   │   ├── hold_tenant    nothing of this tenant can be sent until its credential is mended:
│   │   │                  keep the message, do not count the attempt
│   │   └── hold_line      over a limit: this customer's messages wait, nothing else does
│   └── final              tell the agent (`reason`, `agent_words`); never send it again
└── unknown                it may have arrived
    ├── retryable          repeating it with the same id and time is right (Genesys)
    └── not retryable      find out first: statuses, biz_opaque_callback_data (WhatsApp)
"""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.genesys.build import Reason
from shared.runtime.errors import Limited, Unavailable

Fate = Literal["accepted", "refused", "unknown"]

# What a table row asks for: contracts/meta.md (c.6).
Action = Literal["retry", "wait", "never", "template", "alarm"]

HELD_BACK = "limit_"  # how our own codes of a send that was not made begin


class SendError(BaseModel):
    """Why a send was refused, or is unknown. Holds no message text, address or token."""

    model_config = ConfigDict(frozen=True)

    provider_code: str
    title: str
    detail: str = ""
    action: Action
    retryable: bool
    retry_after: float | None = Field(default=None, ge=0)  # seconds
    reason: Reason
    agent_words: str
    operator_words: str
    hold_tenant: bool = False
    hold_line: bool = False
    token_rejected: bool = False  # a fresh token may help
    max_attempts: int | None = None  # tries in all that make sense; None: the caller's policy
    trace: str | None = None  # fbtrace_id or ININ-Correlation-Id, for the provider's support


class SendOutcome(BaseModel):
    """The fate of one send; `error` is there exactly when it was not accepted."""

    model_config = ConfigDict(frozen=True)

    outcome: Fate
    id: str | None = None  # wamid, or Genesys message id
    conversation_id: str | None = None
    wa_id: str | None = None
    trace: str | None = None  # as in SendError, where the provider tells it on success too
    error: SendError | None = None

    @model_validator(mode="after")
    def _error_unless_accepted(self) -> Self:
        if (self.error is None) != (self.outcome == "accepted"):
            raise ValueError("a send has an error exactly when it was not accepted")
        return self

    @classmethod
    def accepted(
        cls,
        id: str | None = None,  # noqa: A002 - the field's own name
        *,
        conversation_id: str | None = None,
        wa_id: str | None = None,
        trace: str | None = None,
    ) -> Self:
        """Taken by the provider. `id` is absent only where the provider gives none."""
        return cls(
            outcome="accepted", id=id, conversation_id=conversation_id, wa_id=wa_id, trace=trace
        )

    @classmethod
    def refused(cls, error: SendError) -> Self:
        """Surely not taken: the provider said no, or was never reached."""
        return cls(outcome="refused", error=error)

    @classmethod
    def unknown(cls, error: SendError) -> Self:
        """Perhaps taken: `error.retryable` says whether a repeat is right."""
        return cls(outcome="unknown", error=error)


def not_sent(code: str, detail: str, *, retry_after: float | None = None) -> SendError:
    """The error of a send that surely did not leave, or was turned away for the moment."""
    return SendError(
        provider_code=code,
        title="Not sent",
        detail=detail,
        action="retry",
        retryable=True,
        retry_after=retry_after,
        reason="ServerError",
        agent_words="The message could not be sent. Send it again in a few minutes.",
        operator_words="Nothing was sent. Check that the other side can be reached from here.",
    )


def may_have_arrived(code: str, detail: str, *, repeatable: bool) -> SendError:
    """The error of a send whose answer is missing; `repeatable`: a repeat is right by contract."""
    return SendError(
        provider_code=code,
        title="No answer",
        detail=detail,
        action="retry" if repeatable else "wait",
        retryable=repeatable,
        reason="ServerError",
        agent_words="It is not certain that it arrived. Ask the customer before you repeat it.",
        operator_words=(
            "The request may have been taken; it is repeated with the same id and time."
            if repeatable
            else "The request may have been taken; a status decides. It is not repeated blindly."
        ),
    )


def held_back(limit: str, retry_after: float) -> SendError:
    """The error of a send that would have been over a provider's limit: it was not made."""
    return SendError(
        provider_code=f"{HELD_BACK}{limit}",
        title="Waits for its turn",
        detail=f"the {limit} may send again in {retry_after:.1f} s",
        action="wait",
        retryable=True,
        retry_after=retry_after,
        reason="RateLimited",
        agent_words="Too many messages were on their way. Send this one again later.",
        operator_words="More is sent than the provider allows: see docs/operate.md, limits.",
        hold_line=True,
    )


def later(error: SendError, words: str) -> Unavailable:
    """What the queue is told of a send that can be tried again."""
    kind = Limited if error.hold_line else Unavailable
    return kind(f"{words}: {error.title}", retry_after=error.retry_after)
