"""Short retries: what is tried again, how often, how soon, and with which token."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr, ValidationError

from shared.messaging.attempts import Patience, deliver
from shared.messaging.outcomes import (
    SendError,
    SendOutcome,
    held_back,
    may_have_arrived,
    not_sent,
)
from shared.messaging.verdict import LONGEST_HOLD, Verdict
from shared.runtime.errors import ParleyError, Unavailable
from shared.services.auth import CredentialBad
from shared.whatsapp.errors import classify

QUICK = Patience(first_wait=0.001, budget=0.2)
DONE = SendOutcome.accepted("wamid.1")


def meta(code: int) -> SendOutcome:
    return SendOutcome.refused(classify(400, b'{"error":{"code":%d}}' % code, {}))


def soon(code: int, **changes: object) -> SendOutcome:
    """The same, with a delay that a test can wait for."""
    error = meta(code).error
    assert error is not None
    return SendOutcome.refused(error.model_copy(update={"retry_after": 0.001, **changes}))


@dataclass
class Tokens:
    """Gives these tokens in turn, the last one again and again."""

    names: list[str] = field(default_factory=lambda: ["t1"])
    dropped: list[str] = field(default_factory=list)
    fail: ParleyError | None = None
    slow: float = 0

    async def token(self) -> SecretStr:
        await asyncio.sleep(self.slow)
        if self.fail is not None:
            raise self.fail
        return SecretStr(self.names[min(len(self.dropped), len(self.names) - 1)])

    async def drop(self, token: SecretStr) -> None:
        self.dropped.append(token.get_secret_value())


@dataclass
class Script:
    """Plays these outcomes in turn and notes with which token it was asked."""

    outcomes: Iterable[SendOutcome]
    used: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rest = iter(self.outcomes)

    async def __call__(self, token: SecretStr) -> SendOutcome:
        self.used.append(token.get_secret_value())
        return next(self._rest)


def run(script: Script, tokens: Tokens | None = None, patience: Patience = QUICK) -> SendOutcome:
    return asyncio.run(deliver(script, tokens or Tokens(), patience))


def test_what_was_accepted_is_done() -> None:
    script = Script([DONE])
    assert run(script) == DONE
    assert script.used == ["t1"]


def test_what_was_refused_for_the_moment_is_tried_again() -> None:
    script = Script([soon(131000), soon(130429), DONE])
    assert run(script) == DONE
    assert len(script.used) == 3


def test_three_tries_are_all() -> None:
    script = Script([soon(131000)] * 4)
    outcome = run(script)
    assert (outcome.outcome, len(script.used)) == ("refused", 3)
    assert outcome.error is not None
    assert outcome.error.retryable


@pytest.mark.parametrize("code", [100, 131026, 131047, 368, 133010])
def test_what_is_final_is_not_tried_again(code: int) -> None:
    script = Script([meta(code)])
    assert run(script) == meta(code)


@pytest.mark.parametrize("repeatable", [True, False])
def test_an_unknown_fate_is_never_repeated_here(*, repeatable: bool) -> None:
    unknown = SendOutcome.unknown(may_have_arrived("x", "x", repeatable=repeatable))
    script = Script([unknown])
    assert run(script) == unknown


def test_what_asks_for_a_longer_wait_goes_back_at_once() -> None:
    script = Script([meta(131048)])
    assert run(script) == meta(131048)
    assert len(script.used) == 1


def test_what_is_held_back_by_a_limit_goes_back_at_once() -> None:
    held = SendOutcome.refused(held_back("number", 0.6))
    script = Script([held])
    assert run(script, patience=Patience()) == held
    assert len(script.used) == 1


def test_a_number_that_meta_holds_is_tried_again_within_the_call() -> None:
    script = Script([soon(130429, hold_line=True), DONE])
    assert run(script) == DONE


def test_a_wait_is_never_shorter_than_the_provider_asks() -> None:
    wait = Patience().wait(soon(131000, retry_after=0.5), 1, 0)
    assert wait is not None
    assert 0.5 <= wait <= 0.6


@pytest.mark.parametrize(("tries", "least"), [(1, 0.2), (2, 0.4)])
def test_waits_of_our_own_grow(tries: int, least: float) -> None:
    wait = Patience().wait(SendOutcome.refused(not_sent("x", "x")), tries, 0)
    assert wait is not None
    assert least <= wait <= least * 1.2


def test_no_try_begins_after_the_budget() -> None:
    assert Patience().wait(SendOutcome.refused(not_sent("x", "x")), 1, 1.9) is None


def test_a_code_that_allows_two_tries_is_final_after_them() -> None:
    script = Script([soon(131053), soon(131053)])
    outcome = run(script)
    assert outcome.error is not None
    assert (len(script.used), outcome.error.retryable, outcome.error.action) == (2, False, "never")


def test_it_stays_open_while_a_try_is_left() -> None:
    outcome = run(Script([soon(131053)]), patience=Patience(tries=1))
    assert outcome.error is not None
    assert outcome.error.retryable


def test_a_rejected_token_is_dropped_and_replaced_once() -> None:
    script, tokens = Script([meta(190), DONE]), Tokens(["t1", "t2"])
    assert run(script, tokens) == DONE
    assert (script.used, tokens.dropped) == (["t1", "t2"], ["t1"])


def test_a_second_rejection_holds_the_tenant() -> None:
    script, tokens = Script([meta(190), meta(190)]), Tokens(["t1", "t2", "t3"])
    outcome = run(script, tokens)
    assert outcome.error is not None
    assert outcome.error.hold_tenant
    assert script.used == ["t1", "t2"]


def test_the_same_token_again_is_not_tried_again() -> None:
    script, tokens = Script([meta(190)]), Tokens(["t1"])
    assert run(script, tokens) == meta(190)
    assert tokens.dropped == ["t1"]


def test_a_fresh_token_that_comes_too_late_is_left_for_the_next_call() -> None:
    script, tokens = Script([meta(190)]), Tokens(["t1", "t2"])
    outcome = run(script, tokens, Patience(renew_within=-1))
    assert (outcome, tokens.dropped) == (meta(190), ["t1"])


def test_so_is_it_where_the_first_token_took_the_time() -> None:
    script, tokens = Script([meta(190)]), Tokens(["t1", "t2"], slow=0.02)
    outcome = run(script, tokens, Patience(renew_within=0.01))
    assert (outcome, tokens.dropped) == (meta(190), ["t1"])


def test_retries_go_on_with_the_fresh_token() -> None:
    script = Script([meta(190), soon(131000), DONE])
    assert run(script, Tokens(["t1", "t2"])) == DONE
    assert script.used == ["t1", "t2", "t2"]


def test_without_a_good_credential_the_tenant_is_held_and_nothing_sent() -> None:
    script = Script([])
    outcome = run(script, Tokens(fail=CredentialBad("no such credential")))
    assert outcome.error is not None
    assert (outcome.outcome, outcome.error.hold_tenant, script.used) == ("refused", True, [])
    assert outcome.error.provider_code == "credential_bad"


def test_without_an_answer_of_the_auth_function_the_call_fails() -> None:
    with pytest.raises(Unavailable):
        run(Script([]), Tokens(fail=Unavailable("auth is away")))


def test_a_token_that_does_not_come_fails_the_call_in_time() -> None:
    with pytest.raises(Unavailable, match="no token in time"):
        run(Script([]), Tokens(slow=30), Patience(token=0.01))


@pytest.mark.parametrize(
    "make",
    [
        lambda: SendOutcome(outcome="accepted", error=not_sent("x", "x")),
        lambda: SendOutcome(outcome="refused"),
        lambda: SendOutcome(outcome="unknown"),
    ],
)
def test_an_outcome_has_an_error_exactly_when_it_was_not_accepted(
    make: Callable[[], SendOutcome],
) -> None:
    with pytest.raises(ValidationError):
        make()


def test_an_outcome_survives_the_wire() -> None:
    for outcome in (DONE, meta(131048), SendOutcome.unknown(not_sent("x", "y", retry_after=1.5))):
        assert SendOutcome.model_validate_json(outcome.model_dump_json()) == outcome


def verdict(**changes: object) -> SendError:
    row = Verdict("wait", "RateLimited", "T", "A.", "O.", delay=5)
    return Verdict(**{**row.__dict__, **changes}).error("1")


def test_only_a_wait_worth_waiting_is_retryable() -> None:
    assert verdict(delay=LONGEST_HOLD).retryable
    assert not verdict(delay=LONGEST_HOLD + 1).retryable
    assert verdict(action="alarm", hold=True).retryable
    assert not verdict(action="alarm").retryable
