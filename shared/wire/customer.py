"""The customer's id: the digits of a WhatsApp number, or Meta's business-scoped user id (BSUID).

Numbers here are Meta's own and stay as Meta wrote them; `shared.wire.phone` reads what people type.
"""

from __future__ import annotations

import re

from shared.wire.words import unmarked

BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
"""`CC.<1-128 letters or digits>`; `CC.ENT.<...>` for linked portfolios (contracts/meta.md b.3)."""

_DECORATION = re.compile(r"[\s().\-/\u2010-\u2015]")
_TRUNK_ZERO = re.compile(r"\(\s*0")
_E164 = re.compile(r"[1-9][0-9]{5,14}")


def is_bsuid(value: str) -> bool:
    """Tell whether the whole string has the form of a BSUID."""
    return BSUID.fullmatch(value) is not None


def is_wa_id(value: str) -> bool:
    """Tell whether the whole string has the form of a WhatsApp number: its digits, without plus."""
    return _E164.fullmatch(value) is not None


def canonical_id(value: str) -> str:
    """One form of a person's id, however it was written: digits of a number, else as it stands.

    "+49 151 2345", "0049 151 2345" and "491512345" are one number; a BSUID and an opaque id keep
    their letters, and a trunk zero in brackets leaves a number unread.
    """
    plain = unmarked(value).strip()
    if is_bsuid(plain) or _TRUNK_ZERO.search(plain):
        return plain
    if plain.isascii() and plain.isdecimal() and not plain.startswith("00"):
        return plain
    digits = _DECORATION.sub("", plain)
    digits = digits.removeprefix("+") if digits.startswith("+") else digits.removeprefix("00")
    return digits if _E164.fullmatch(digits) else plain.removeprefix("+")


def same_number(one: str, other: str) -> bool:
    """Whether two numbers in digits are one, whichever way its country writes it."""
    return one == other or one in spellings(other)


def spellings(digits: str) -> tuple[str, ...]:
    """The other ways in which the same number is written, as countries changed theirs.

    What a customer gave, Meta's `wa_id` and `from` may be different ones (contracts/meta.md b.0).
    """
    for pattern, forms in _COUNTRIES:
        found = pattern.fullmatch(digits)
        if found is not None:
            return tuple(one for one in map(found.expand, forms) if one != digits)
    return ()


_COUNTRIES = (
    # Brazil: a 9 was put before mobile numbers, which had begun with 6 to 9.
    (re.compile(r"55([1-9]{2})9?([6-9][0-9]{7})"), (r"55\g<1>9\g<2>", r"55\g<1>\g<2>")),
    # Mexico and Argentina: a digit that marked mobile numbers, and often still does.
    (re.compile(r"521?([2-9][0-9]{9})"), (r"52\g<1>", r"521\g<1>")),
    (re.compile(r"549?([1-8][0-9]{9})"), (r"549\g<1>", r"54\g<1>")),
)
