"""The trace of a request."""

import pytest

from shared.runtime.clock import parse_time, rfc3339
from shared.runtime.trace import current_traceparent, new_traceparent, trace_id, use_traceparent


def test_a_good_header_is_carried_on() -> None:
    header = new_traceparent()
    assert use_traceparent(header) == header == current_traceparent()
    assert trace_id(header) == header[3:35]


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "00-" + "0" * 32 + "-" + "1" * 16 + "-01",
        "00-" + "1" * 32 + "-" + "0" * 16 + "-01",
        "ff-" + "1" * 32 + "-" + "1" * 16 + "-01",
        "00-" + "G" * 32 + "-" + "1" * 16 + "-01",
        "00-" + "1" * 32 + "-" + "1" * 16 + "-01\r\nX: y",
    ],
)
def test_a_bad_header_begins_a_new_trace(header: str | None) -> None:
    assert use_traceparent(header) != header


def test_times_go_to_text_and_back() -> None:
    text = "2026-11-23T09:30:00.123Z"
    assert rfc3339(parse_time(text)) == text
    assert rfc3339(parse_time("2026-11-23T10:30:00.123+01:00")) == text
    assert rfc3339(parse_time("2026-11-23T09:30:00")) == "2026-11-23T09:30:00.000Z"
