"""Files through everything, both ways: each byte arrives, or people are told why it does not."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from local.demo.world import World
from local.sandbox.client import FileTold, Message, Sent
from tests.e2e.lines import Line, at_once, number, opened
from tests.e2e.memory import Watch
from tests.stack import Stack
from tests.waits import WAIT_S

MB = 1024 * 1024
OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OPUS = "audio/ogg; codecs=opus"
ON_ITS_WAY = "[image, it is on its way] The receipt"
LATE = "[the file that was missing: image]"


@dataclass(frozen=True)
class Lines:
    """Three companies: a usual one, one that gives Meta links, one whose files come late."""

    usual: Line
    by_link: Line
    late: Line


@pytest.fixture(scope="module")
def lines(stack: Stack, world: World) -> Lines:
    names = ("files", "files-by-link", "files-late")
    return Lines(*opened(stack, world, *names, options={names[1]: {"media_mode": "link"}}))


@pytest.fixture(scope="module")
def line(lines: Lines) -> Line:
    return lines.usual


@pytest.fixture(scope="module")
def linking(lines: Lines) -> Line:
    return lines.by_link


def of_line(line: Line) -> dict[str, str]:
    return {"phone_number_id": line.company.phone_number_id}


@dataclass(frozen=True)
class Late:
    """A picture that Meta did not give for a while."""

    picture: Sent


@pytest.fixture(scope="module")
def late(lines: Lines) -> Late:
    """Its downloads fail until it was asked for apart from its message; the customer writes on."""
    line, who = lines.late, number(1)

    def failed() -> int:
        return line.sandbox.counters().get("graph_media_download_503", 0)

    match = {**of_line(line), "name": "media_download"}
    fault = line.sandbox.fault("graph", "status", match=match, status=503, code=131000)
    picture = line.customer(who, "image", caption="The receipt")
    line.customer(who, "text", text="Did it arrive?")
    line.shown(who, 2)
    with_its_message = failed()
    line.wait(lambda: failed() > with_its_message)
    line.sandbox.clear_faults(fault)
    return Late(picture)


@pytest.mark.usefixtures("late")
def test_a_file_that_can_not_be_had_holds_nothing_up(lines: Lines) -> None:
    shown = lines.late.at_agent(number(1))[:2]
    assert [one.text for one in shown] == [ON_ITS_WAY, "Did it arrive?"]


IN: dict[str, tuple[str, str, str]] = {
    "jpeg": ("image", "image/jpeg", "Image"),
    "png": ("image", "image/png", "Image"),
    "mp4": ("video", "video/mp4", "Video"),
    "3gp": ("video", "video/3gpp", "Video"),
    "mp3": ("audio", "audio/mpeg", "Audio"),
    "aac": ("audio", "audio/aac", "Audio"),
    "amr": ("audio", "audio/amr", "Audio"),
    "m4a": ("audio", "audio/mp4", "Audio"),
    "voice note": ("voice", OPUS, "Audio"),
    "older voice note": ("legacy_voice", OPUS, "Audio"),
    "sticker": ("sticker", "image/webp", "Image"),
    "pdf": ("document", "application/pdf", "File"),
    "docx": ("document", OFFICE, "File"),
    "zip": ("document", "application/zip", "File"),
    "plain text": ("document", "text/plain", "File"),
    "no known type": ("document", "application/x-parquet", "File"),
}


def with_files(line: Line, who: str, count: int = 1) -> list[Message]:
    """What the agent got, once its files were fetched too."""

    def here() -> list[Message]:
        shown = line.at_agent(who)
        fetched = all(len(one.files) == len(one.content) for one in shown)
        return shown if fetched and len(shown) >= count else []

    return line.wait(here)


@pytest.fixture(scope="module")
def came(line: Line) -> dict[str, tuple[Sent, Message]]:
    """A file of each type from a customer of its own: what was sent, what was got."""
    places = {name: place for place, name in enumerate(IN)}

    def send(name: str) -> Sent:
        kind, mime, _ = IN[name]
        more: dict[str, Any] = {"caption": "Look"} if kind in ("image", "video", "document") else {}
        who, size = number(places[name], 1), 70_000 + places[name]
        return line.customer(who, kind, mime=mime, size=size, seed=places[name], **more)

    sent = at_once(send, IN)
    return {name: (sent[name], with_files(line, number(places[name], 1))[0]) for name in IN}


@pytest.mark.parametrize("name", IN)
def test_each_byte_of_a_customers_file_reaches_the_agent(
    came: dict[str, tuple[Sent, Message]], name: str
) -> None:
    kind, mime, media_type = IN[name]
    sent, message = came[name]
    [original], [got], [part] = sent.files, message.files, message.content
    assert (got.error, got.size, got.sha256) == (None, original.size, original.sha256)
    assert (got.mime, part["attachment"]["mediaType"]) == (mime, media_type)
    assert message.text == ("Look" if kind in ("image", "video", "document") else None)


OUT: dict[str, tuple[str, str, str, int]] = {
    "jpeg": ("image/jpeg", "photo.jpg", "image", 70_000),
    "png": ("image/png", "photo.png", "image", 70_001),
    "png over 5 MB": ("image/png", "large.png", "document", 5 * MB + 1),
    "webp": ("image/webp", "photo.webp", "document", 70_003),
    "sticker": ("image/webp", "sticker.webp", "sticker", 70_004),
    "mp4": ("video/mp4", "film.mp4", "video", 70_005),
    "3gp": ("video/3gpp", "film.3gp", "video", 70_006),
    "mp3": ("audio/mpeg", "song.mp3", "audio", 70_008),
    "aac": ("audio/aac", "song.aac", "audio", 70_009),
    "amr": ("audio/amr", "song.amr", "audio", 70_010),
    "m4a": ("audio/mp4", "song.m4a", "audio", 70_011),
    "ogg": ("audio/ogg", "voice.ogg", "audio", 70_012),
    "opus, as browsers call it": ("audio/opus", "voice.opus", "audio", 70_013),
    "pdf": ("application/pdf", "Currículum café.pdf", "document", 70_014),
    "docx": (OFFICE, "letter.docx", "document", 70_015),
    "plain text": ("text/plain", "notes.txt", "document", 70_016),
}


@pytest.fixture(scope="module", params=["upload", "link"])
def went(request: pytest.FixtureRequest, lines: Lines) -> dict[str, tuple[Sent, Message]]:
    """A file of each type from an agent to a customer of its own, in each of the two ways."""
    line = lines.usual if request.param == "upload" else lines.by_link
    places = {name: place for place, name in enumerate(OUT)}

    def send(name: str) -> Sent:
        mime, filename, _, size = OUT[name]
        who = number(places[name], 2)
        line.greets(who)
        return line.agent(
            who, "attachment", mime=mime, filename=filename, size=size, seed=places[name]
        )

    sent = at_once(send, OUT)
    for name, one in sent.items():
        receipts = line.receipts(number(places[name], 2), one.id)
        assert [event["status"] for event in receipts] == ["Delivered"], name
    return {name: (sent[name], line.at_customer(number(places[name], 2))[0]) for name in OUT}


@pytest.mark.parametrize("name", OUT)
def test_each_byte_of_an_agents_file_reaches_the_customer(
    went: dict[str, tuple[Sent, Message]], name: str
) -> None:
    _, filename, kind, _ = OUT[name]
    sent, message = went[name]
    [original], [got] = sent.files, message.files
    assert message.type == kind
    assert (got.error, got.size, got.sha256) == (None, original.size, original.sha256)
    assert (message.content.get("filename") == filename) is (kind == "document")


LINKED: dict[str, tuple[str, str]] = {
    "gif": ("image/gif", "dance.gif"),
    "webm": ("video/webm", "film.webm"),
    "heic": ("image/heic", "photo.heic"),
    "zip": ("application/zip", "photos.zip"),
}


@pytest.mark.parametrize("name", LINKED)
def test_a_file_that_whatsapp_takes_as_nothing_goes_as_a_link(lines: Lines, name: str) -> None:
    mime, filename = LINKED[name]
    who = number(list(LINKED).index(name), 9)
    for line in (lines.usual, lines.by_link):
        line.greets(who)
        sent = line.agent(who, "attachment", mime=mime, filename=filename, size=70_100, seed=7)
        [got] = line.sent(who)
        shown, link = (got.text or "").splitlines()
        assert filename in shown
        content = requests.get(link, timeout=WAIT_S).content
        assert hashlib.sha256(content).hexdigest() == sent.files[0].sha256
        [receipt] = line.receipts(who, sent.id)
        assert receipt["status"] == "Delivered"


PALETTE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAMAAAAoyzS7AAAAA1BMVEX/AAAZ4gk3AAAACklEQVR4nGNgAAAAAgABSK+kcQAA"
    "AABJRU5ErkJggg=="
)
DOCUMENTS: dict[str, tuple[str, str, str, str]] = {
    "csv": ("text/csv", "prices.csv", "aXRlbTtwcmljZQpUZWE7NCw1MAo=", "prices.csv"),
    "xml": ("application/xml", "a.xml", "PD94bWwgdmVyc2lvbj0iMS4wIj8+PGEvPg==", "a.xml"),
    "a palette": ("image/png", "screen.png", PALETTE, "screen.png"),
    "a scan": ("image/jpeg", "scan.jpg", "JVBERi0xLjQKMSAwIG9iago=", "scan.pdf"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_text_and_pictures_that_are_not_shown_go_as_documents(line: Line, name: str) -> None:
    mime, filename, content, expected = DOCUMENTS[name]
    who = number(list(DOCUMENTS).index(name), 10)
    line.greets(who)
    sent = line.agent(who, "attachment", mime=mime, filename=filename, base64=content)
    [got] = line.sent(who)
    assert (got.type, got.content["filename"]) == ("document", expected)
    assert [one.sha256 for one in got.files] == [one.sha256 for one in sent.files]
    [receipt] = line.receipts(who, sent.id)
    assert receipt["status"] == "Delivered"


def test_a_link_for_meta_is_presigned_and_an_upload_is_none(lines: Lines) -> None:
    who = number(1, 3)
    contents = []
    for line in (lines.usual, lines.by_link):
        line.greets(who)
        line.agent(who, "attachment", caption="Here")
        contents.append(line.sent(who)[0].content)
    uploaded, linked = contents
    assert set(uploaded) == {"id", "caption"}
    assert set(linked) == {"link", "caption"}
    assert "/media-outbound/" in linked["link"]
    assert "X-Amz-Signature=" in linked["link"]


def test_several_files_and_their_text_go_in_order(line: Line) -> None:
    who = number(2, 3)
    line.greets(who)
    sent = line.agent(who, "attachment", text="Three pages", count=3, seed=50)
    got = line.sent(who, 3)
    assert [one.files[0].sha256 for one in got] == [one.sha256 for one in sent.files]
    assert [one.text for one in got if one.text] == ["Three pages"]


def test_the_same_file_is_uploaded_once(line: Line) -> None:
    who = number(3, 3)
    line.greets(who)
    before = line.sandbox.counters().get("graph_media_upload", 0)
    for text in ("Our prices", "Once more"):
        line.agent(who, "attachment", text=text, mime="application/pdf", size=90_001, seed=9)
    first, second = line.sent(who, 2)
    assert first.content["id"] == second.content["id"]
    assert line.sandbox.counters()["graph_media_upload"] == before + 1


HIDDEN: dict[str, dict[str, Any]] = {
    "behind the token": {"auth": "bearer"},
    "behind a redirect": {"redirect": "same"},
    "behind both": {"auth": "bearer", "redirect": "same"},
    "with its sha256": {"with_sha256": True},
}


@pytest.mark.parametrize("fields", HIDDEN.values(), ids=HIDDEN)
def test_an_agents_file_is_fetched_as_it_asks_to_be(line: Line, fields: dict[str, Any]) -> None:
    place = list(HIDDEN.values()).index(fields)
    who = number(place, 4)
    line.greets(who)
    sent = line.agent(who, "attachment", seed=60 + place, **fields)
    [got] = line.sent(who)
    assert [one.sha256 for one in got.files] == [one.sha256 for one in sent.files]
    assert line.sandbox.counters().get("genesys_tokens_at_storage", 0) == 0


PAGE = base64.b64encode(b"<!doctype html><html><body>Please log in</body></html>").decode()
UNFIT: dict[str, tuple[dict[str, Any], str, str]] = {
    "a page in place of a picture": (
        {"base64": PAGE, "mime": "image/png"},
        "MediaTypeNotAllowed",
        "could not be fetched",
    ),
    "over 25 MB": (
        {"mime": "video/mp4", "size": 25 * MB + 1},
        "InvalidMediaContentLength",
        "too large",
    ),
    "over 25 MB, untold": (
        {"mime": "video/mp4", "size": 25 * MB + 1, "with_size": False},
        "InvalidMediaContentLength",
        "too large",
    ),
    "empty": ({"size": 0}, "MediaTypeNotAllowed", "could not be fetched"),
    "gone": ({"auth": "expired"}, "GeneralError", "could not be fetched"),
    "another sha256": ({"told_sha256": "ab" * 32}, "GeneralError", "came damaged"),
    "on a strange host": ({"redirect": "other"}, "GeneralError", "could not be fetched"),
    "within our network": (
        {"url": "http://169.254.169.254/latest/meta-data/"},
        "GeneralError",
        "could not be fetched",
    ),
    "no address": ({"url": "file:///etc/passwd"}, "GeneralError", "could not be fetched"),
}


@pytest.fixture(scope="module")
def unfit(line: Line) -> dict[str, Sent]:
    """A file that can not go, with words that can."""
    places = {name: place for place, name in enumerate(UNFIT)}

    def send(name: str) -> Sent:
        who = number(places[name], 5)
        line.greets(who)
        return line.agent(who, "attachment", text="See the file", **UNFIT[name][0])

    return at_once(send, UNFIT)


@pytest.mark.parametrize("name", UNFIT)
def test_a_file_that_can_not_go_is_told_to_the_agent_and_its_words_go(
    line: Line, unfit: dict[str, Sent], name: str
) -> None:
    who, (_, code, words) = number(list(UNFIT).index(name), 5), UNFIT[name]
    reason, told = line.failure(who, unfit[name].id)
    assert (reason, words in told) == (code, True), told
    assert [(one.type, one.text) for one in line.sent(who)] == [("text", "See the file")]


def picture(line: Line, who: str, **options: Any) -> tuple[FileTold, Message]:
    """A customer's picture, and what the agent got of it."""
    sent = line.customer(who, "image", caption="Look", options=options)
    return sent.files[0], with_files(line, who)[0]


