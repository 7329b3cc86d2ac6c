"""One number, several spellings and ways to write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.wire.customer import canonical_id, spellings

PAIRS = [
    ("5511987654321", "551187654321"),
    ("5521999999999", "552199999999"),
    ("5568960000000", "556860000000"),
    ("5215512345678", "525512345678"),
    ("5491123456789", "541123456789"),
    ("5493511234567", "543511234567"),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_each_is_the_other_s_spelling(one: str, other: str) -> None:
    assert (spellings(one), spellings(other)) == ((other,), (one,))


@pytest.mark.parametrize(
    "alone",
    [
        "551134567890",  # a fixed line of Sao Paulo: fixed lines got no 9
        "5511934567890",  # its eight digits were never a mobile number
        "5501987654321",  # no area of Brazil begins with 0
        "55119876543210",
        "5255123456",
        "5201234567890",
        "54112345678",
        "491701234567",
        "15551234567",
        "DE.5215512345678",
        "+5511987654321",
        "",
    ],
)
def test_any_other_number_has_one_spelling(alone: str) -> None:
    assert spellings(alone) == ()


@given(st.one_of(st.text(max_size=20), st.from_regex(r"(55|52|54)[0-9]{8,12}", fullmatch=True)))
def test_spellings_of_spellings_are_the_same_number(number: str) -> None:
    known = {number, *spellings(number)}
    assert all({one, *spellings(one)} == known for one in known)
    assert number not in spellings(number)


@pytest.mark.parametrize(
    ("written", "is_"),
    [
        ("4915112345678", "4915112345678"),
        ("+4915112345678", "4915112345678"),
        ("004915112345678", "4915112345678"),
        ("+49 151/123-456.78", "4915112345678"),
        ("\u202a+49 151 12345678\u202c", "4915112345678"),
        ("DE.13491208655302741918", "DE.13491208655302741918"),
        ("13491208655302741918", "13491208655302741918"),  # longer than any number: opaque
        ("015112345678", "015112345678"),  # a national form names no country
        ("+49 (0) 151 12345678", "+49 (0) 151 12345678"),
        ("Y2FwaV9ncm91cDo", "Y2FwaV9ncm91cDo"),
    ],
)
def test_an_id_has_one_form(written: str, is_: str) -> None:
    assert canonical_id(written) == is_
    assert canonical_id(is_) == is_
