"""Agents' files come from Genesys into S3: openly first, tokens for the tenant's region alone."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from local.services import Endpoints
from shared.messaging.outcomes import SendError
from shared.services.delivery import MediaOutcome
from tests.delivery.provider import FRESH, TOKEN, Reply, hang, reply
from tests.media import samples
from tests.media.conftest import NAME, Mover, launch
from tests.media.host import DOWNLOAD, file, large
from tests.storage.s3_tools import MEGABYTE
from tests.support import wait_until
from tests.waits import WAIT_S

ONE = DOWNLOAD + "1"
TWO = DOWNLOAD + "2"
DENIED = reply(401, {"code": "authentication.required"})


def refused(outcome: MediaOutcome) -> SendError:
    assert outcome.error is not None, outcome
    return outcome.error


def away_to(url: str, status: int = 302) -> Reply:
    return reply(status, b"", Location=url)


def authorizations(mover: Mover) -> list[str | None]:
    return [seen.headers.get("authorization") for seen in mover.host.seen]


def test_a_file_is_fetched_openly_and_linked_for_a_week(genesys: Mover) -> None:
    genesys.host.at(ONE, file(samples.PDF, "application/pdf"))
    digest = hashlib.sha256(samples.PDF).hexdigest()
    outcome = genesys.fetch(url=genesys.host.url + ONE, filename=NAME, sha256=digest)
    kept = outcome.file
    assert kept is not None, outcome.error
    assert (kept.bucket, kept.mime, kept.sha256) == ("media-outbound", "application/pdf", digest)
    assert kept.key.startswith(f"{genesys.tenant_id}/file/")
    assert "X-Amz-Expires=604800&" in kept.url
    assert requests.get(kept.url, timeout=WAIT_S).content == samples.PDF
    assert authorizations(genesys) == [None]
    assert genesys.auth.seen == []


@pytest.mark.parametrize("status", [401, 403])
def test_a_host_of_the_region_that_asks_gets_the_token(genesys: Mover, status: int) -> None:
    genesys.host.at(ONE, reply(status, b""), file())
    assert genesys.fetch(url=genesys.host.url + ONE).file is not None
    assert authorizations(genesys) == [None, f"Bearer {TOKEN}"]


def test_a_token_that_is_refused_is_replaced_once(genesys: Mover) -> None:
    genesys.host.at(ONE, DENIED, DENIED, file())
    assert genesys.fetch(url=genesys.host.url + ONE).file is not None
    assert authorizations(genesys) == [None, f"Bearer {TOKEN}", f"Bearer {FRESH}"]


def test_what_stays_denied_is_final(genesys: Mover) -> None:
    genesys.host.at(ONE, DENIED)
    error = refused(genesys.fetch(url=genesys.host.url + ONE))
    assert (error.provider_code, error.retryable) == ("file_denied", False)
    assert len(genesys.host.seen) == 3


def test_a_forbidden_file_does_not_cost_the_token_that_sends_need(genesys: Mover) -> None:
    genesys.host.at(ONE, DENIED, reply(403, b""))
    error = refused(genesys.fetch(url=genesys.host.url + ONE))
    assert (error.provider_code, error.retryable) == ("file_denied", False)
    assert authorizations(genesys) == [None, f"Bearer {TOKEN}"]


def test_after_a_redirect_the_token_waits_until_it_is_asked_for_again(genesys: Mover) -> None:
    genesys.host.at(ONE, DENIED, away_to(TWO))
    genesys.host.at(TWO, DENIED, file())
    assert genesys.fetch(url=genesys.host.url + ONE).file is not None
    assert authorizations(genesys) == [None, f"Bearer {TOKEN}"] * 2


def test_three_redirects_are_the_most(genesys: Mover) -> None:
    genesys.host.at(ONE, *[away_to(ONE)] * 3, file())
    assert genesys.fetch(url=genesys.host.url + ONE).file is not None
    genesys.host.at(ONE, *[away_to(ONE, 307)] * 4, file())
    error = refused(genesys.fetch(url=genesys.host.url + ONE))
    assert (error.provider_code, error.retryable) == ("not_a_file", False)


NOWHERE = [
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "https://[::1]/",
    "https://evil.example/x",
    "https://api.mypurecloud.de.evil.example/x",
    "http://api.mypurecloud.de/x",
    "https://user@api.mypurecloud.de/x",
    "file:///etc/passwd",
    "https://api.mypurecloud.ie/another/region",
]


@pytest.mark.parametrize("url", NOWHERE)
def test_other_addresses_are_not_fetched_not_even_by_redirect(genesys: Mover, url: str) -> None:
    assert refused(genesys.fetch(url=url)).provider_code == "address_not_allowed"
    genesys.host.at(ONE, away_to(url))
    error = refused(genesys.fetch(url=genesys.host.url + ONE))
    assert (error.provider_code, error.retryable) == ("address_not_allowed", False)


def test_a_host_that_nobody_named_is_not_asked(genesys: Mover) -> None:
    genesys.elsewhere.at("/", file())
    assert refused(genesys.fetch(url=genesys.elsewhere.url)).provider_code == "address_not_allowed"
    genesys.host.at(ONE, away_to(genesys.elsewhere.url + "/x"))
    assert refused(genesys.fetch(url=genesys.host.url + ONE)).retryable is False
    assert genesys.elsewhere.seen == []


@pytest.fixture
def open_house(buckets: Endpoints, tmp_path: Path) -> Iterator[Mover]:
    """genesys-api that may fetch from this machine."""
    with ExitStack() as stack:
        named = {"FETCH_ALLOWED_HOSTS": "{elsewhere}"}
        mover = launch(stack, tmp_path, "genesys-api", buckets, **named)
        mover.begin()
        yield mover


def test_a_host_that_the_operator_named_gets_no_token_of_the_tenant(open_house: Mover) -> None:
    mover = open_house
    mover.host.at(ONE, DENIED, away_to(mover.elsewhere.url + "/signed"))
    mover.elsewhere.at("/signed", file())
    assert mover.fetch(url=mover.host.url + ONE).file is not None
    assert authorizations(mover) == [None, f"Bearer {TOKEN}"]
    mover.elsewhere.at("/asks", DENIED)
    error = refused(mover.fetch(url=mover.elsewhere.url + "/asks"))
    assert error.provider_code == "file_denied"
    assert [seen.headers.get("authorization") for seen in mover.elsewhere.seen] == [None, None]


def test_a_file_over_the_cap_leaves_nothing(genesys: Mover) -> None:
    genesys.host.at(ONE, large(MEGABYTE, "video/mp4", samples.MP4))
    error = refused(genesys.fetch(url=genesys.host.url + ONE))
    assert (error.provider_code, error.retryable) == ("file_too_large", False)
    assert genesys.stored == []
    wait_until(lambda: not genesys.unfinished)


def test_a_damaged_file_is_fetched_once_more(genesys: Mover) -> None:
    digest = hashlib.sha256(samples.JPEG).hexdigest()
    genesys.host.at(ONE, file(samples.PNG), file())
    assert genesys.fetch(url=genesys.host.url + ONE, sha256=digest).file is not None
    genesys.host.at(ONE, file(samples.PNG))
    error = refused(genesys.fetch(url=genesys.host.url + ONE, sha256=digest))
    assert (error.provider_code, error.retryable) == ("sha256_mismatch", False)
    assert len(genesys.stored) == 1


def test_content_says_what_it_is(genesys: Mover) -> None:
    genesys.host.at(ONE, file(samples.WEBP, "application/octet-stream"))
    kept = genesys.fetch(url=genesys.host.url + ONE, mime="image/png").file
    assert kept is not None
    assert kept.mime == "image/webp"
    genesys.host.at(ONE, file(samples.HTML, "text/html"))
    assert refused(genesys.fetch(url=genesys.host.url + ONE)).provider_code == "not_a_file"


def test_what_is_gone_is_gone_and_what_is_slow_is_not(genesys: Mover) -> None:
    genesys.host.at(ONE, reply(404, b""))
    error = refused(genesys.fetch(url=genesys.host.url + ONE))
    assert (error.provider_code, error.retryable) == ("file_gone", False)
    genesys.host.at(ONE, hang)
    error = refused(genesys.fetch(url=genesys.host.url + ONE, seconds=1))
    assert (error.provider_code, error.retryable) == ("time_over", True)


def test_a_region_that_is_not_genesys_is_not_asked(genesys: Mover) -> None:
    outcome = genesys.fetch(url="https://api.evil.example/x", region="evil.example")
    assert refused(outcome).provider_code == "bad_input"


def test_the_line_has_no_address_and_no_name(genesys: Mover) -> None:
    genesys.host.at(ONE, file())
    genesys.fetch(url=genesys.host.url + ONE, filename=NAME)
    (line,) = genesys.lines()
    assert (line["kind"], line["outcome"]) == ("genesys_fetch", "moved")
