"""A file is what its content is, and is never served as something that runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.media.types import group, is_page, true_type
from shared.wire.file_types import BYTES, OGG_OPUS, ending_of, plain
from tests.media import samples as s

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MACROS = "application/vnd.ms-excel.sheet.macroenabled.12"

# head, told, what it is
TYPES: dict[str, tuple[bytes, str | None, str]] = {
    "a jpeg": (s.JPEG, "image/jpeg", "image/jpeg"),
    "a jpeg by its wrong name": (s.JPEG, "image/jpg", "image/jpeg"),
    "a jpeg of which nothing was told": (s.JPEG, None, "image/jpeg"),
    "a jpeg that is told to be a png": (s.JPEG, "image/png", "image/jpeg"),
    "a png": (s.PNG, "IMAGE/PNG", "image/png"),
    "a gif that is told to be a film": (s.GIF, "video/mp4", "image/gif"),
    "a sticker": (s.WEBP, "image/webp", "image/webp"),
    "a picture of an iPhone": (s.HEIC, "image/jpeg", "image/heic"),
    "a film": (s.MP4, "video/mp4", "video/mp4"),
    "sound in a film's clothes": (s.MP4, "audio/mp4", "audio/mp4"),
    "a film of a brand that nobody knows": (s.MP4_ODD, "video/mp4", "video/mp4"),
    "the same, of which nothing was told": (s.MP4_ODD, None, "video/mp4"),
    "sound by its brand": (s.M4A, None, "audio/mp4"),
    "sound by its usual name": (s.M4A, "audio/x-m4a", "audio/mp4"),
    "a film of an old telephone": (s.THREE_GP, None, "video/3gpp"),
    "a film of an old telephone, told so": (s.THREE_GP, "video/3gpp", "video/3gpp"),
    "a film of Apple's": (s.QUICKTIME, "video/mp4", "video/quicktime"),
    "a voice note": (s.OPUS, "audio/ogg; codecs=opus", OGG_OPUS),
    "a voice note by the browsers' name": (s.OPUS, "audio/opus", OGG_OPUS),
    "a voice note of which nothing was told": (s.OPUS, None, OGG_OPUS),
    "ogg that is not opus": (s.OGG, "audio/ogg; codecs=opus", "audio/ogg"),
    "sound of a browser": (s.WEBM, "audio/webm", "audio/webm"),
    "a film of a browser": (s.WEBM, None, "video/webm"),
    "mp3": (s.MP3, "audio/mp3", "audio/mpeg"),
    "aac": (s.AAC, "audio/aac", "audio/aac"),
    "amr": (s.AMR, "audio/amr", "audio/amr"),
    "wav": (s.WAV, "audio/x-wav", "audio/wav"),
    "a pdf": (s.PDF, "application/pdf", "application/pdf"),
    "a pdf that is told to be a picture": (s.PDF, "image/png", "application/pdf"),
    "a letter": (s.DOCX, WORD, WORD),
    "a letter of which nothing was told": (s.DOCX, None, WORD),
    "a letter that is told to be a table": (s.DOCX, SHEET, WORD),
    "a table with macros": (s.XLSX, MACROS, MACROS),
    "an archive": (s.ZIP, "application/zip", "application/zip"),
    "an open document": (
        s.ZIP,
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.text",
    ),
    "an archive that is told to be a pdf": (s.ZIP, "application/pdf", "application/zip"),
    "an old letter": (s.COMPOUND, "application/msword", "application/msword"),
    "an old something": (s.COMPOUND, None, "application/x-ole-storage"),
    "text": (s.TEXT, "text/plain; charset=utf-8", "text/plain"),
    "text of which nothing was told": (s.TEXT, None, "text/plain"),
    "text in UTF-16": (s.UTF16, "text/plain", "text/plain"),
    "text in Latin-1": (s.LATIN, "text/csv", "text/csv"),
    "text that is told to be a picture": (s.TEXT, "image/jpeg", "text/plain"),
    "text that is told to be sound": (s.TEXT, "audio/mpeg", "text/plain"),
    "a table of commas": (b"a,b\n1,2\n", "text/csv", "text/csv"),
    "a business card": (b"BEGIN:VCARD\n", "text/vcard", "text/vcard"),
    "json that is told to be": (s.JSON, "application/json", "application/json"),
    "bytes": (s.NOISE, "application/x-own", "application/x-own"),
    "bytes of which nothing was told": (s.NOISE, None, BYTES),
    "bytes that are told to be a picture": (s.NOISE, "image/jpeg", BYTES),
    "bytes that are told to be text": (s.NOISE, "text/plain", BYTES),
    "a type that is none": (s.NOISE, "picture", BYTES),
    "a type that breaks a line": (s.NOISE, "a/b\r\nX-Evil: 1", BYTES),
    # What runs is bytes.
    "a page": (s.HTML, "text/html", BYTES),
    "a page of which nothing was told": (s.HTML, None, BYTES),
    "a page that is told to be text": (s.HTML, "text/plain", BYTES),
    "a page that is told to be a picture": (s.HTML, "image/png", BYTES),
    "a page behind a mark and blanks": (b"\xef\xbb\xbf \n" + s.HTML, "text/plain", BYTES),
    "a picture that runs": (s.SVG, "image/svg+xml", BYTES),
    "xml": (b"<?xml version='1.0'?><a/>", "application/xml", BYTES),
    "xml without its head": (b"<a/>", "text/xml", BYTES),
    "a script": (s.TEXT, "text/javascript", BYTES),
    "a shell's script": (s.SHELL, "text/plain", BYTES),
    "a program": (s.EXE, "application/x-msdownload", BYTES),
    "a program that is told to be a picture": (s.EXE, "image/jpeg", BYTES),
    "a program of which nothing was told": (s.ELF, None, BYTES),
    "an app": (s.ZIP, "application/vnd.android.package-archive", BYTES),
    "an archive of Java": (s.ZIP, "application/java-archive", BYTES),
    "an installer": (s.COMPOUND, "application/x-msi", BYTES),
}


@pytest.mark.parametrize(("head", "told", "expected"), TYPES.values(), ids=TYPES)
def test_content_says_what_a_file_is(head: bytes, told: str | None, expected: str) -> None:
    assert true_type(head, told) == expected


RUNS = ("html", "xml", "script", "svg", "msdownload", "executable", "x-sh", "php")


@given(st.binary(max_size=300), st.sampled_from([None, *(f"x/{each}" for each in RUNS)]))
def test_nothing_is_ever_served_as_what_runs(head: bytes, told: str | None) -> None:
    found = true_type(head, told)
    assert not any(each in found for each in RUNS if each != "xml")
    assert not found.endswith("xml")


@given(st.sampled_from([s.JPEG, s.TEXT, s.NOISE, b""]), st.text(max_size=60))
def test_any_told_type_becomes_a_type_that_a_header_can_hold(head: bytes, told: str) -> None:
    found = true_type(head, told)
    assert found.isascii()
    assert found.isprintable()
    assert "/" in found


PAGES: dict[str, tuple[bytes, str, str | None, bool]] = {
    "a login page": (s.HTML, "text/html; charset=utf-8", "image/jpeg", True),
    "a page without a type": (s.HTML, "", "image/jpeg", True),
    "a page as a picture": (s.HTML, "image/jpeg", "image/jpeg", True),
    "an error in JSON": (s.JSON, "application/json", "application/pdf", True),
    "a page where nothing was told": (s.HTML, "text/html", None, True),
    "a picture": (s.JPEG, "image/jpeg", "image/jpeg", False),
    "a picture as bytes": (s.JPEG, BYTES, "image/jpeg", False),
    "a page that was sent as a file": (s.HTML, "text/html", "text/html", False),
    "text that looks like a page": (s.HTML, "text/plain", "text/plain", False),
    "json that was sent as a file": (s.JSON, "application/json", "application/json", False),
    "json as a document of bytes": (s.JSON, BYTES, BYTES, False),
}


@pytest.mark.parametrize(("head", "header", "told", "expected"), PAGES.values(), ids=PAGES)
def test_a_page_in_place_of_a_file_is_seen(
    head: bytes, header: str, told: str | None, *, expected: bool
) -> None:
    assert is_page(head, header, told) is expected


@pytest.mark.parametrize(
    ("mime", "place", "ending"),
    [
        ("image/jpeg", "image", "jpg"),
        ("video/mp4", "video", "mp4"),
        (OGG_OPUS, "audio", "ogg"),
        ("audio/mp4", "audio", "m4a"),
        ("application/pdf", "file", "pdf"),
        (WORD, "file", "docx"),
        ("text/csv", "file", "csv"),
        (BYTES, "file", "bin"),
        ("application/x-own", "file", "bin"),
    ],
)
def test_a_type_has_its_place_and_its_ending(mime: str, place: str, ending: str) -> None:
    assert (group(mime), ending_of(mime)) == (place, ending)


def test_a_told_type_is_known_by_its_usual_name() -> None:
    assert plain(" Image/JPG ; q=1") == "image/jpeg"
    assert plain(None) == BYTES
