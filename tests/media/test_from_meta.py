"""Customers' files come from Meta into S3: whole, known, safe to open; or the reason is told."""

import base64
import hashlib
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from local.services import Endpoints
from shared.messaging.outcomes import SendError
from shared.services.delivery import MediaOutcome, StoredFile
from tests.delivery.conftest import token_answer
from tests.delivery.provider import FRESH, TOKEN, Reply, cut, hang, reply, send_and_cut
from tests.media import samples
from tests.media.conftest import NAME, Mover, launch
from tests.media.host import (
    BAD_TOKEN,
    FILE,
    LOOKUP,
    NO_OBJECT,
    PHONE,
    file,
    found,
    large,
    meta_error,
    unmeasured,
)
from tests.ports import free_port
from tests.storage.s3_tools import MEGABYTE, blocks, digest_of
from tests.support import wait_until
from tests.waits import WAIT_S

SHA = hashlib.sha256(samples.JPEG)
OTHER = hashlib.sha256(b"other").hexdigest()


def stored(outcome: MediaOutcome) -> StoredFile:
    assert outcome.file is not None, outcome.error
    return outcome.file


def refused(outcome: MediaOutcome) -> SendError:
    assert outcome.error is not None, outcome
    return outcome.error


def test_a_file_is_looked_up_fetched_with_the_token_and_stored(meta: Mover) -> None:
    meta.host.at(LOOKUP, found(meta.host, mime_type="image/jpeg", file_size=str(len(samples.JPEG))))
    meta.host.at(FILE, file())
    kept = stored(meta.fetch(mime="image/jpeg", sha256=SHA.hexdigest(), filename=NAME))
    assert (kept.bucket, kept.mime, kept.filename) == ("media-inbound", "image/jpeg", NAME)
    assert (kept.size, kept.sha256) == (len(samples.JPEG), SHA.hexdigest())
    day = r"\d{4}-\d\d-\d\d"
    assert re.fullmatch(rf"{meta.tenant_id}/image/{day}/[0-9a-f-]{{36}}\.jpg", kept.key)
    lookup, download = meta.host.seen
    assert lookup.path == f"{LOOKUP}?phone_number_id={PHONE}"
    assert {seen.headers["authorization"] for seen in (lookup, download)} == {f"Bearer {TOKEN}"}
    assert download.headers["user-agent"]


def test_the_link_opens_the_file_for_seven_days_under_its_name(meta: Mover) -> None:
    meta.host.at(LOOKUP, found(meta.host))
    meta.host.at(FILE, file())
    kept = stored(meta.fetch(mime="image/jpeg", filename=NAME))
    assert "X-Amz-Expires=604800" in kept.url
    answer = requests.get(kept.url, timeout=WAIT_S)
    assert answer.content == samples.JPEG
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"].startswith("inline;")
    assert answer.headers["content-disposition"].endswith(f"filename*=UTF-8''{quote(NAME)}")


def test_the_webhooks_own_link_is_tried_first(meta: Mover) -> None:
    meta.host.at(FILE, file())
    assert meta.fetch(url=meta.host.url + FILE).file is not None
    assert [seen.path for seen in meta.host.seen] == [FILE]


ENDED = {
    "404": reply(404, b"gone"),
    "401": reply(401, b""),
    "403": reply(403, b"{}"),
    "a login page": file(samples.HTML, "text/html"),
    "an error in JSON": file(samples.JSON, "application/json"),
    "a redirect": reply(302, b"", Location="https://www.facebook.com/login"),
    "nothing": file(b""),
    "a cut": cut,
    "trouble": reply(503, b""),
}


@pytest.mark.parametrize("ended", ENDED.values(), ids=ENDED)
def test_a_link_of_the_webhook_that_has_ended_is_asked_for_again(meta: Mover, ended: Reply) -> None:
    meta.host.at("/old", ended)
    meta.host.at(LOOKUP, found(meta.host))
    meta.host.at(FILE, file())
    assert meta.fetch(url=meta.host.url + "/old", mime="image/jpeg").file is not None
    assert [len(meta.host.asked(path)) for path in (LOOKUP, FILE)] == [1, 1]


