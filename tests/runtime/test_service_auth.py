"""Service tokens: what is forged, late, or meant for another is refused with the same words."""

import time
from collections.abc import Callable

import jwt
import pytest

from shared.runtime.errors import Unauthorised
from shared.runtime.service_auth import ServiceTokens
from tests.support import wait_until

KEY = "k" * 40
OTHER = "o" * 40


def forge(key: str = KEY, algorithm: str = "HS256", **changed: object) -> str:
    now = int(time.time())
    claims = {"iss": "x", "aud": "state", "iat": now, "exp": now + 60} | changed
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, key, algorithm)


def test_the_callers_name_comes_out() -> None:
    token = ServiceTokens("wa-webhook", KEY).mint("state")
    assert ServiceTokens("state", KEY).verify(token, "state") == "wa-webhook"


def test_a_token_is_minted_once_and_used_again() -> None:
    tokens = ServiceTokens("wa-webhook", KEY)
    assert tokens.mint("state") == tokens.mint("state")


def test_the_previous_key_is_accepted_while_it_is_changed() -> None:
    token = ServiceTokens("wa-webhook", KEY).mint("state")
    assert ServiceTokens("state", OTHER, previous=KEY).verify(token, "state") == "wa-webhook"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x.y.z",
        forge(aud="auth"),
        forge(exp=int(time.time()) - 1),
        forge(exp=int(time.time()) + 400),
        forge(OTHER),
        forge("", algorithm="none"),
        forge(iss=None),
        forge(aud=None),
        forge(exp=None),
        forge(algorithm="HS512", key="k" * 64),
    ],
)
def test_a_bad_token_is_refused_without_saying_why(token: str) -> None:
    with pytest.raises(Unauthorised) as caught:
        ServiceTokens("state", KEY).verify(token, "state")
    assert caught.value.detail == "Unauthorised"


@pytest.mark.parametrize("header", [None, "", "Basic abc", "Bearer", "Bearer "])
def test_a_header_without_a_bearer_token_is_refused(header: str | None) -> None:
    with pytest.raises(Unauthorised):
        ServiceTokens("state", KEY).verify_header(header, "state")


def test_a_remembered_token_is_not_good_for_another_audience() -> None:
    tokens = ServiceTokens("state", KEY)
    token = forge()
    tokens.verify(token, "state")
    with pytest.raises(Unauthorised):
        tokens.verify(token, "auth")


def test_a_remembered_token_ends_with_its_time() -> None:
    tokens = ServiceTokens("state", KEY)
    token = forge(exp=int(time.time()) + 2)
    tokens.verify(token, "state")

    def refused() -> bool:
        try:
            tokens.verify(token, "state")
        except Unauthorised:
            return True
        return False

    wait_until(refused)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: forge(aud="auth"), "wrong_audience"),
        (lambda: forge(exp=int(time.time()) - 1), "expired"),
        (lambda: forge(OTHER), "wrong_signature"),
        (lambda: forge(exp=int(time.time()) + 28 * 365 * 86400), "lives_too_long"),
        (lambda: forge(iss=None), "missing_claim"),
        (lambda: "x.y.z", "malformed"),
    ],
)
def test_the_log_is_told_why_and_whose_it_says_it_is(make: Callable[[], str], reason: str) -> None:
    token = make()
    with pytest.raises(Unauthorised) as caught:
        ServiceTokens("state", KEY).verify(token, "state")
    assert caught.value.reason == reason
    if reason in ("expired", "wrong_signature"):
        assert caught.value.whose == {"claimed_caller": "x", "claimed_audience": "state"}


OWN = {"auth": ("a" * 40, "b" * 40)}
HOLDER = ServiceTokens("state", KEY, own=OWN)


@pytest.mark.parametrize("key", ["a" * 40, "b" * 40])
def test_a_name_with_a_key_of_its_own_is_known_by_it(key: str) -> None:
    token = ServiceTokens("auth", KEY, own={"auth": (key,)}).mint("state")
    assert HOLDER.verify(token, "state") == "auth"
    assert HOLDER.verify(forge(), "state") == "x", "others sign with the common key"


@pytest.mark.parametrize(
    "token",
    [
        ServiceTokens("auth", KEY).mint("state"),
        forge(iss="auth"),
        forge("a" * 40),
        forge("a" * 40, iss="auth2"),
        forge("a" * 40, iss="auth", exp=int(time.time()) + 400),
    ],
    ids=["common key", "forged", "another name", "a longer name", "too long"],
)
def test_nobody_else_takes_that_name_and_its_key_is_good_for_no_other(token: str) -> None:
    with pytest.raises(Unauthorised):
        HOLDER.verify(token, "state")


def test_a_late_token_of_the_previous_key_is_late_and_not_of_a_wrong_key() -> None:
    late = forge(exp=int(time.time()) - 1)
    with pytest.raises(Unauthorised) as caught:
        ServiceTokens("state", OTHER, previous=KEY).verify(late, "state")
    assert caught.value.reason == "expired"
