"""Calls about files: whatever becomes of the call, there is a file, an id, or an error to obey."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pydantic import ValidationError

from shared.messaging.outcomes import SendError, not_sent
from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.services.delivery import (
    GenesysApiClient,
    GenesysMediaFetch,
    MediaFetch,
    MediaOutcome,
    MediaUpload,
    StoredFile,
    UploadOutcome,
    WaApiClient,
)
from tests.delivery.bodies import CHANNEL, KEY, TENANT
from tests.delivery.provider import Provider, Reply, cut, reply

WHO = {"tenant_id": TENANT, "channel_id": CHANNEL}
FETCH = MediaFetch(**WHO, phone_number_id="1", media_id="2", max_bytes=9)
DOWNLOAD = GenesysMediaFetch(**WHO, region="mypurecloud.de", url="https://api.mypurecloud.de/x")
UPLOAD = MediaUpload(
    **WHO,
    phone_number_id="1",
    bucket="media-outbound",
    key=f"{TENANT}/file/x.pdf",
    mime="application/pdf",
    size=9,
    sha256="ab",
)
FILE = StoredFile(bucket="b", key="k", mime="m/m", size=1, sha256="ab", url="https://x/")

Outcome = MediaOutcome | UploadOutcome
Use = Callable[[Peer], Awaitable[Outcome]]


def fetch(peer: Peer) -> Awaitable[Outcome]:
    return WaApiClient(peer).fetch_media(FETCH)


def upload(peer: Peer) -> Awaitable[Outcome]:
    return WaApiClient(peer).upload_media(UPLOAD)


def download(peer: Peer) -> Awaitable[Outcome]:
    return GenesysApiClient(peer).fetch_media(DOWNLOAD)


ALL = pytest.mark.parametrize("use", [fetch, upload, download])


def run(use: Use, url: str) -> Outcome:
    async def once() -> Outcome:
        async with http_session() as session:
            return await use(Peer(session, name="x", url=url, tokens=ServiceTokens("t", KEY)))

    return asyncio.run(once())


def error_of(outcome: Outcome) -> SendError:
    assert outcome.error is not None
    return outcome.error


PROBLEM = {"status": 0, "code": "c", "detail": "the words of the problem", "title": "t"}
ENDINGS: dict[str, tuple[Reply, bool]] = {
    "unavailable": (reply(503, PROBLEM, Retry_After="4"), True),
    "not deployed": (reply(404, b"no"), True),
    "service token refused": (reply(401, PROBLEM), True),
    "bad request": (reply(422, PROBLEM), False),
    "internal error": (reply(500, PROBLEM), True),
    "garbage": (reply(200, b"<html>"), True),
    "neither a file nor an error": (reply(200, {}), True),
    "cut": (cut, True),
}


@pytest.mark.parametrize(("answer", "again"), ENDINGS.values(), ids=ENDINGS)
@ALL
def test_every_ending_is_an_error_to_obey(answer: Reply, use: Use, *, again: bool) -> None:
    with Provider.running(answer) as provider:
        assert error_of(run(use, provider.url)).retryable is again


@ALL
def test_a_function_that_is_not_there_is_asked_again(use: Use) -> None:
    assert error_of(run(use, "http://127.0.0.1:1")).retryable


@pytest.mark.parametrize(
    ("use", "path", "given"),
    [
        (fetch, "/whatsapp/media/fetch", MediaOutcome(file=FILE)),
        (upload, "/whatsapp/media/upload", UploadOutcome(id="1")),
        (download, "/genesys/media/fetch", MediaOutcome(error=not_sent("c", "d"))),
    ],
    ids=["fetch", "upload", "download"],
)
def test_the_outcome_comes_back_as_it_was_given(use: Use, path: str, given: Outcome) -> None:
    with Provider.running(reply(200, given.model_dump_json().encode())) as provider:
        assert run(use, provider.url) == given
    assert provider.seen[0].path == path


def test_there_is_a_file_or_an_error_and_never_both() -> None:
    for outcome in (MediaOutcome, UploadOutcome):
        with pytest.raises(ValidationError):
            outcome()
    with pytest.raises(ValidationError):
        MediaOutcome(file=FILE, error=not_sent("c", "d"))


@pytest.mark.parametrize("bad", ["1/../2", "", "1?x=", "ä", "1\n"])
def test_a_media_id_can_not_leave_its_place_in_the_path(bad: str) -> None:
    with pytest.raises(ValidationError):
        MediaFetch(**WHO, phone_number_id="1", media_id=bad, max_bytes=9)
