"""An event survives its journey; nonsense is named, never shown."""

from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.envelope import MAX_EVENT_BYTES, Event, EventType
from shared.runtime.errors import BadInput, BodyTooLarge
from tests.messaging.broker import event

SOUND = orjson.loads(event("e1", text="hello").encode())

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), JSON))
def test_data_comes_back_as_it_was(data: dict[str, object]) -> None:
    sent = event("e1").model_copy(update={"data": data})
    assert Event.decode(sent.encode()).data == data


@given(st.binary(max_size=200))
def test_bytes_that_are_no_event_are_bad_input(body: bytes) -> None:
    with pytest.raises(BadInput):
        Event.decode(body)


@given(st.sampled_from(sorted(SOUND)), JSON)
def test_any_attribute_of_another_kind_is_taken_or_is_named(name: str, value: object) -> None:
    faults = refused(orjson.dumps(SOUND | {name: value}))
    assert faults is None or name in faults


def refused(body: bytes) -> str | None:
    try:
        Event.decode(body)
    except BadInput as error:
        return error.detail
    return None


@pytest.mark.parametrize("name", ["id", "type", "source", "time", "partitionkey", "data"])
def test_a_missing_attribute_is_named(name: str) -> None:
    body = orjson.dumps({key: value for key, value in SOUND.items() if key != name})
    with pytest.raises(BadInput, match=name):
        Event.decode(body)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("specversion", "0.3"),
        ("id", ""),
        ("id", "a\nb"),
        ("id", "x" * 513),
        ("partitionkey", "a\x00b"),
        ("tenantid", "acme"),
        ("time", "yesterday"),
        ("time", "2026-11-23T10:00:00"),
        ("data", "text"),
        ("datacontenttype", "text/xml"),
    ],
)
def test_a_wrong_attribute_is_named_without_its_value(name: str, value: str) -> None:
    with pytest.raises(BadInput, match=name) as caught:
        Event.decode(orjson.dumps(SOUND | {name: value}))
    assert len(value) < 2 or value not in caught.value.detail


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{", b"\xff\xfe", b'"\\ud800"', b"1e999", b"[" * 5000, b"{}" * 2],
)
def test_odd_bodies_are_bad_input(body: bytes) -> None:
    with pytest.raises(BadInput):
        Event.decode(body)


def test_a_body_over_the_limit_is_not_read() -> None:
    with pytest.raises(BodyTooLarge):
        Event.decode(b" " * (MAX_EVENT_BYTES + 1))


def test_data_that_json_can_not_hold_is_bad_input() -> None:
    with pytest.raises(BadInput, match="UTF-8"):
        event("e1", text="\ud800").encode()


def test_attributes_that_we_do_not_know_are_passed_over() -> None:
    assert Event.decode(orjson.dumps(SOUND | {"sequence": "7"})).id == "e1"


def test_time_is_written_in_utc_with_milliseconds() -> None:
    moment = datetime(2026, 11, 23, 12, 0, 0, 123456, timezone(timedelta(hours=2)))
    told = orjson.loads(event("e1").model_copy(update={"time": moment}).encode())
    assert told["time"] == "2026-11-23T10:00:00.123Z"


def test_absent_attributes_are_left_out_and_the_version_is_said() -> None:
    told = orjson.loads(
        Event(
            id="e1",
            type=EventType.RAW,
            source="s",
            time=datetime.now(UTC),
            partitionkey="k",
            data={},
        ).encode()
    )
    assert told["specversion"] == "1.0"
    assert told["type"] == "parley.raw.v1"
    assert "tenantid" not in told