def test_a_fresh_link_that_has_ended_is_asked_for_once_more(meta: Mover) -> None:
    meta.host.at(LOOKUP, found(meta.host, "/one"), found(meta.host, "/two"))
    meta.host.at("/one", reply(404, b""))
    meta.host.at("/two", file())
    assert meta.fetch().file is not None


def test_links_that_are_all_dead_are_worth_another_try_later(meta: Mover) -> None:
    meta.host.at(LOOKUP, found(meta.host))
    meta.host.at(FILE, reply(404, b""))
    error = refused(meta.fetch(url=meta.host.url + FILE))
    assert (error.provider_code, error.retryable) == ("link_dead", True)
    assert len(meta.host.asked(FILE)) == 3


def test_a_file_that_meta_does_not_know_is_gone_for_good(meta: Mover) -> None:
    meta.host.at(LOOKUP, NO_OBJECT)
    error = refused(meta.fetch())
    assert (error.provider_code, error.retryable, error.hold_tenant) == ("file_gone", False, False)


def test_a_rejected_token_is_replaced_once(meta: Mover) -> None:
    meta.host.at(LOOKUP, BAD_TOKEN, found(meta.host))
    meta.host.at(FILE, reply(401, b""), file())
    assert meta.fetch(url=meta.host.url + FILE).file is not None
    assert [seen.headers["authorization"] for seen in meta.host.seen] == [
        *[f"Bearer {TOKEN}"] * 2,
        *[f"Bearer {FRESH}"] * 2,
    ]


def test_a_token_that_stays_bad_holds_the_tenant(meta: Mover) -> None:
    meta.host.at(LOOKUP, BAD_TOKEN)
    error = refused(meta.fetch())
    assert (error.provider_code, error.hold_tenant) == ("190", True)
    assert len(meta.host.seen) == 2


def test_without_a_token_nothing_is_asked(meta: Mover) -> None:
    meta.auth.play(reply(503, b"", Retry_After="3"))
    error = refused(meta.fetch())
    assert (error.provider_code, error.retryable) == ("unavailable", True)
    problem = {"status": 422, "code": "credential_bad", "detail": "refused by the login host"}
    meta.auth.play(reply(422, problem))
    error = refused(meta.fetch())
    assert (error.retryable, error.hold_tenant) == (True, True)
    assert meta.host.seen == []


@pytest.mark.parametrize(
    "told", [SHA.hexdigest(), base64.b64encode(SHA.digest()).decode()], ids=["hex", "base64"]
)
def test_a_file_that_came_damaged_is_fetched_again(meta: Mover, told: str) -> None:
    meta.host.at(LOOKUP, found(meta.host, sha256=told))
    meta.host.at(FILE, file(samples.JPEG + b"!"), file())
    assert stored(meta.fetch(sha256=told)).sha256 == SHA.hexdigest()
    assert len(meta.stored) == 1


def test_damage_twice_is_final_and_leaves_nothing(meta: Mover) -> None:
    meta.host.at(LOOKUP, found(meta.host, sha256=OTHER))
    meta.host.at(FILE, file())
    error = refused(meta.fetch())
    assert (error.provider_code, error.retryable) == ("sha256_mismatch", False)
    assert len(meta.host.asked(FILE)) == 2
    assert meta.stored == []


def test_a_large_file_that_came_damaged_leaves_no_parts(meta: Mover) -> None:
    size = 6 * MEGABYTE
    meta.host.at(LOOKUP, found(meta.host, sha256=OTHER))
    meta.host.at(FILE, large(size, "video/mp4", samples.MP4))
    assert refused(meta.fetch(max_bytes=2 * size)).provider_code == "sha256_mismatch"
    assert meta.stored == []
    wait_until(lambda: not meta.unfinished)


