from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.genesys import signature as genesys
from shared.whatsapp import signature as whatsapp

BODY = rb'{"text":"caf\u00e9 \/ \ud83d\ude00"}'
SECRET = "a secret of some length"
BOTH = pytest.mark.parametrize("room", [whatsapp, genesys], ids=["whatsapp", "genesys"])
MAC = hmac.new(SECRET.encode(), BODY, hashlib.sha256)
HEX, BASE64 = "sha256=" + MAC.hexdigest(), "sha256=" + b64encode(MAC.digest()).decode()


def test_meta_signs_in_hex_and_genesys_in_base64_and_neither_takes_the_other() -> None:
    assert whatsapp.sign(BODY, SECRET) == HEX
    assert genesys.sign(BODY, SECRET) == BASE64
    assert whatsapp.verify(BODY, HEX, [SECRET])
    assert genesys.verify(BODY, BASE64, [SECRET])
    assert not whatsapp.verify(BODY, BASE64, [SECRET])
    assert not genesys.verify(BODY, HEX, [SECRET])


@BOTH
def test_the_previous_secret_is_good_during_a_rotation(room: ModuleType) -> None:
    header = room.sign(BODY, "previous")
    assert room.verify(BODY, header, ["current", "previous"])
    assert not room.verify(BODY, header, ["current"])
    assert not room.verify(BODY, header, [])


@BOTH
def test_an_empty_secret_never_verifies(room: ModuleType) -> None:
    assert not room.verify(BODY, room.sign(BODY, ""), [""])


@BOTH
@pytest.mark.parametrize("header", [None, "", "sha256=", "sha256=é", "sha256=\udc80", "sha1=00"])
def test_a_missing_or_senseless_header_is_refused(room: ModuleType, header: str | None) -> None:
    assert not room.verify(BODY, header, [SECRET])


@BOTH
def test_a_header_bent_in_any_way_is_refused(room: ModuleType) -> None:
    good = room.sign(BODY, SECRET)
    bent = [
        *(good[:length] for length in range(len(good))),
        *(good + extra for extra in "0= \n\0"),
        " " + good,
        good.removeprefix("sha256="),
        good.replace("sha256", "SHA256"),
        good.replace("sha256", "sha512"),
        good[:7] + good[7:].swapcase(),
    ]
    assert not any(room.verify(BODY, header, [SECRET]) for header in bent)


@BOTH
@given(body=st.binary(max_size=200), secret=st.text(min_size=1, max_size=40), data=st.data())
def test_any_body_verifies_and_with_any_bit_flipped_does_not(
    room: ModuleType, body: bytes, secret: str, data: st.DataObject
) -> None:
    header = room.sign(body, secret)
    assert room.verify(body, header, ["another", secret])
    other = _flip(body, data) if body else b"\0"
    assert not room.verify(other, header, [secret])
    crooked = _flip(header.encode(), data).decode("latin-1")
    assert not room.verify(body, crooked, [secret])


def _flip(raw: bytes, data: st.DataObject) -> bytes:
    place = data.draw(st.integers(0, len(raw) * 8 - 1))
    bent = bytearray(raw)
    bent[place // 8] ^= 1 << place % 8
    return bytes(bent)
