from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from shared.wire.customer import is_bsuid
from shared.wire.fields import moment, number, obj, objects, text
from tests.wire.strategies import anything

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "1795435200",
        1795435200,
        1795435200.0,
        "1795435200000",
        1795435200000,
        1795435200000000,
        "2026-11-23T12:00:00Z",
        "2026-11-23T12:00:00.000Z",
        "2026-11-23T13:00:00+0100",
        "2026-11-23T12:00:00+0000",
        "2026-11-23T12:00:00",
    ],
)
def test_one_moment_in_every_spelling(value: Any) -> None:
    assert moment(value) == NOON


@pytest.mark.parametrize(
    "value", [None, "", "soon", True, 0, -5, "1e400", "9" * 400, {}, [], "nan"]
)
def test_what_is_no_time_is_absent(value: Any) -> None:
    assert moment(value) is None


def test_nul_characters_are_taken_out_because_no_store_takes_them() -> None:
    assert text("a\0b") == "ab"
    assert text("\0") is None


def test_numbers_pass_as_their_digits_and_truth_values_do_not() -> None:
    assert text(15550001111) == "15550001111"
    assert text(True) is None


@given(anything)
def test_no_value_makes_a_reader_raise(value: Any) -> None:
    text(value), number(value), moment(value), obj(value), objects(value)


def test_the_form_of_a_bsuid() -> None:
    assert is_bsuid("US.13491208655302741918")
    assert is_bsuid("BR.ENT.4471hZ")
    assert not any(map(is_bsuid, ["us.1", "US.", "US1", "USA.1", "US.1\n", "US." + "1" * 129]))