def test_a_link_that_ended_is_asked_for_again(line: Line) -> None:
    place = f"{line.sandbox.base_url}/lookaside/whatsapp_business/attachments/?mid=1&hash=ended"
    original, shown = picture(line, number(1, 7), over={"image": {"url": place}})
    assert [one.sha256 for one in shown.files] == [original.sha256]


def test_a_file_that_came_damaged_once_is_fetched_again(line: Line) -> None:
    match = {**of_line(line), "name": "media_download"}
    line.sandbox.fault("graph", "corrupt", match=match, count=1)
    original, shown = picture(line, number(2, 7))
    assert [one.sha256 for one in shown.files] == [original.sha256]


def test_a_download_that_breaks_off_is_begun_again(line: Line) -> None:
    match = {**of_line(line), "name": "media_download"}
    line.sandbox.fault("graph", "cut_short", match=match, bytes=2000, count=1)
    original, shown = picture(line, number(3, 7))
    assert [one.sha256 for one in shown.files] == [original.sha256]


def test_a_file_that_is_gone_for_good_is_told_in_words(line: Line) -> None:
    gone = {"over": {"image": {"id": "1234567890123456"}}, "without": ["image.url"]}
    _, shown = picture(line, number(4, 7), **gone)
    assert (shown.text, shown.content) == (
        "[image, it could not be fetched: ask the customer to send it again] Look",
        [],
    )


