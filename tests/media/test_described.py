"""The name of a file ends as its bytes say, whatever it was called and whatever was told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.media.described import describe
from shared.media.names import LONGEST
from shared.wire.file_types import BYTES, ENDINGS, OGG_OPUS, type_of
from tests.media import samples as s

# name of a PDF that was told to be a JPEG, the name that it gets
NAMES: dict[str, tuple[str | None, str]] = {
    "another type's ending": ("scan.jpg", "scan.pdf"),
    "a version behind a dot": ("report.v2.final", "report.v2.final.pdf"),
    "a number behind a dot": ("Invoice 12.5", "Invoice 12.5.pdf"),
    "no ending": ("report", "report.pdf"),
    "no name": (None, "file.pdf"),
    "an empty name": ("", "file.pdf"),
    "only an ending": (".pdf", "file.pdf"),
    "only an ending, behind what can not be seen": ("\u200b.pdf", "file.pdf"),
    "only an ending of another type": (".jpg", "file.pdf"),
    "two endings, the last one wrong": ("invoice.pdf.exe", "invoice.pdf"),
    "two endings, both wrong": ("photo.jpg.png", "photo.pdf"),
    "two endings, the last one right": ("invoice.v3.pdf", "invoice.v3.pdf"),
    "capitals": ("SCAN.PDF", "SCAN.pdf"),
    "some capitals": ("Scan.Pdf", "Scan.pdf"),
    "wrong capitals": ("SCAN.JPG", "SCAN.pdf"),
    "a dot at the end": ("invoice.pdf.", "invoice.pdf"),
    "dots alone": ("...", "file.pdf"),
    "Cyrillic": ("счёт №7.jpg", "счёт №7.pdf"),
    "Chinese": ("請求書.doc", "請求書.pdf"),
    "Arabic": ("فاتورة", "فاتورة.pdf"),
    "an emoji": ("👩‍👧.png", "👩‍👧.pdf"),
    "a path": ("C:\\temp\\scan.jpg", "C_temp_scan.pdf"),
    "backwards": ("photo\u202egpj.exe", "photogpj.pdf"),
}


@pytest.mark.parametrize(("name", "expected"), NAMES.values(), ids=NAMES)
def test_the_name_of_a_pdf_ends_as_one(name: str | None, expected: str) -> None:
    assert describe(s.PDF, "image/jpeg", name).name == expected


XML = b"<?xml version='1.0'?><a/>"

# bytes, what was told, the name; the type, the name that it gets
FILES: dict[str, tuple[bytes, str | None, str | None, str, str]] = {
    "a voice note as a film": (s.OPUS, "audio/mp4", "voice.mp4", OGG_OPUS, "voice.ogg"),
    "a voice note of a browser": (s.OPUS, "audio/webm", "rec.webm", OGG_OPUS, "rec.ogg"),
    "a voice note as Opus": (s.OPUS, "audio/opus", "voice.opus", OGG_OPUS, "voice.ogg"),
    "a voice note without a name": (s.OPUS, None, None, OGG_OPUS, "audio.ogg"),
    "a picture without a name": (s.JPEG, None, None, "image/jpeg", "image.jpg"),
    "a film without a name": (s.MP4, None, None, "video/mp4", "video.mp4"),
    "a jpeg": (s.JPEG, "image/jpeg", "a.JPEG", "image/jpeg", "a.jpeg"),
    "a jpeg of a browser": (s.JPEG, "image/jpeg", "a.jfif", "image/jpeg", "a.jpg"),
    "a jpeg as a png": (s.JPEG, "image/png", "a.png", "image/jpeg", "a.jpg"),
    "a picture of an iPhone": (s.HEIC, "image/jpeg", "IMG_1.jpg", "image/heic", "IMG_1.heic"),
    "a film as Apple's": (s.MP4, "video/mp4", "clip.mov", "video/mp4", "clip.mp4"),
    "a film of Apple's": (s.QUICKTIME, "video/mp4", "clip.mp4", "video/quicktime", "clip.mov"),
    "sound in a film's box": (s.M4A, "audio/mp4", "v.mp4", "audio/mp4", "v.mp4"),
    "a film of an old telephone": (s.THREE_GP, "video/3gpp", "v.mp4", "video/3gpp", "v.3gp"),
    "a table of commas": (s.TEXT, "text/csv", "prices.csv", "text/csv", "prices.csv"),
    "a table of commas as text": (s.TEXT, "text/plain", "a.csv", "text/plain", "a.csv"),
    "a table of commas as Excel": (
        s.TEXT,
        "application/vnd.ms-excel",
        "a.csv",
        "text/plain",
        "a.csv",
    ),
    "a text as a letter": (s.TEXT, "application/msword", "a.doc", "text/plain", "a.txt"),
    "a text as a picture": (s.TEXT, "image/png", "a.png", "text/plain", "a.txt"),
    "a protocol": (s.TEXT, None, "server.log", "text/plain", "server.log"),
    "a text with a version": (s.TEXT, None, "notes.v2", "text/plain", "notes.v2.txt"),
    "xml": (XML, "application/xml", "invoice.xml", BYTES, "invoice.xml"),
    "xml without a name": (XML, "text/xml", None, BYTES, "file.xml"),
    "a page": (s.HTML, "text/html", "page.html", BYTES, "page.html"),
    "a page as a pdf": (s.HTML, "text/html", "invoice.pdf", BYTES, "invoice.txt"),
    "bytes": (s.NOISE, None, "backup.dat", BYTES, "backup.dat"),
    "bytes of somebody's own": (s.NOISE, None, "part.step", BYTES, "part.step"),
    "bytes as a picture": (s.NOISE, "image/jpeg", "a.jpg", BYTES, "a.bin"),
    "bytes without an ending": (s.NOISE, None, "backup", BYTES, "backup.bin"),
    "an archive as a pdf": (s.ZIP, "application/pdf", "a.pdf", "application/zip", "a.zip"),
    "an app": (s.ZIP, "application/java-archive", "a.jar", BYTES, "a.jar"),
    "a program": (s.EXE, None, "setup.exe", BYTES, "setup.exe"),
    "a program as a picture": (s.EXE, "image/jpeg", "photo.jpg", BYTES, "photo.bin"),
    "an old letter": (s.COMPOUND, None, "old.doc", "application/msword", "old.doc"),
    "a pack of pages": (
        *(s.XLSX, "application/vnd.ms-excel", "a.xls"),
        *("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "a.xlsx"),
    ),
    "a letter of which only the name tells": (
        *(s.ZIP, BYTES, "a.docx"),
        *("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a.docx"),
    ),
}


@pytest.mark.parametrize(("head", "told", "name", "mime", "given_name"), FILES.values(), ids=FILES)
def test_type_and_name_are_those_of_the_bytes(
    head: bytes, told: str | None, name: str | None, mime: str, given_name: str
) -> None:
    found = describe(head, told, name)
    assert (found.mime, found.name) == (mime, given_name)


def test_what_is_text_is_known_as_text_whatever_its_type() -> None:
    for head in (s.TEXT, XML, s.JSON, s.HTML, s.SVG, b"{\\rtf1 Hello}"):
        assert describe(head, None, None).text
    for head in (s.PDF, s.NOISE, s.ZIP, s.JPEG, s.EXE):
        assert not describe(head, None, None).text


def test_an_over_long_name_keeps_its_new_ending() -> None:
    found = describe(s.PDF, None, "日" * 200 + ".jpg").name
    assert found.endswith("日.pdf")
    assert len(found.encode()) <= LONGEST


HEADS = [s.JPEG, s.PDF, s.OPUS, s.TEXT, s.NOISE, s.ZIP, s.DOCX, s.EXE, s.HTML, b""]
SOME = st.one_of(st.none(), st.sampled_from(sorted(ENDINGS)), st.text(max_size=20))


@given(st.sampled_from(HEADS), SOME, st.one_of(st.none(), st.text(max_size=60)))
def test_whatever_it_is_called_its_name_has_an_ending_and_stays_as_it_is(
    head: bytes, told: str | None, name: str | None
) -> None:
    found = describe(head, told, name)
    stem, dot, ending = found.name.rpartition(".")
    assert stem.strip(" .")
    assert (dot, ending == ending.lower()) == (".", True)
    assert len(found.name.encode()) <= LONGEST
    assert describe(head, told, found.name).name == found.name


@given(st.sampled_from([s.JPEG, s.PDF, s.OPUS, s.MP3]), st.sampled_from(sorted(ENDINGS)))
def test_no_told_type_gives_known_bytes_the_ending_of_another(head: bytes, told: str) -> None:
    right = describe(head, None, None)
    found = describe(head, told, f"a.{ENDINGS[told][0]}")
    assert found.mime == right.mime
    assert found.name.rpartition(".")[2] in ENDINGS[found.mime.partition(";")[0]]
    assert type_of(found.name.rpartition(".")[2]) is not None
