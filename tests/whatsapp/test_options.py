from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.whatsapp.options import option_id, read_option_id

TRACKING = "11111111-2222-4333-8444-555555555555"


@given(st.uuids(), st.integers(1, 9999))
def test_an_option_is_found_again_by_its_id(tracking: UUID, number: int) -> None:
    id_ = option_id(str(tracking), number)
    assert len(id_) <= 200
    assert read_option_id(id_) == (str(tracking), number)


@pytest.mark.parametrize(
    "id_",
    [
        *(None, "", ".", "yes", "size.1", "1", TRACKING, f"{TRACKING}."),
        *(f"{TRACKING}.0", f"{TRACKING}.01", f"{TRACKING}.-1", f"{TRACKING}.10000"),
        *(f"{TRACKING}.1.2", f"{TRACKING}.x", f"{TRACKING}.\u00b2", f"{TRACKING}.\u0661"),
        *(f" {TRACKING}.1", f"{{{TRACKING}}}.1", f"{TRACKING.replace('-', '')}.1"),
        f"urn:uuid:{TRACKING}.1",
    ],
)
def test_an_id_that_is_not_ours_is_never_taken_for_one(id_: str | None) -> None:
    assert read_option_id(id_) is None


def test_an_id_in_capitals_is_not_ours() -> None:
    assert read_option_id("AAAAAAAA-2222-4333-8444-555555555555.1") is None


@given(st.text(max_size=60))
def test_any_id_is_read(id_: str) -> None:
    found = read_option_id(id_)
    assert found is None or option_id(*found) == id_
