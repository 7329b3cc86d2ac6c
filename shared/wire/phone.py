"""Numbers as people type them: read by Google's rules (`phonenumbers`), here and nowhere else.

What cannot be read for sure is no number, so that nothing goes to somebody else. What Meta itself
told as a wa_id is never read here: it is taken as it is (shared.wire.customer).
"""

from __future__ import annotations

import re
from unicodedata import decimal, normalize
from urllib.parse import unquote

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    is_valid_number,
    parse,
)

from shared.wire.customer import spellings
from shared.wire.words import unmarked

_PREFIX = re.compile(r"(?:tel|whatsapp):(?://)?|(?:https?://)?wa\.me/", re.IGNORECASE)
_HYPHENS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc"), "-")
_NO_DIGIT = re.compile(r"[^0-9]")
_BARE = re.compile(r"[1-9][0-9]{5,14}")
# One slash, as in "+49 30/1234567"; behind a second, or before two digits, is another number.
_WRITTEN = re.compile(r"'?\(?(?:\+|00)[0-9 ().-]*(?:/[0-9 ().-]{3,})?")
_TRUNK_ZERO = re.compile(r"(?<=[0-9 .-])\( ?0 ?\)")
LONGEST = 100
"""Characters of a number with all its marks and prefix."""


def phone_digits(value: str) -> str | None:
    """The digits of an international number that somebody typed ("+91 98765 43210"), or None.

    It begins with + or 00, also behind `tel:` or `whatsapp:`. Bare digits, as WhatsApp writes
    numbers, must be a number that exists: a national one looks the same. Invisible marks and the
    script of the digits do not count; a letter, an extension or a second number refuses it.
    """
    plain = _plain(value) if len(value) <= LONGEST else ""
    digits = _NO_DIGIT.sub("", plain)
    if _BARE.fullmatch(plain):
        return digits if spellings(digits) or (digits, True) in _read(digits) else None
    if _WRITTEN.fullmatch(plain) is None:
        return None
    abroad = digits.removeprefix("" if "+" in plain else "00")
    if spellings(abroad):  # as WhatsApp writes it where the library would write it otherwise
        return abroad
    found = _read(abroad)
    without = _NO_DIGIT.sub("", _TRUNK_ZERO.sub("", plain, count=1))
    found |= _read(without.removeprefix("" if "+" in plain else "00"))
    sure = {one for one, exists in found if exists} or {one for one, _ in found}
    return sure.pop() if len(sure) == 1 else None


def _plain(value: str) -> str:
    """The number in ASCII, without marks and prefix; letters and all else stay to be refused."""
    shown = " ".join(unmarked(value).split())
    found = _PREFIX.match(shown)
    if found is not None:
        shown = unquote(shown[found.end() :]).strip()
    return "".join(map(_ascii, shown)).translate(_BRACKETS)


_BRACKETS = {ord("["): "(", ord("]"): ")"}


def _ascii(one: str) -> str:
    """A digit of any script as 0 to 9, and a wide or small mark as the plain one.

    What only looks like a digit, such as a raised one, stays what it is.
    """
    digit = decimal(one, None)
    if digit is not None:
        return str(digit)
    plain = normalize("NFKC", one).translate(_HYPHENS)
    return one if plain.isdecimal() else plain


def _read(digits: str) -> set[tuple[str, bool]]:
    """The number that the library reads, if any, and whether that is one that exists."""
    try:
        number: PhoneNumber = parse(f"+{digits}")
    except NumberParseException:
        return set()
    if is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return set()
    e164 = format_number(number, PhoneNumberFormat.E164).removeprefix("+")
    return {(e164, is_valid_number(number))} if _BARE.fullmatch(e164) else set()
