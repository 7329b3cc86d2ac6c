"""A process that was held up for so long that nobody waits sends nothing any more."""

import asyncio

from pydantic import SecretStr

from shared.messaging.outcomes import SendOutcome
from shared.messaging.sending import TOO_LATE, Job, Sending
from tests.delivery.test_attempts import Tokens

JOB = Job(
    "whatsapp", "7e6f8f1e-6c1b-4c53-9d0a-0d7c2a2f7c10", "0c7b1f44-3d0a-4c6e-8a53-3a4bb9c8f1aa"
)


def sent(longest: float) -> tuple[SendOutcome, int]:
    tries = 0

    async def attempt(_: SecretStr) -> SendOutcome:
        nonlocal tries
        tries += 1
        return SendOutcome.accepted("wamid.1")

    outcome = asyncio.run(Sending(longest=longest).run(JOB, attempt, Tokens()))
    return outcome, tries


def test_what_is_in_time_is_sent() -> None:
    assert sent(30.0) == (SendOutcome.accepted("wamid.1"), 1)


def test_what_is_too_late_was_surely_not_sent_and_may_be_tried_again() -> None:
    outcome, tries = sent(-1.0)
    assert (outcome.outcome, tries) == ("refused", 0)
    assert outcome.error is not None
    assert (outcome.error.provider_code, outcome.error.retryable) == (TOO_LATE, True)
