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
    Unfit,
    genesys_media_type,
    kind_of,
    upload_mime,
    whatsapp_mime,
)
from shared.wire.file_types import OGG_OPUS, Form, ending_of, plain


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


MADE: dict[str, tuple[str, Form, str]] = {
    "a png with a palette": ("image/png", Form(8, "palette"), "document"),
    "a png in grey": ("image/png", Form(8, "grey"), "document"),
    "a png of 16 bits": ("image/png", Form(16, "rgba"), "document"),
    "a png": ("image/png", Form(8, "rgba"), "image"),
    "a jpeg for print": ("image/jpeg", Form(8, "cmyk"), "document"),
    "a jpeg of 12 bits": ("image/jpeg", Form(12, "rgb"), "document"),
    "a jpeg": ("image/jpeg", Form(8, "rgb"), "image"),
    "a jpeg in grey": ("image/jpeg", Form(8, "grey"), "image"),
    "a voice note": (OGG_OPUS, Form(codec="opus", channels=1), "audio"),
    "music": (OGG_OPUS, Form(codec="opus", channels=2), "document"),
    "ogg that is not opus": ("audio/ogg", Form(codec="other"), "document"),
}


@pytest.mark.parametrize(("mime", "form", "kind"), MADE.values(), ids=MADE)
def test_what_whatsapp_does_not_show_goes_as_a_document(mime: str, form: Form, kind: str) -> None:
    assert kind_of(mime, 1000, form) == kind


def test_a_sticker_has_512_points_and_more_bytes_when_it_moves() -> None:
    square, moving = Form(width=512, height=512), Form(width=512, height=512, moves=True)
    large = 400 * 1024
    assert kind_of("image/webp", 1000, square, sticker=True) == "sticker"
    assert kind_of("image/webp", 1000, Form(width=640, height=512), sticker=True) == "document"
    assert kind_of("image/webp", large, square, sticker=True) == "document"
    assert kind_of("image/webp", large, moving, sticker=True) == "sticker"
    assert kind_of("image/webp", 501 * 1024, moving, sticker=True) == "document"


def test_text_of_any_type_is_labelled_as_text() -> None:
    assert upload_mime("text/csv", text=True) == "text/plain"
    assert upload_mime("application/octet-stream", text=True) == "text/plain"
    assert upload_mime("application/msword", text=True) == "application/msword"
    assert upload_mime("application/zip") == "application/zip"
    assert upload_mime(OGG_OPUS, Form(codec="opus", channels=2)) == OGG_OPUS
    assert upload_mime("audio/ogg", Form(codec="other")) == "audio/ogg"


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
    assert (ending_of("application/pdf; x=1"), ending_of("x/y")) == ("pdf", "bin")
    assert plain(" Image/JPG ;q=1") == "image/jpeg"
    assert GENESYS_MAX_BYTES == 25 * MEGABYTE < INBOUND_MAX_BYTES == 100 * MEGABYTE
