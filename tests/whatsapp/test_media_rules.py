from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.genesys.build import reason_of
from shared.whatsapp.media import (
    GENESYS_MAX_BYTES,
    INBOUND_MAX_BYTES,
    MAX_BYTES,
    MEGABYTE,
    OGG_OPUS,
    Unfit,
    file_extension,
    genesys_media_type,
    kind_of,
    plain_mime,
    whatsapp_mime,
)


@pytest.mark.parametrize(
    ("mime", "size", "kind"),
    [
        ("image/jpeg", 5 * MEGABYTE, "image"),
        ("image/jpeg", 5 * MEGABYTE + 1, "document"),
        ("IMAGE/PNG", 1, "image"),
        ("image/jpg", 1, "image"),
        *(("image/webp", 1, "document"), ("image/gif", 1, "document")),
        *(("image/heic", 1, "document"), ("image/svg+xml", 1, "document")),
        *(("video/mp4", 16 * MEGABYTE, "video"), ("video/mp4", 16 * MEGABYTE + 1, "document")),
        *(("video/3gpp", 1, "video"), ("video/quicktime", 1, "document")),
        *(("video/webm", 1, "document"), ("audio/webm", 1, "document")),
        *(("audio/ogg; codecs=opus", 1, "audio"), ("audio/opus", 1, "audio")),
        *(("audio/mpeg", 1, "audio"), ("audio/mp3", 1, "audio"), ("audio/x-m4a", 1, "audio")),
        *(("audio/aac", 1, "audio"), ("audio/amr", 1, "audio"), ("audio/wav", 1, "document")),
        *(("audio/mpeg", 16 * MEGABYTE + 1, "document"), ("application/pdf", 1, "document")),
        ("application/pdf", 100 * MEGABYTE, "document"),
        *(("", 1, "document"), (None, 1, "document"), ("nonsense", 1, "document")),
        ("image/jpeg", None, "image"),
    ],
)
def test_as_what_a_file_goes(mime: str | None, size: int | None, kind: str) -> None:
    assert kind_of(mime, size) == kind


def test_a_sticker_must_say_that_it_is_one() -> None:
    assert kind_of("image/webp", 100 * 1024) == "document"
    assert kind_of("image/webp", 100 * 1024, sticker=True) == "sticker"
    assert kind_of("image/webp", 100 * 1024 + 1, sticker=True) == "document"
    assert kind_of("image/png", 1, sticker=True) == "image"


@pytest.mark.parametrize("size", [0, -1, 100 * MEGABYTE + 1])
def test_a_file_of_no_size_that_whatsapp_takes_is_refused_in_words(size: int) -> None:
    unfit = kind_of("application/pdf", size)
    assert isinstance(unfit, Unfit)
    assert reason_of(unfit.reason) == unfit.reason == "InvalidMediaContentLength"
    assert unfit.words


@given(st.one_of(st.none(), st.text(max_size=40)), st.one_of(st.none(), st.integers()))
def test_any_file_has_a_kind_whose_size_it_keeps_or_is_refused(
    mime: str | None, size: int | None
) -> None:
    kind = kind_of(mime, size)
    if isinstance(kind, Unfit):
        assert size is not None
        assert not 0 < size <= MAX_BYTES["document"]
    else:
        assert size is None or size <= MAX_BYTES[kind]
    assert "/" in whatsapp_mime(mime)


@pytest.mark.parametrize(
    ("mime", "label"),
    [
        *(("audio/opus", OGG_OPUS), ("audio/ogg", OGG_OPUS), ("audio/ogg; codecs=opus", OGG_OPUS)),
        *(("audio/mp3", "audio/mpeg"), ("image/jpg", "image/jpeg"), ("video/3gp", "video/3gpp")),
        *(("Text/Plain; charset=utf-8", "text/plain"), ("x", "application/octet-stream")),
    ],
)
def test_how_a_file_is_labelled_for_meta(mime: str, label: str) -> None:
    assert whatsapp_mime(mime) == label


@pytest.mark.parametrize(
    ("mime", "media_type"),
    [
        *(("image/webp", "Image"), ("video/mp4", "Video"), ("audio/ogg; codecs=opus", "Audio")),
        *(("application/pdf", "File"), (None, "File"), ("imagery", "File")),
    ],
)
def test_what_genesys_calls_a_file(mime: str | None, media_type: str) -> None:
    assert genesys_media_type(mime) == media_type


def test_names_and_caps() -> None:
    assert (file_extension("application/pdf; x=1"), file_extension("x/y")) == (".pdf", "")
    assert plain_mime(" Image/JPG ;q=1") == "image/jpeg"
    assert GENESYS_MAX_BYTES == 25 * MEGABYTE < INBOUND_MAX_BYTES == 100 * MEGABYTE
