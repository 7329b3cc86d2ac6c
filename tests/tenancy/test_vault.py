"""Sealed values: bound to their place, readable under older keys, silent about what they hold."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from shared.runtime.errors import SettingsError
from shared.tenancy.vault import KeyRing, SealBroken, Vault

SECRET = SecretStr("s3cret-Ünïcode-☎")
PLACE = ("channels", "webhook_secret", "11111111-1111-1111-1111-111111111111")


def test_a_sealed_value_opens_at_its_place_and_is_not_the_text() -> None:
    vault = Vault(KeyRing.generate())
    sealed = vault.seal(SECRET, *PLACE)
    assert vault.open(sealed, *PLACE) == SECRET
    assert b"s3cret" not in sealed


def test_sealing_twice_gives_different_bytes() -> None:
    vault = Vault(KeyRing.generate())
    assert vault.seal(SECRET, *PLACE) != vault.seal(SECRET, *PLACE)


@pytest.mark.parametrize(
    "other",
    [
        ("channels", "webhook_secret", "22222222-2222-2222-2222-222222222222"),
        ("channels", "webhook_secret_previous", PLACE[2]),
        ("meta_apps", "webhook_secret", PLACE[2]),
    ],
)
def test_a_value_moved_to_another_place_does_not_open(other: tuple[str, str, str]) -> None:
    vault = Vault(KeyRing.generate())
    with pytest.raises(SealBroken, match=other[0]) as caught:
        vault.open(vault.seal(SECRET, *PLACE), *other)
    assert "s3cret" not in str(caught.value)


@given(st.data())
def test_no_altered_byte_opens(data: st.DataObject) -> None:
    vault = Vault(KeyRing.generate())
    sealed = bytearray(vault.seal(SECRET, *PLACE))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        vault.open(bytes(sealed), *PLACE)


@given(st.binary(max_size=60))
def test_rubbish_is_refused_in_words(rubbish: bytes) -> None:
    with pytest.raises(SealBroken, match=r"channels\.webhook_secret"):
        Vault(KeyRing.generate()).open(rubbish, *PLACE)


def test_the_previous_key_of_the_ring_still_opens() -> None:
    old, new = KeyRing.generate("k1"), KeyRing.generate("k2")
    sealed = Vault(old).seal(SECRET, *PLACE)
    both = Vault(KeyRing("k2", old.keys | new.keys))
    assert both.open(sealed, *PLACE) == SECRET
    assert not both.is_current(sealed)
    assert both.is_current(both.seal(SECRET, *PLACE))


def test_a_missing_key_is_named() -> None:
    sealed = Vault(KeyRing.generate("k1")).seal(SECRET, *PLACE)
    with pytest.raises(SealBroken, match=r"'k1'.*KEY_RING"):
        Vault(KeyRing.generate("k2")).open(sealed, *PLACE)


def test_the_ring_is_written_and_read_back() -> None:
    ring = KeyRing.generate("2026-11")
    assert KeyRing.parse(ring.dump()) == ring


def test_no_repr_shows_a_key_or_a_secret() -> None:
    ring = KeyRing.generate()
    vault = Vault(ring)
    shown = f"{ring!r} {vault!r} {vault.open(vault.seal(SECRET, *PLACE), *PLACE)!r}"
    assert "s3cret" not in shown
    assert json.loads(ring.dump())["keys"]["k1"] not in shown
    assert repr(ring.keys["k1"]) not in shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[]", "not JSON"),
        ('{"current": "k1"}', "not JSON"),
        ('{"current": "k2", "keys": {}}', "no such key"),
        ('{"current": "k1", "keys": {"k1": "c2hvcnQ="}}', "5 bytes instead of 32"),
        ('{"current": "k1", "keys": {"k1": "!!"}}', "not base64"),
        ('{"current": "k1", "keys": {"": "!!"}}', "1 to 32 bytes"),
    ],
)
def test_a_bad_ring_names_the_setting_and_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match="KEY_RING") as caught:
        KeyRing.parse(text)
    assert words in str(caught.value)
