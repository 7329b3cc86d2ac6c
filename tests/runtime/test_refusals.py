"""What a log says of who was refused: bounded, once, and nothing that a stranger could write."""

import asyncio
from typing import Any

import jwt
import pytest

from shared.runtime.errors import Unavailable
from shared.runtime.refusals import Refusals, asked, claimed, claims, why_not
from shared.runtime.repeats import LINES, WINDOW_S
from tests.messaging.broker import until
from tests.runtime.conftest import Clock, lines

KEY = "k" * 40


def test_the_same_line_is_written_once_in_a_window_and_its_repeats_are_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    refusals = Refusals(clock)
    for size in range(5):
        whose = {"claimed_tenant": "acme", "app": None}
        refusals.warning("seen", reason="expired", extra=whose, beside={"bytes": size})
    [line] = lines(capsys)
    assert (line["message"], line["reason"], line["claimed_tenant"]) == ("seen", "expired", "acme")
    assert (line["bytes"], "app" in line) == (0, False)
    clock.now += WINDOW_S
    refusals.warning("seen", reason="expired", extra={})
    told, fresh = lines(capsys)
    assert (told["message"], told["event"], told["lines"]) == ("lines_not_shown", "seen", 4)
    assert fresh["message"] == "seen"


def test_different_lines_are_bounded_for_each_reason_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    refusals = Refusals(Clock())
    for number in range(3 * LINES):
        refusals.warning("seen", reason="expired", extra={"client": str(number)})
    refusals.warning("seen", reason="revoked_key", extra={"client": "1"})
    reasons = [line["reason"] for line in lines(capsys)]
    assert (reasons.count("expired"), reasons.count("revoked_key")) == (LINES, 1)


def test_on_a_loop_the_count_comes_without_another_refusal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def main() -> None:
        refusals = Refusals(Clock(), seconds=0.01)  # its end is the loop's alone
        for _ in range(3):
            refusals.warning("seen", reason="expired", extra={})
        await until(both_said)

    said: list[str] = []

    def both_said() -> bool:
        said.extend(line["message"] for line in lines(capsys))
        return len(said) > 1

    asyncio.run(main())
    assert said == ["seen", "lines_not_shown"]


@pytest.mark.parametrize("good", ["106540352242922", "https://login.example.com/x", "acme-bank"])
def test_what_may_be_an_id_stands_as_it_is(good: str) -> None:
    assert claimed(good) == good


@pytest.mark.parametrize(
    "odd", ["a b", "+49 151", "ana@example.com", "x" * 97, 'x"}\n{"level":"ERROR"', "\u202eevil"]
)
def test_of_anything_else_a_stand_in_is_told(odd: str) -> None:
    told = claimed(odd)
    assert told is not None
    assert told.startswith("odd:")
    assert len(told) == len("odd:") + 16


@pytest.mark.parametrize("nothing", [None, "", 7, {"a": 1}])
def test_what_is_no_text_claims_nothing(nothing: Any) -> None:
    assert claimed(nothing) is None


def test_a_token_that_is_not_believed_is_read_for_the_named_claims_alone() -> None:
    body = {"iss": "wa-api", "aud": ["state", "x"], "sub": "ana@example.com"}
    token = jwt.encode(body, KEY)
    names = {"claimed_caller": "iss", "claimed_audience": "aud"}
    assert claims(token, names) == {"claimed_caller": "wa-api", "claimed_audience": "state"}
    assert claims("no token", names) == {}
    assert claims("x" * 9000, names) == {}


def test_every_fault_of_a_token_has_a_word() -> None:
    assert why_not(jwt.ExpiredSignatureError()) == "expired"
    assert why_not(jwt.InvalidSignatureError()) == "wrong_signature"
    assert why_not(jwt.DecodeError()) == "malformed"


def test_a_look_up_that_fails_changes_nothing() -> None:
    async def away() -> str:
        raise Unavailable

    assert asyncio.run(asked(away())) is None