def test_a_size_that_is_told_is_enough_to_refuse(meta: Mover) -> None:
    meta.host.at(LOOKUP, found(meta.host, file_size=str(2 * MEGABYTE)))
    error = refused(meta.fetch())
    assert (error.provider_code, error.retryable) == ("file_too_large", False)
    assert error.reason == "InvalidMediaContentLength"
    assert meta.host.asked(FILE) == []


@pytest.mark.parametrize("whole", [large, unmeasured], ids=["told", "counted"])
@pytest.mark.parametrize("size", [2 * MEGABYTE, 12 * MEGABYTE])
def test_a_file_over_the_cap_is_broken_off_and_leaves_nothing(
    meta: Mover, whole: Callable[[int, str, bytes], Reply], size: int
) -> None:
    meta.host.at(LOOKUP, found(meta.host, file_size=10))
    meta.host.at(FILE, whole(size, "video/mp4", samples.MP4))
    error = refused(meta.fetch(max_bytes=size - 1))
    assert error.provider_code == "file_too_large"
    assert meta.stored == []
    wait_until(lambda: not meta.unfinished)


def test_a_page_in_place_of_a_file_is_refused(meta: Mover) -> None:
    meta.host.at(LOOKUP, found(meta.host))
    meta.host.at(FILE, file(samples.HTML, "text/html"))
    error = refused(meta.fetch(mime="image/jpeg"))
    assert (error.provider_code, error.retryable) == ("not_a_file", False)
    assert meta.stored == []


def test_a_page_that_a_customer_sent_is_kept_as_bytes_to_save(meta: Mover) -> None:
    meta.host.at(LOOKUP, found(meta.host, mime_type="text/html"))
    meta.host.at(FILE, file(samples.HTML, "text/html"))
    kept = stored(meta.fetch(mime="text/html", filename="страница.html"))
    answer = requests.get(kept.url, timeout=WAIT_S)
    assert answer.content == samples.HTML
    assert answer.headers["content-type"] == kept.mime == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")


def test_a_program_that_says_it_is_a_picture_is_shown_to_nobody(meta: Mover) -> None:
    meta.host.at(LOOKUP, found(meta.host))
    meta.host.at(FILE, file(samples.EXE))
    kept = stored(meta.fetch(mime="image/jpeg"))
    assert (kept.mime, kept.key.split("/")[1]) == ("application/octet-stream", "file")
    shown = requests.get(kept.url, timeout=WAIT_S).headers["content-disposition"]
    assert shown.startswith('attachment; filename="file.bin"')


def test_the_token_goes_to_no_other_host(meta: Mover) -> None:
    meta.elsewhere.at("/", file())
    meta.host.at(LOOKUP, found(meta.elsewhere))
    error = refused(meta.fetch(url=meta.elsewhere.url + "/own"))
    assert (error.provider_code, error.retryable) == ("address_not_allowed", False)
    meta.host.at(LOOKUP, found(meta.host))
    meta.host.at(FILE, reply(302, b"", Location=meta.elsewhere.url + "/x"))
    assert refused(meta.fetch()).provider_code == "link_dead"
    assert meta.elsewhere.seen == []


def test_time_is_over_when_it_is_over(meta: Mover) -> None:
    meta.host.at(LOOKUP, found(meta.host))
    meta.host.at(FILE, hang)
    error = refused(meta.fetch(seconds=1))
    assert (error.provider_code, error.retryable) == ("time_over", True)


def test_a_file_that_breaks_off_is_tried_again_and_else_is_not_there(meta: Mover) -> None:
    broken = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + samples.JPEG
    meta.host.at(LOOKUP, found(meta.host))
    meta.host.at(FILE, send_and_cut(broken))
    error = refused(meta.fetch())
    assert (error.provider_code, error.retryable) == ("provider_away", True)
    assert meta.stored == []
    meta.host.at(FILE, send_and_cut(broken), reply(500, b""), file())
    assert meta.fetch().file is not None


