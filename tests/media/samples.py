"""First bytes of real kinds of files, enough to be known by."""

import io
import zipfile


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x" * 64)
    return buffer.getvalue()


def iso(brand: bytes, *others: bytes) -> bytes:
    """The head of a file of the MP4 family."""
    body = b"ftyp" + brand + bytes(4) + b"".join((brand, *others))
    return (len(body) + 4).to_bytes(4, "big") + body + bytes(64)


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + bytes(100)
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(100)
GIF = b"GIF89a" + bytes(64)
WEBP = b"RIFF\x10\0\0\0WEBPVP8 " + bytes(64)
MP4 = iso(b"isom", b"iso2", b"avc1", b"mp41")
MP4_ODD = iso(b"zzzz")
M4A = iso(b"M4A ", b"mp42")
THREE_GP = iso(b"3gp4", b"isom")
QUICKTIME = iso(b"qt  ")
HEIC = iso(b"heic", b"mif1")
OGG = b"OggS\0\x02" + bytes(22) + b"\x01vorbis" + bytes(64)
OPUS = b"OggS\0\x02" + bytes(22) + b"OpusHead\x01\x01" + bytes(64)
WEBM = (
    b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webm"
    + bytes(64)
)
MP3 = b"ID3\x03\0\0\0\0\0\0" + bytes(64)
AAC = b"\xff\xf1\x50\x80" + bytes(64)
AMR = b"#!AMR\n" + b"\x3c" * 64
WAV = b"RIFF\x10\0\0\0WAVEfmt " + bytes(64)
PDF = b"%PDF-1.7\n" + b"x" * 64
DOCX = zipped("[Content_Types].xml", "_rels/.rels", "word/document.xml")
XLSX = zipped("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")
ZIP = zipped("readme.txt")
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
EXE = b"MZ\x90\0" + bytes(128)
ELF = b"\x7fELF\x02\x01\x01" + bytes(64)
HTML = b"<!DOCTYPE html><html><body>Log in</body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
SHELL = b"#!/bin/sh\nrm -rf ~\n"
TEXT = "Grüße, 你好\n".encode()
UTF16 = "hello".encode("utf-16")
LATIN = "caf\xe9 cr\xe8me".encode("latin-1")
JSON = b'{"error":{"message":"no","code":100}}'
NOISE = bytes(range(128, 250)) + bytes(range(32))
