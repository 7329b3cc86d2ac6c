"""Every fixture of a change that is neither message nor status, and what bent ones become."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from shared.transforms.changes import (
    CHANGES,
    id_change,
    read_change,
)
from tests.whatsapp.cases import CHANGES as CASES
from tests.whatsapp.cases import Case, of_changes, told, walked
from tests.wire.strategies import anything


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_change_is_read(case: Case) -> None:
    assert of_changes(case) == case["expected"]


def test_every_field_in_the_table_has_its_cases() -> None:
    fields = {item.field for case in CASES.values() for item in walked(case).others}
    assert set(CHANGES) <= fields


@given(anything, anything)
def test_any_field_and_value_are_told(field: Any, value: Any) -> None:
    told(
        read_change(field if isinstance(field, str) else None, {"history": value, "errors": field})
    )


@pytest.mark.parametrize(
    ("message", "previous", "current"),
    [
        (
            {
                "from": "15550001111",
                "system": {"type": "user_changed_number", "wa_id": "15550002222"},
            },
            ("15550001111", None),
            ("15550002222", None),
        ),
        (
            {"system": {"new_wa_id": "15550002222", "customer": "15550001111"}},
            ("15550001111", None),
            ("15550002222", None),
        ),
        (
            {"from": "15550001111", "from_user_id": "US.1", "system": {"user_id": "US.2"}},
            ("15550001111", "US.1"),
            (None, "US.2"),
        ),
        (
            {"system": {"user_id": "US.2", "previous_user_id": "US.1"}},
            (None, "US.1"),
            (None, "US.2"),
        ),
    ],
)
def test_a_system_message_tells_a_change_of_ids(
    message: dict[str, Any], previous: tuple[Any, Any], current: tuple[Any, Any]
) -> None:
    found = id_change({"type": "system", "timestamp": "1795435200", **message})
    assert found is not None
    assert (found.previous.wa_id, found.previous.bsuid) == previous
    assert (found.current.wa_id, found.current.bsuid) == current
    assert found.occurred_at is not None


@pytest.mark.parametrize(
    "message",
    [
        {"type": "text", "from": "15550001111", "system": {"wa_id": "15550002222"}},
        {"type": "system", "from": "15550001111", "system": {"wa_id": "15550001111"}},
        {"type": "system", "from": "15550001111", "system": {"type": "customer_identity_changed"}},
        {"type": "system", "system": {"user_id": "US.2", "body": "from US.1 to US.2"}},
        {"type": "system", "from": "15550001111"},
    ],
)
def test_no_change_is_made_up(message: dict[str, Any]) -> None:
    assert id_change(message) is None


@given(anything)
def test_any_system_message_is_read(system: Any) -> None:
    found = id_change({"type": "system", "from": "15550001111", "system": system})
    assert found is None or (found.previous.known and found.current.known)
