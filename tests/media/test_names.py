"""A name keeps its letters and loses its tricks."""

import pytest
from aiohttp.multipart import content_disposition_filename, parse_content_disposition
from hypothesis import given
from hypothesis import strategies as st

from shared.media.names import LONGEST, clean_name, disposition

NAMES: dict[str, tuple[str | None, str | None]] = {
    "plain": ("invoice.pdf", "invoice.pdf"),
    "another alphabet": ("счёт №7.pdf", "счёт №7.pdf"),
    "more alphabets": ("請求書 فاتورة.pdf", "請求書 فاتورة.pdf"),
    "an emoji of several": ("👩‍👧 trip.jpg", "👩‍👧 trip.jpg"),
    "decomposed": ("Ru\u0308ckgabe.pdf", "R\u00fcckgabe.pdf"),
    "a path": ("../../etc/passwd", "_.._etc_passwd"),
    "a path of Windows": ("C:\\temp\\a.txt", "C_temp_a.txt"),
    "a line break": ('a"\r\nX-Evil: 1.txt', "a_X-Evil_ 1.txt"),
    "a nul": ("a\0b.txt", "ab.txt"),
    "backwards": ("photo\u202egpj.exe", "photogpj.exe"),
    "blanks": ("  a \t b .pdf  ", "a b.pdf"),
    "a hidden file": (".htaccess", "htaccess"),
    "half a pair": ("a\ud83d.txt", "a.txt"),
    "nothing": ("", None),
    "dots": ("...", None),
    "slashes": ("///", None),
    "none": (None, None),
}


@pytest.mark.parametrize(("given_name", "expected"), NAMES.values(), ids=NAMES)
def test_a_name_keeps_its_letters(given_name: str | None, expected: str | None) -> None:
    assert clean_name(given_name) == expected


def test_a_long_name_keeps_its_ending() -> None:
    found = clean_name("日" * 200 + ".docx")
    assert found is not None
    assert found.endswith("日.docx")
    assert len(found.encode()) <= LONGEST


@given(st.text())
def test_whatever_it_is_called_it_fits_a_header(name: str) -> None:
    found = clean_name(name)
    header = disposition("application/pdf", found)
    assert header.isascii()
    assert header.isprintable()
    assert "  " not in header
    assert header.startswith("attachment")
    assert found == clean_name(found)


@given(st.text(alphabet="abcäß日🙂 .-_'()&%;=", min_size=1))
def test_a_client_reads_the_name_that_we_meant(name: str) -> None:
    found = clean_name(name)
    how, parameters = parse_content_disposition(disposition("image/png", found))
    assert how == "inline"
    assert content_disposition_filename(parameters) == found


@pytest.mark.parametrize(
    ("mime", "how"),
    [
        ("image/png", "inline"),
        ("video/mp4", "inline"),
        ("audio/ogg; codecs=opus", "inline"),
        ("application/pdf", "attachment"),
        ("text/plain", "attachment"),
        ("application/octet-stream", "attachment"),
    ],
)
def test_pictures_sound_and_film_are_shown_and_the_rest_is_saved(mime: str, how: str) -> None:
    assert disposition(mime, None) == how
    assert disposition(mime, "a b.x") == f"{how}; filename=\"a b.x\"; filename*=UTF-8''a%20b.x"


def test_an_old_client_gets_letters_that_it_knows() -> None:
    header = disposition("application/pdf", "Übersicht für 你.pdf")
    assert 'filename="Ubersicht fur .pdf"' in header
