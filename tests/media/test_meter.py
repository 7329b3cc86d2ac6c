"""A stream is counted, capped and compared as it passes."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.media.errors import Damaged, NotAFile, TooLarge
from shared.media.meter import Meter, behead, read_digest

BODY = b"what the customer sent"
DIGEST = hashlib.sha256(BODY)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def measure(*parts: bytes, max_bytes: int = 100, told: tuple[str | None, ...] = ()) -> Meter:
    meter = Meter(chunks(*parts), max_bytes=max_bytes, told=told)

    async def run() -> bytes:
        return b"".join([chunk async for chunk in meter])

    assert asyncio.run(run()) == b"".join(parts)
    return meter


def test_it_knows_size_and_digest_at_the_end() -> None:
    meter = measure(BODY[:5], BODY[5:])
    assert (meter.size, meter.sha256) == (len(BODY), DIGEST.hexdigest())


FORMS = {
    "hex": DIGEST.hexdigest(),
    "hex in capitals": DIGEST.hexdigest().upper(),
    "base64": base64.b64encode(DIGEST.digest()).decode(),
    "base64 of addresses, without its end": base64.urlsafe_b64encode(DIGEST.digest())
    .decode()
    .rstrip("="),
}


@pytest.mark.parametrize("told", FORMS.values(), ids=FORMS)
def test_a_digest_is_read_in_every_form(told: str) -> None:
    assert read_digest(told) == DIGEST.digest()
    measure(BODY, told=(None, told))


def test_any_one_of_the_told_digests_will_do() -> None:
    measure(BODY, told=(hashlib.sha256(b"other").hexdigest(), DIGEST.hexdigest()))


@pytest.mark.parametrize("told", ["", "none", "zz" * 32, "abcd", "ab" * 20, "é"])
def test_what_is_no_digest_is_not_compared(told: str) -> None:
    assert read_digest(told) is None
    measure(BODY, told=(told,))


@given(st.text())
def test_reading_a_digest_never_fails(told: str) -> None:
    read_digest(told)


def test_another_digest_is_damage() -> None:
    with pytest.raises(Damaged):
        measure(BODY, told=(hashlib.sha256(b"other").hexdigest(),))


def test_the_cap_is_the_last_size_that_passes() -> None:
    assert measure(BODY, max_bytes=len(BODY)).size == len(BODY)
    with pytest.raises(TooLarge):
        measure(BODY, b"!", max_bytes=len(BODY))


def test_nothing_is_no_file() -> None:
    with pytest.raises(NotAFile):
        measure()


@given(st.lists(st.binary(min_size=1, max_size=9), max_size=9), st.integers(1, 30))
def test_a_look_at_the_head_loses_nothing(parts: list[bytes], length: int) -> None:
    async def run() -> tuple[bytes, bytes]:
        head, whole = await behead(chunks(*parts), length)
        return head, b"".join([chunk async for chunk in whole])

    head, whole = asyncio.run(run())
    assert whole == b"".join(parts)
    assert whole.startswith(head)
    assert len(head) >= min(length, len(whole))
