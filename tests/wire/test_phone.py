"""Numbers as people type them: the one that is meant, or none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.genesys.payloads import customer_address
from shared.wire.phone import LONGEST, phone_digits

ARABIC, DEVANAGARI = ({48 + i: start + i for i in range(10)} for start in (0x660, 0x966))
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}

READ = {
    "blanks, hyphens, dots and brackets": [
        ("+91 98765 43210", "919876543210"),
        ("0091-98765-43210", "919876543210"),
        ("+1 (555) 078-3881", "15550783881"),
        ("+49.151.1234567", "491511234567"),
        ("+55\u00a011\u00a091234\u20115678", "5511912345678"),
        ("+49 30/1234567", "49301234567"),
        ("(+49) 151 1234567", "491511234567"),
        ("'+49 151 1234567", "491511234567"),
    ],
    "marks that nobody sees": [
        ("\u202a+49 151 00 000101\u202c", "4915100000101"),
        ("\u200e+49 151 00000102", "4915100000102"),
        ("\u2066+49 151 00000103\u2069", "4915100000103"),
        ("\ufeff+4915100000104", "4915100000104"),
        ("+49\u200b15100000106", "4915100000106"),
        ("+49\u00ad151\u206000000106\u200d", "4915100000106"),
        ("+49151\U000e002000000106\0", "4915100000106"),
    ],
    "digits and signs of other scripts": [
        ("+4915100000107".translate(ARABIC), "4915100000107"),
        ("+49(0)151-00000108".translate(WIDE), "4915100000108"),
        ("+91 98765 43210".translate(DEVANAGARI), "919876543210"),
    ],
    "prefixes of links": [
        ("tel:+4915100000109", "4915100000109"),
        ("TEL: +49-151-00000109", "4915100000109"),
        ("whatsapp:+4915100000110", "4915100000110"),
        ("tel:%2B4915100000109", "4915100000109"),
        ("https://wa.me/4915100000110", "4915100000110"),
        ("wa.me/4915100000110", "4915100000110"),
    ],
    "a trunk zero, in brackets or not": [
        ("+44 (0) 7700 900123", "447700900123"),
        ("+44(0)7700-900124", "447700900124"),
        ("0044 (0)7700 900125", "447700900125"),
        ("+49 (0)30 1234567", "49301234567"),
        ("+49 [0] 151 1234567", "491511234567"),
        ("+49 (0151) 1234567", "491511234567"),
        ("+49 0 151 1234567", "491511234567"),
        ("+4407700900123", "447700900123"),
        ("+7 (8) 912 345 67 89", "79123456789"),
        ("+1 (0) 650 555 1234", "16505551234"),
        ("+886 (0)912-345-678", "886912345678"),
    ],
    "a zero in brackets that belongs to the number": [
        ("+39 (0)6 12345678", "390612345678"),
        ("+39 (0)347 1234567", "393471234567"),
        ("+225 (0)7 01 23 45 67", "2250701234567"),
    ],
    "what WhatsApp writes otherwise than its country": [
        ("+5215512345678", "5215512345678"),
        ("+52 1 55 1234 5678", "5215512345678"),
        ("+551187654321", "551187654321"),
        ("+55 11 8765-4321", "551187654321"),
        ("+5491123456789", "5491123456789"),
        ("5215512345678", "5215512345678"),
        ("551187654321", "551187654321"),
    ],
    "digits alone, of a number that exists": [
        ("919876543210", "919876543210"),
        ("4915100000101", "4915100000101"),
    ],
}

UNREAD = {
    "national forms": [
        *("09876543210", "0151 1234567", "(0)151 1234567", "151 1234567", "(555) 078-3881"),
        *("5550783881", "15112345678", "+0 98765 43210", "011 49 151 1234567"),
    ],
    "too short or too long": [
        "12345",
        "+12345",
        "1" * 16,
        "+" + "1" * 16,
        "+49 151 12345678901234",
    ],
    "nothing": ["", "+", "00", "tel:", "\u200b"],
    "two numbers": [
        *("+49 151 1234567, +49 151 7654321", "+49 151 1234567/8", "+49 151 1234567/68"),
        *("++15550783881", "+49 151 1234567 +49 151 7654321", "15550783881|list|x"),
    ],
    "an extension": [
        *("+49 30 1234567 ext 5", "+49 30 1234567 x5", "tel:+49-30-1234567;ext=5"),
        *("+49 30 1234567#5", "+49 30 1234567;phone-context=x"),
    ],
    "letters and other signs": [
        *("call me", "+1-800-FLOWERS", "1-800-FLOWERS", "+49 151 12345o7", "mailto:+491511234567"),
        *("+49151\u00b2234567", "+49151\u24601234567", "+49 151*1234567", "5.51E+12"),
    ],
    "a country that there is not": ["+999123456789"],
    "a zero in brackets before the country": ["(0) 49 151 1234567", "(0)+49 151 1234567"],
    "two trunk zeros": ["+49 (0) 0151 1234567"],
}


@pytest.mark.parametrize(("written", "digits"), [one for kind in READ.values() for one in kind])
def test_a_number_that_is_written_for_sure_is_the_one_that_is_meant(
    written: str, digits: str
) -> None:
    assert phone_digits(written) == digits
    assert customer_address(written) == digits


@pytest.mark.parametrize("written", [one for kind in UNREAD.values() for one in kind])
def test_what_cannot_be_read_for_sure_is_no_number(written: str) -> None:
    assert phone_digits(written) is None


signs = st.text("0123456789+() -./[]\u200e\u0661\uff0b:x", max_size=24)


@given(signs)
def test_whatever_is_read_is_read_the_same_again(written: str) -> None:
    found = phone_digits(written)
    assert found is None or phone_digits(f"+{found}") == found


@given(st.sampled_from(["447700900123", "4915100000101", "919876543210", "16505551234"]), st.data())
def test_marks_and_blanks_never_make_another_number(digits: str, data: st.DataObject) -> None:
    noise = st.text("\u200b\u202a\u202c\u2060\ufeff ", max_size=2)
    written = "".join(f"{data.draw(noise)}{one}" for one in f"+{digits}")
    assert phone_digits(written) in (digits, None if len(written) > LONGEST else digits)


def test_a_long_text_is_refused_before_it_is_read() -> None:
    assert phone_digits("+49" + "(" * 1_000_000) is None


def test_an_id_of_whatsapps_is_taken_without_the_marks_around_it() -> None:
    assert customer_address("\u202aDE.13491208655302741918\u202c") == "DE.13491208655302741918"
