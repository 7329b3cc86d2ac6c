"""Genesys' errors: every code of the contract, the login host's, and receipts not taken."""

from typing import Any, get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.genesys.build import Reason
from shared.genesys.codes import BY_STATUS, CODES, FAILED
from shared.genesys.errors import classify, not_applied, refusal

# code: (its status, action, outcome, repeated?, tenant held?), contracts/genesys.md (b6), (a).
TABLE: dict[str, tuple[int, str, str, bool, bool]] = {
    "bad.request": (400, "never", "refused", False, False),
    "invalid.value": (400, "never", "refused", False, False),
    "invalid.date": (400, "never", "refused", False, False),
    "authentication.required": (401, "alarm", "refused", True, True),
    "bad.credentials": (401, "alarm", "refused", True, True),
    "credentials.expired": (401, "alarm", "refused", True, True),
    "missing.permissions": (403, "alarm", "refused", True, True),
    "missing.any.permissions": (403, "alarm", "refused", True, True),
    "not.authorized": (403, "alarm", "refused", True, True),
    "not.found": (404, "alarm", "refused", False, False),
    "unsupported.media.type": (415, "never", "refused", False, False),
    "too.many.requests": (429, "wait", "refused", True, False),
    "internal.server.error": (500, "retry", "unknown", True, False),
    "service.unavailable": (503, "retry", "refused", True, False),
    "request.timeout": (504, "retry", "unknown", True, False),
    "invalid_client": (400, "alarm", "refused", True, True),
    "unauthorized_client": (400, "alarm", "refused", True, True),
    "invalid_grant": (400, "alarm", "refused", True, True),
    "access_denied": (401, "alarm", "refused", True, True),
    "invalid_scope": (400, "alarm", "refused", True, True),
    "invalid_request": (400, "alarm", "refused", True, True),
    "unsupported_grant_type": (400, "alarm", "refused", True, True),
    "server_error": (500, "retry", "unknown", True, False),
    "temporarily_unavailable": (503, "retry", "refused", True, False),
}


def answer(code: str, **more: Any) -> bytes:
    """ErrorBody of the platform, or OAuth's form for the login host's codes."""
    if "_" in code:
        return orjson.dumps({"error": code, "error_description": "words", **more})
    return orjson.dumps({"code": code, "message": "words", "status": 400, "errors": [], **more})


@pytest.mark.parametrize(("code", "expected"), TABLE.items())
def test_every_code_has_its_outcome(code: str, expected: tuple[int, str, str, bool, bool]) -> None:
    status, *rest = expected
    outcome = refusal(status, answer(code), {})
    error = outcome.error
    assert error is not None
    assert [error.action, outcome.outcome, error.retryable, error.hold_tenant] == rest
    assert (error.provider_code, error.detail) == (code, "words")


def test_the_table_has_no_row_that_is_not_checked_here() -> None:
    assert set(CODES) == set(TABLE)


@pytest.mark.parametrize("verdict", [*CODES.values(), *BY_STATUS.values(), *FAILED.values()])
def test_every_row_has_words_for_both_and_a_delay_where_it_is_repeated(verdict: Any) -> None:
    for words in (verdict.title, verdict.agent, verdict.operator):
        assert words[0].isupper()
    assert verdict.agent.endswith(".")
    assert verdict.operator.endswith(".")
    if verdict.action in ("retry", "wait") or verdict.hold:
        assert verdict.delay > 0


@pytest.mark.parametrize(
    ("status", "action", "outcome"),
    [
        (301, "alarm", "refused"),
        (400, "never", "refused"),
        (401, "alarm", "refused"),
        (403, "alarm", "refused"),
        (404, "alarm", "refused"),
        (408, "retry", "refused"),
        (409, "never", "refused"),
        (413, "never", "refused"),
        (415, "never", "refused"),
        (418, "never", "refused"),
        (429, "wait", "refused"),
        (500, "retry", "unknown"),
        (502, "retry", "unknown"),
        (503, "retry", "unknown"),
        (504, "retry", "unknown"),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html/>", b"[]", b"\xff", b'{"code": ["x"]}'])
def test_without_a_code_the_status_decides(
    status: int, action: str, outcome: str, body: bytes
) -> None:
    result = refusal(status, body, {})
    assert result.error is not None
    assert (result.error.action, result.outcome) == (action, outcome)
    assert result.error.provider_code == f"http_{status}"


@pytest.mark.parametrize("status", [500, 502, 504])
def test_what_may_have_arrived_may_be_repeated_with_the_same_id_and_time(status: int) -> None:
    result = refusal(status, b"", {})
    assert result.error is not None
    assert result.error.retryable


def test_a_code_that_genesys_added_is_kept_and_the_status_decides() -> None:
    error = classify(403, answer("brand.new.code"), {})
    assert (error.provider_code, error.action) == ("brand.new.code", "alarm")


def test_only_a_401_asks_for_a_fresh_token() -> None:
    fresh = {code for code, row in CODES.items() if row.token}
    assert fresh == {"authentication.required", "bad.credentials", "credentials.expired"}
    assert classify(401, b"", {}).token_rejected


@pytest.mark.parametrize(("header", "seconds"), [("9", 9), ("", 15), ("soon", 15), ("0", 15)])
def test_a_429_says_when_to_come_back(header: str, seconds: float) -> None:
    error = classify(429, answer("too.many.requests"), {"Retry-After": header})
    assert error.retry_after == seconds


def test_the_correlation_id_is_kept_from_the_header_or_else_from_the_body() -> None:
    ids = ("3f1c2d4e-0000-4000-8000-123456789012", "11111111-2222-3333-4444-555555555555")
    body = answer("bad.request", contextId=ids[1])
    assert classify(400, body, {"ININ-Correlation-Id": ids[0]}).trace == ids[0]
    assert classify(400, body, {}).trace == ids[1]


def test_genesys_words_lose_what_was_sent() -> None:
    words = "Value [Hello dear] is not valid for field type [IdType]. Allowable values are: Phone"
    error = classify(400, answer("invalid.value", message=words), {})
    assert "Hello" not in error.detail
    assert error.detail.endswith("field type [IdType]. Allowable values are: Phone")


@pytest.mark.parametrize("reason", get_args(Reason))
def test_a_receipt_that_was_not_applied_is_final_with_its_reason(reason: str) -> None:
    error = not_applied({"status": "Failed", "reasons": [{"code": reason, "message": "m"}]}, {})
    assert error is not None
    assert (error.provider_code, error.reason, error.retryable) == (reason, reason, False)
    assert error.detail == "m"


@pytest.mark.parametrize(
    "reasons", [None, [], ["x"], [{}], [{"code": "Invented"}], {"code": "x"}, [{"code": 5}]]
)
def test_a_failed_receipt_without_a_known_reason_is_a_general_error(reasons: Any) -> None:
    error = not_applied({"status": "Failed", "reasons": reasons}, {})
    assert error is not None
    assert error.reason == "GeneralError"


@pytest.mark.parametrize(
    "body", [{}, {"status": "Delivered", "reasons": [{"code": "GeneralError"}]}, {"status": None}]
)
def test_reasons_beside_any_other_status_mean_nothing(body: dict[str, Any]) -> None:
    assert not_applied(body, {}) is None


@given(st.binary(), st.integers(200, 599))
def test_no_bytes_break_it(body: bytes, status: int) -> None:
    assert classify(status, body, {}).agent_words
