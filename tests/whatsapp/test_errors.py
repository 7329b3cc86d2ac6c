"""Meta's errors: every code of the contract's table, and every answer that holds no code."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.outcomes import SendError
from shared.whatsapp.codes import BY_STATUS, CODES, FAMILIES
from shared.whatsapp.errors import classify, from_status_errors, refusal

# code: (action, reason of the receipt, repeated?, tenant held?) as contracts/meta.md (c.6) has it.
TABLE: dict[int, tuple[str, str, bool, bool]] = {
    0: ("alarm", "GeneralError", True, True),
    1: ("retry", "ServerError", True, False),
    2: ("retry", "ServerError", True, False),
    3: ("alarm", "GeneralError", True, True),
    4: ("wait", "RateLimited", True, False),
    10: ("alarm", "GeneralError", True, True),
    100: ("never", "InvalidMessageStructure", False, False),
    190: ("alarm", "GeneralError", True, True),
    200: ("alarm", "GeneralError", True, True),
    299: ("alarm", "GeneralError", True, True),
    368: ("alarm", "GeneralError", False, False),
    470: ("template", "MessageExpired", False, False),
    80007: ("wait", "RateLimited", True, False),
    130429: ("retry", "RateLimited", True, False),
    130472: ("never", "MessageNotAllowed", False, False),
    130497: ("never", "MessageNotAllowed", False, False),
    131000: ("retry", "ServerError", True, False),
    131005: ("alarm", "GeneralError", True, True),
    131008: ("never", "InvalidMessageStructure", False, False),
    131009: ("never", "InvalidMessageStructure", False, False),
    131016: ("retry", "ServerError", True, False),
    131021: ("never", "InvalidDestination", False, False),
    131026: ("never", "InvalidDestination", False, False),
    131030: ("never", "InvalidDestination", False, False),
    131031: ("alarm", "GeneralError", False, False),
    131037: ("alarm", "GeneralError", False, False),
    131042: ("alarm", "GeneralError", False, False),
    131044: ("alarm", "GeneralError", False, False),
    131045: ("alarm", "GeneralError", False, False),
    131047: ("template", "MessageExpired", False, False),
    131048: ("wait", "RateLimited", True, False),
    131049: ("wait", "RateLimited", False, False),
    131050: ("never", "RecipientOptedOut", False, False),
    131051: ("never", "UnsupportedMessage", False, False),
    131052: ("never", "MediaTypeNotAllowed", False, False),
    131053: ("retry", "MediaTypeNotAllowed", True, False),
    131056: ("wait", "RateLimited", True, False),
    131057: ("retry", "ServerError", True, False),
    131060: ("never", "UnsupportedMessage", False, False),
    131062: ("never", "MessageNotAllowed", False, False),
    131063: ("never", "MessageNotAllowed", False, False),
    131064: ("never", "MessageNotAllowed", False, False),
    132000: ("never", "InvalidMessageStructure", False, False),
    132001: ("never", "InvalidMessageStructure", False, False),
    132005: ("never", "InvalidMessageStructure", False, False),
    132007: ("never", "InvalidMessageStructure", False, False),
    132012: ("never", "InvalidMessageStructure", False, False),
    132015: ("never", "InvalidMessageStructure", False, False),
    132016: ("never", "InvalidMessageStructure", False, False),
    132018: ("never", "InvalidMessageStructure", False, False),
    132068: ("alarm", "GeneralError", False, False),
    132069: ("wait", "RateLimited", True, False),
    133000: ("retry", "ServerError", True, False),
    133004: ("retry", "ServerError", True, False),
    133005: ("alarm", "GeneralError", False, False),
    133006: ("alarm", "GeneralError", False, False),
    133008: ("alarm", "GeneralError", False, False),
    133009: ("alarm", "GeneralError", False, False),
    133010: ("alarm", "GeneralError", False, False),
    133015: ("alarm", "GeneralError", False, False),
    133016: ("alarm", "GeneralError", False, False),
    135000: ("retry", "ServerError", True, False),
    137000: ("never", "UnsupportedMessage", False, False),
    # Codes that are not in the table: the family speaks.
    132999: ("never", "InvalidMessageStructure", False, False),
    133099: ("alarm", "GeneralError", False, False),
    138006: ("never", "UnsupportedMessage", False, False),
    139000: ("never", "UnsupportedMessage", False, False),
}


def answer(code: Any, **more: Any) -> bytes:
    return orjson.dumps({"error": {"message": f"(#{code}) words", "code": code, **more}})


def summary(error: SendError) -> tuple[str, str, bool, bool]:
    return error.action, error.reason, error.retryable, error.hold_tenant


@pytest.mark.parametrize(("code", "expected"), TABLE.items())
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_a_code_decides_whatever_the_http_status(
    code: int, expected: tuple[str, str, bool, bool], status: int
) -> None:
    error = classify(status, answer(code), {})
    assert summary(error) == expected
    assert error.provider_code == str(code)
    assert refusal(status, answer(code), {}).outcome == "refused"


def test_the_table_has_no_row_that_is_not_checked_here() -> None:
    assert set(CODES) <= set(TABLE)


@pytest.mark.parametrize(
    "verdict", [*CODES.values(), *BY_STATUS.values(), *(verdict for _, verdict in FAMILIES)]
)
def test_every_row_has_words_for_both_and_a_delay_where_it_is_repeated(verdict: Any) -> None:
    for words in (verdict.title, verdict.agent, verdict.operator):
        assert words[0].isupper()
        assert len(words) < 120
    assert verdict.agent.endswith(".")
    assert verdict.operator.endswith(".")
    if verdict.action in ("retry", "wait") or verdict.hold:
        assert verdict.delay > 0


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (301, ("alarm", "GeneralError", True, True)),
        (400, ("never", "InvalidMessageStructure", False, False)),
        (401, ("alarm", "GeneralError", True, True)),
        (403, ("alarm", "GeneralError", True, True)),
        (404, ("alarm", "GeneralError", True, True)),
        (408, ("retry", "ServerError", True, False)),
        (413, ("never", "InvalidMessageStructure", False, False)),
        (429, ("wait", "RateLimited", True, False)),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"[]", b'{"error": "no"}', b"\xff{"])
def test_without_a_code_the_status_decides(
    status: int, expected: tuple[str, str, bool, bool], body: bytes
) -> None:
    outcome = refusal(status, body, {})
    assert outcome.outcome == "refused"
    assert outcome.error is not None
    assert summary(outcome.error) == expected
    assert outcome.error.provider_code == f"http_{status}"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b'{"error":', b'{"ok":1}'])
def test_a_5xx_that_is_not_from_meta_itself_leaves_the_fate_unknown(
    status: int, body: bytes
) -> None:
    outcome = refusal(status, body, {})
    assert outcome.outcome == "unknown"
    assert outcome.error is not None
    assert not outcome.error.retryable


@pytest.mark.parametrize(
    ("status", "expected"), [(500, "retry"), (400, "never"), (401, "alarm"), (429, "wait")]
)
def test_a_code_of_no_family_falls_back_to_the_status(status: int, expected: str) -> None:
    error = classify(status, answer(999_999), {})
    assert (error.action, error.provider_code) == (expected, "999999")


def test_object_unknown_is_told_apart_from_a_wrong_parameter() -> None:
    error = classify(400, answer(100, error_subcode=33), {})
    assert (error.action, error.title) == ("alarm", "Phone number id unknown, or no access to it")


def test_only_an_expired_token_asks_for_a_fresh_one() -> None:
    fresh = {code for code in TABLE if classify(400, answer(code), {}).token_rejected}
    assert fresh == {0, 190}


@pytest.mark.parametrize("code", ["131047", 131047])
def test_a_code_may_come_as_text(code: Any) -> None:
    assert classify(400, answer(code), {}).action == "template"


@pytest.mark.parametrize("code", [None, True, [], {}, 1.5, -1, "x", "9" * 40, 10**12])
def test_what_is_no_code_is_as_good_as_none(code: Any) -> None:
    assert classify(429, answer(code), {}).provider_code == "http_429"


USAGE = "X-Business-Use-Case-Usage"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 60),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 60),
        ({"Retry-After": "soon"}, 60),
        ({"Retry-After": "nan"}, 60),
        ({"Retry-After": "-5"}, 60),
        ({USAGE: '{"102": [{"estimated_time_to_regain_access": 3}]}'}, 180),
        ({USAGE: '{"102": [{"estimated_time_to_regain_access": 0}]}'}, 60),
        ({USAGE: '{"1": [{}], "2": [{"estimated_time_to_regain_access": 2}]}'}, 120),
        ({USAGE: '{"1": [{"estimated_time_to_regain_access": 1}]}', "Retry-After": "90"}, 90),
        ({USAGE: '{"1": 5, "2": [7], "3": [{"estimated_time_to_regain_access": "x"}]}'}, 60),
        ({USAGE: "not json"}, 60),
        ({USAGE: "[]"}, 60),
    ],
)
def test_the_headers_say_how_long_to_wait(headers: dict[str, str], seconds: float) -> None:
    assert classify(400, answer(80007), headers).retry_after == seconds


def test_a_wait_longer_than_a_reply_is_worth_is_told_to_the_agent_instead() -> None:
    day = {USAGE: '{"102": [{"estimated_time_to_regain_access": 1440}]}'}
    error = classify(400, answer(80007), day)
    assert (error.retryable, error.retry_after) == (False, 86_400)


def test_a_final_error_has_no_time_to_come_back() -> None:
    assert classify(400, answer(131026), {"Retry-After": "5"}).retry_after is None


def test_one_more_try_is_all_that_a_refused_file_gets() -> None:
    assert classify(400, answer(131053), {}).max_attempts == 2


def test_the_trace_id_is_kept_and_nothing_else_passes_for_one() -> None:
    assert classify(400, answer(100, fbtrace_id="AbC-1_x"), {}).trace == "AbC-1_x"
    assert classify(400, answer(100, fbtrace_id="a b\n"), {}).trace is None
    assert classify(400, answer(100, fbtrace_id=["x"]), {}).trace is None


def test_details_come_before_the_message() -> None:
    body = answer(100, error_data={"messaging_product": "whatsapp", "details": "Param text.body"})
    assert classify(400, body, {}).detail == "Param text.body"


@pytest.mark.parametrize("data", [None, 5, [], {}, {"details": None}, {"details": {"a": 1}}])
def test_strange_details_are_survived(data: Any) -> None:
    assert classify(400, answer(100, error_data=data), {}).action == "never"


STATUS_ERRORS = [
    ([{"code": 131047, "title": "Re-engagement message"}], "131047", "template"),
    ([{"code": 131053, "error_data": {"details": "image/webp"}}], "131053", "retry"),
    ([{"code": 131049, "title": "x", "message": "y", "href": "https://z"}], "131049", "wait"),
    ([{"code": "131026", "details": "old form"}], "131026", "never"),
    (["nonsense", {"title": "no code"}, {"code": 131050}], "131050", "never"),
    ([{"code": 999_999}, {"code": 131026}], "131026", "never"),
    ([{"code": 999_999, "title": "new"}], "999999", "never"),
    ([], "none", "never"),
    (None, "none", "never"),
    ({"code": 131026}, "none", "never"),
]


@pytest.mark.parametrize(("errors", "code", "action"), STATUS_ERRORS)
def test_a_failed_status_says_why(errors: Any, code: str, action: str) -> None:
    error = from_status_errors(errors)
    assert (error.provider_code, error.action) == (code, action)
    assert error.agent_words


def test_metas_words_lose_what_was_sent() -> None:
    words = (
        'Invalid "Hello dear" for +49 (151) 1234-5678, see https://x.y/z?t=1 wamid.HBgL me@x.org'
    )
    error = classify(400, answer(100, error_data={"details": words + " EAAG" + "x" * 60}), {})
    for private in ("Hello", "151", "5678", "x.y", "HBgL", "@", "EAAG"):
        assert private not in error.detail
    assert error.detail.startswith("Invalid … for …, see …")


def test_field_names_in_metas_words_stay() -> None:
    words = 'Unexpected key "filename" on param "image"'
    assert classify(400, answer(100, message=words), {}).detail == words


@given(st.binary(), st.integers(200, 599))
def test_no_bytes_break_it(body: bytes, status: int) -> None:
    assert classify(status, body, {}).agent_words


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
KEYS = ("code", "message", "title", "error_data", "error_subcode", "fbtrace_id", "details")


@given(st.dictionaries(st.sampled_from(KEYS), json_values))
def test_no_json_breaks_it(error: dict[str, Any]) -> None:
    body = orjson.dumps({"error": error})
    assert classify(400, body, {}).agent_words
    assert from_status_errors([error]).agent_words
