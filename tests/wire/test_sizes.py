"""What is too large is seen without walking all of it, and what is shown of it keeps its order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from shared.wire.sizes import AGENTS, CUSTOMERS, ELEMENTS, LEVELS, TEXT, excess, pruned
from tests.wire.strategies import anything

SMALL: tuple[Any, ...] = (None, True, 1, 1.5, "", [], {}, {"a": [{"b": "c"}]})


def nested(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"text": "x" * TEXT}, "text"),  # its name too
        (["x" * (TEXT // 64)] * 65, "text"),
        ({"x" * (TEXT + 1): 1}, "text"),
        ("x" * TEXT, None),
        ([1] * (ELEMENTS + 1), "elements"),
        ([1] * ELEMENTS, None),
        ({str(number): 1 for number in range(AGENTS.values)}, "elements"),
        ([[{}] * ELEMENTS] * ELEMENTS, "elements"),
        (nested(LEVELS), None),
        (nested(LEVELS + 1), "levels"),
        *((small, None) for small in SMALL),
    ],
)
def test_what_a_value_has_too_much_of(value: Any, found: str | None) -> None:
    assert excess(value, AGENTS) == found


def test_as_many_contacts_as_whatsapp_sends_with_all_that_a_telephone_keeps_are_not_too_large() -> (
    None
):
    phones = [{"phone": "+49 151 2345678", "wa_id": "491512345678", "type": "CELL"}] * 5
    name = {"formatted_name": "A" * 40, "first_name": "A" * 20, "last_name": "A" * 20}
    contact = {"name": name, "phones": phones, "emails": [{"email": "a" * 30, "type": "HOME"}] * 2}
    assert excess({"type": "contacts", "contacts": [contact] * 257}, CUSTOMERS) is None


def test_a_customers_message_may_hold_more_than_an_agents() -> None:
    value = {"vcard": "x" * 2 * TEXT}
    assert (excess(value, AGENTS), excess(value, CUSTOMERS)) == ("text", None)


@given(anything)
def test_what_is_not_too_large_stays_as_it_is(value: Any) -> None:
    assert excess(value, CUSTOMERS) is not None or pruned(value) == value


@pytest.mark.parametrize(
    "value",
    [
        {"a": "x" * 9 * TEXT, "type": "text", "b": "y" * TEXT},
        [{"n": number} for number in range(20_000)],
        {str(number): [{}] * 50 for number in range(400)},
        nested(60),
    ],
)
def test_what_is_left_of_a_large_value_is_no_larger_than_it_may_be(value: Any) -> None:
    left = pruned(value)
    assert excess(left, CUSTOMERS) in (None, "text")  # short strings stay beside a long one
    assert len(str(left)) < 9 * TEXT


def test_a_long_string_takes_the_place_of_no_short_one() -> None:
    left = pruned({"body": "x" * 9 * TEXT, "more": "y" * 1000, "type": "text"})
    assert left == {"body": "x" * CUSTOMERS.text, "more": "y" * 256, "type": "text"}