def test_a_file_that_comes_damaged_is_told_in_words(line: Line) -> None:
    match = {**of_line(line), "name": "media_download"}
    line.sandbox.fault("graph", "corrupt", match=match)
    _, shown = picture(line, number(5, 7))
    assert (shown.text, shown.content) == (
        "[image, it could not be fetched: ask the customer to send it again] Look",
        [],
    )


def test_a_file_over_25_mb_is_given_as_a_link(line: Line) -> None:
    who = number(6, 7)
    line.customer(who, "video", size=26 * MB, caption="The whole film")
    [shown] = line.shown(who)
    head, link, caption = (shown.text or "").splitlines()
    assert (head, caption) == ("[video, 26 MB, to be opened here]", "The whole film")
    assert "X-Amz-Signature=" in link


def test_sixteen_megabytes_each_way_take_little_memory(
    line: Line, capsys: pytest.CaptureFixture[str]
) -> None:
    who = number(1, 8)
    line.greets(who)
    with Watch(line.stack.root) as watch:
        film = line.customer(who, "video", size=16 * MB, seed=80)
        answer = line.agent(who, "attachment", mime="video/mp4", size=16 * MB, seed=81)
        [_, got_in], [got_out] = with_files(line, who, 2), line.sent(who)
        line.receipts(who, answer.id)
    with capsys.disabled():
        print(f"\n{watch}")  # noqa: T201  # the figures are asked for
    for sent, got in ((film, got_in), (answer, got_out)):
        assert [one.sha256 for one in got.files] == [one.sha256 for one in sent.files]
    assert got_out.type == "video"
    assert watch.growth
    assert max(watch.growth.values()) < 64 * MB


def test_the_file_that_was_missing_comes_once(lines: Lines, late: Late) -> None:
    line, who = lines.late, number(1)
    _, _, came = with_files(line, who, 3)
    assert came.text == LATE
    assert came.extra["message_id"] == f"{late.picture.id}#file"
    assert [one.sha256 for one in came.files] == [one.sha256 for one in late.picture.files]
    line.customer(who, "text", text="Thank you")
    assert [one.text for one in line.shown(who, 4)] == [
        *(ON_ITS_WAY, "Did it arrive?", LATE, "Thank you")
    ]


def test_nothing_is_left_over(lines: Lines) -> None:
    for line in (lines.usual, lines.by_link, lines.late):
        line.nothing_is_left()