def test_metas_own_troubles_come_through(meta: Mover) -> None:
    meta.host.at(LOOKUP, reply(400, meta_error(80007)))
    error = refused(meta.fetch())
    assert (error.provider_code, error.retryable) == ("80007", True)
    meta.host.at(LOOKUP, reply(200, b"<html>"))
    assert refused(meta.fetch()).retryable


def test_a_large_file_arrives_the_same(meta: Mover) -> None:
    size = 11 * MEGABYTE
    digest = hashlib.sha256(samples.MP4)
    for block in blocks(size):
        digest.update(block)
    meta.host.at(LOOKUP, found(meta.host, sha256=digest.hexdigest()))
    meta.host.at(FILE, unmeasured(size, "video/mp4", samples.MP4))
    kept = stored(meta.fetch(max_bytes=16 * MEGABYTE))
    assert (kept.mime, kept.size) == ("video/mp4", size + len(samples.MP4))
    body = requests.get(kept.url, timeout=WAIT_S).content
    assert hashlib.sha256(body).hexdigest() == kept.sha256 == digest.hexdigest()
    assert digest_of(size) != kept.sha256


def test_one_line_tells_how_it_went_and_nothing_more(meta: Mover) -> None:
    meta.host.at(LOOKUP, found(meta.host))
    meta.host.at(FILE, file())
    meta.fetch(filename=NAME)
    meta.host.at(LOOKUP, NO_OBJECT)
    meta.fetch(filename=NAME)
    good, bad = meta.lines()
    assert (good["kind"], good["outcome"], good["bytes"]) == (
        "whatsapp_fetch",
        "moved",
        len(samples.JPEG),
    )
    assert {"ms", "waited_ms", "tenant_id", "trace_id"} <= set(good)
    assert (bad["level"], bad["outcome"], bad["code"]) == ("WARNING", "refused", "file_gone")
    page = requests.get(meta.url + "/metrics", timeout=WAIT_S).text
    assert 'parley_media_transfers_total{kind="whatsapp_fetch",outcome="moved"}' in page
    assert 'parley_media_bytes_total{kind="whatsapp_fetch"}' in page
    assert 'parley_media_errors_total{code="file_gone",kind="whatsapp_fetch"}' in page


@pytest.mark.parametrize(
    "change",
    [{"media_id": "1/../2"}, {"media_id": ""}, {"max_bytes": 0}, {"seconds": 0}, {"more": 1}],
    ids=["path", "empty", "no bytes", "no time", "unknown"],
)
def test_what_can_not_be_asked_is_said(meta: Mover, change: dict[str, object]) -> None:
    body = {"phone_number_id": PHONE, "media_id": "1", "max_bytes": 9, "seconds": 9, **change}
    assert meta.post("/whatsapp/media/fetch", body).status_code == 422
    assert meta.host.seen == []


def test_a_fresh_token_serves_the_next_file_too(meta: Mover) -> None:
    meta.auth.play(token_answer(FRESH))
    meta.host.at(LOOKUP, found(meta.host))
    meta.host.at(FILE, file())
    for _ in range(2):
        assert meta.fetch().file is not None
    assert len(meta.auth.seen) == 1


def test_a_store_that_is_away_is_said_and_worth_another_try(
    buckets: Endpoints, tmp_path: Path
) -> None:
    nowhere = {"S3_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}
    with ExitStack() as stack:
        mover = launch(stack, tmp_path, "wa-api", buckets, **nowhere)
        mover.begin()
        mover.host.at(LOOKUP, found(mover.host))
        mover.host.at(FILE, file())
        error = refused(mover.fetch())
        assert (error.provider_code, error.retryable) == ("s3_unavailable", True)
        ready = requests.get(mover.url + "/readyz", timeout=WAIT_S)
        assert (ready.status_code, ready.json()["checks"]["s3"]) == (200, "S3Away")
