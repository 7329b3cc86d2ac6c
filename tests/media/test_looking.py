"""A link is looked at as Meta will fetch it, before the question that its picture heads is sent."""

from typing import Any

import pytest

from tests.delivery.provider import Reply, reply
from tests.media.conftest import Mover
from tests.media.samples import GIF, HTML, JPEG, MP4, PDF, PNG, WEBP
from tests.media.test_form import jpeg, png

PLACE = "/card"
BIG = JPEG + bytes(5 * 1024 * 1024)


def looked(mover: Mover, **changes: Any) -> bool | None:
    body = {"url": mover.host.url + PLACE, "kind": "image", **changes}
    response = mover.post("/whatsapp/media/look", body)
    assert response.status_code == 200, response.text
    fits: bool | None = response.json()["fits"]
    return fits


def shown(body: bytes, mime: str) -> Reply:
    return reply(200, body, Content_Type=mime)


LINKS: dict[str, tuple[Reply, str, bool]] = {
    "a jpeg": (shown(jpeg(3), "image/jpeg"), "image", True),
    "a png": (shown(PNG[:16] + png(8, 6)[16:], "image/png"), "image", True),
    "a film": (shown(MP4, "video/mp4"), "video", True),
    "a webp": (shown(WEBP, "image/webp"), "image", False),
    "a gif": (shown(GIF, "image/gif"), "image", False),
    "a png with a palette": (shown(png(8, 3), "image/png"), "image", False),
    "a jpeg for print": (shown(jpeg(4), "image/jpeg"), "image", False),
    "a webp that is told to be a jpeg": (shown(WEBP, "image/jpeg"), "image", False),
    "a jpeg that is told to be bytes": (shown(JPEG, "application/octet-stream"), "image", False),
    "a jpeg that is told to be a pdf": (shown(JPEG, "application/pdf"), "image", False),
    "a pdf": (shown(PDF, "application/pdf"), "image", False),
    "a page": (shown(HTML, "text/html"), "image", False),
    "a film as a picture": (shown(MP4, "video/mp4"), "image", False),
    "one that is too large": (shown(BIG, "image/jpeg"), "image", False),
    "one that is gone": (reply(404, b""), "image", False),
    "one that is denied": (reply(403, b""), "image", False),
    "one that leads elsewhere": (reply(302, b"", Location="https://a.example/"), "image", False),
    "nothing": (shown(b"", "image/jpeg"), "image", False),
}


@pytest.mark.parametrize(("answer", "kind", "fits"), LINKS.values(), ids=LINKS)
def test_what_meta_would_not_show_is_seen(
    meta: Mover, answer: Reply, kind: str, *, fits: bool
) -> None:
    place = f"{PLACE}/{list(LINKS.values()).index((answer, kind, fits))}"
    meta.host.at(place, answer)
    url = meta.host.url + place
    assert looked(meta, url=url, kind=kind) is fits
    assert [seen.headers.get("authorization") for seen in meta.host.seen] == [None]
    assert looked(meta, url=url, kind=kind) is fits
    assert len(meta.host.seen) == 1, "it is remembered"


@pytest.mark.parametrize("url", ["https://10.0.0.1/a.png", "http://127.0.0.1:1/a", "ftp://a/b"])
def test_what_may_not_be_fetched_is_not_known(meta: Mover, url: str) -> None:
    assert looked(meta, url=url) is None


def test_trouble_of_the_host_says_nothing_and_is_not_remembered(meta: Mover) -> None:
    url = meta.host.url + "/trouble"
    meta.host.at("/trouble", reply(503, b""), shown(jpeg(3), "image/jpeg"))
    assert looked(meta, url=url) is None
    assert looked(meta, url=url) is True
