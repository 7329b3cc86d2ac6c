"""What may stand in a request, and the data that goes to Meta and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.services.callback import MOST, CallbackData, callback_data, read_callback_data
from shared.services.state import ClaimRequest
from shared.transforms.parts import ShownFile
from shared.whatsapp.limits import CALLBACK
from tests.moments import told_at
from tests.state.desk import NOON, new_id

GOOD: dict[str, Any] = {
    "tenant_id": new_id(),
    "channel_id": new_id(),
    "direction": "inbound",
    "source_id": "wamid.HBgL==/+",
    "customer": "491701",
    "kind": "text",
    "occurred_at": NOON,
    "event_id": "e",
}


def test_each_request_is_an_attempt_of_its_own() -> None:
    first, second = (ClaimRequest.model_validate(GOOD) for _ in range(2))
    assert first.attempt_id != second.attempt_id


def test_a_request_survives_the_wire() -> None:
    request = ClaimRequest.model_validate(GOOD | {"wa_id": "", "content": {"text": "a\0"}})
    assert ClaimRequest.model_validate_json(request.model_dump_json()) == request
    assert request.wa_id is None


@pytest.mark.parametrize(
    "change",
    [
        {"tenant_id": "acme"},
        {"tenant_id": new_id().upper()},
        {"direction": "sideways"},
        {"source_id": ""},
        {"source_id": "a\0b"},
        {"source_id": "x" * 513},
        {"occurred_at": told_at().rstrip("Z")},
        {"occurred_at": "yesterday"},
        {"content": "text"},
        {"surprise": 1},
    ],
)
def test_what_cannot_be_kept_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ClaimRequest.model_validate(GOOD | change)


@given(st.uuids(), st.integers(1, 1000))
def test_callback_data_comes_back_as_it_went(tracking_id: Any, part: int) -> None:
    named = read_callback_data(callback_data(str(tracking_id), part))
    assert named == CallbackData(str(tracking_id), part)


shown_files = st.builds(ShownFile, st.integers(1), st.integers(1), st.booleans())


@given(st.uuids(), st.integers(1, 1000), shown_files)
def test_callback_data_brings_back_which_file_a_part_shows(
    tracking_id: Any, part: int, shown: ShownFile
) -> None:
    data = callback_data(str(tracking_id), part, shown)
    assert len(data) <= CALLBACK
    kept = shown if max(shown.element, shown.block) <= MOST else None
    assert read_callback_data(data) == CallbackData(str(tracking_id), part, kept)


def test_a_tracking_id_alone_means_the_first_part() -> None:
    tracking_id = new_id()
    assert read_callback_data(tracking_id) == CallbackData(tracking_id, 1)


@given(st.none() | st.text(max_size=60) | st.from_regex(r"[0-9a-f-]{36}:.{0,6}", fullmatch=True))
def test_any_other_data_is_read_without_a_fault(data: str | None) -> None:
    tracking_id, part, _ = read_callback_data(data)
    assert part >= 1
    assert tracking_id is None or callback_data(tracking_id, part).startswith(tracking_id)
