"""Files against the strict simulators: the bytes at the other side are those that were sent."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from local.sandbox.client import Sandbox, Sent
from local.services import Endpoints
from shared.services.delivery import MediaOutcome, StoredFile
from tests.delivery.bodies import INTEGRATION
from tests.delivery.conftest import DROPPED, token_answer
from tests.delivery.provider import TOKEN
from tests.delivery.test_sandbox import CLIENT, PHONE_ID, WORLD
from tests.media.conftest import REGION, Mover, launch
from tests.storage.s3_tools import MEGABYTE
from tests.support import sandbox_process
from tests.waits import WAIT_S

CUSTOMER = "4915112345678"


@pytest.fixture(scope="module")
def simulators() -> Iterator[Sandbox]:
    with sandbox_process() as (client, _):
        yield client


@pytest.fixture(scope="module")
def movers(
    simulators: Sandbox, buckets: Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Mover]]:
    folder = tmp_path_factory.mktemp("sandbox")
    where = {
        "GRAPH_API_BASE_URL": simulators.graph_url,
        "GENESYS_API_BASE_URL": simulators.genesys_url,
    }
    with ExitStack() as stack:
        names = ("wa-api", "genesys-api")
        yield {name: launch(stack, folder, name, buckets, **where) for name in names}


@pytest.fixture
def sandbox(simulators: Sandbox) -> Iterator[Sandbox]:
    """A world of its own for each test: no faults, no files, no limits."""
    simulators.clear_faults()
    simulators.setup(WORLD)
    simulators.settings(limits="off", graph={"statuses": [], "media_url_seconds": 300})
    simulators.clear()
    yield simulators
    simulators.drop_webhooks()


@pytest.fixture
def meta(movers: dict[str, Mover], sandbox: Sandbox) -> Mover:
    del sandbox  # its world has to stand before the first file
    movers["wa-api"].begin((token_answer(TOKEN), DROPPED, token_answer(TOKEN)))
    return movers["wa-api"]


@pytest.fixture
def genesys(movers: dict[str, Mover], sandbox: Sandbox) -> Mover:
    answer = requests.post(
        f"{sandbox.login_url}/oauth/token",
        auth=(CLIENT["client_id"], CLIENT["client_secret"]),
        data={"grant_type": "client_credentials"},
        timeout=WAIT_S,
    )
    token = token_answer(answer.json()["access_token"])
    movers["genesys-api"].begin((token, DROPPED, token))
    return movers["genesys-api"]


def fetched(meta: Mover, sent: Sent, **told: Any) -> MediaOutcome:
    """The customer's file, as inbound-transform asks for it."""
    request = {"media_id": sent.files[0].id, "phone_number_id": PHONE_ID, **told}
    return meta.fetch(**{"max_bytes": 100 * MEGABYTE, **request})


def downloaded(genesys: Mover, sandbox: Sandbox, sent: Sent) -> MediaOutcome:
    """The agent's file, as outbound-transform asks for it."""
    url = f"{sandbox.genesys_url}/api/v2/downloads/{sent.files[0].id}"
    return genesys.fetch(url=url, region=REGION, max_bytes=25 * MEGABYTE)


def code_of(outcome: MediaOutcome) -> tuple[str, bool]:
    assert outcome.error is not None, outcome
    return outcome.error.provider_code, outcome.error.retryable


def stored(outcome: MediaOutcome) -> StoredFile:
    assert outcome.file is not None, outcome.error
    return outcome.file


@pytest.mark.parametrize(
    ("kind", "mime"),
    [
        ("image", "image/jpeg"),
        ("video", "video/mp4"),
        ("audio", "audio/mpeg"),
        ("voice", "audio/ogg; codecs=opus"),
        ("document", "application/pdf"),
        ("sticker", "image/webp"),
    ],
)
def test_every_kind_of_a_customers_file_comes_as_it_was_sent(
    sandbox: Sandbox, meta: Mover, kind: str, mime: str
) -> None:
    sent = sandbox.customer_sends(PHONE_ID, CUSTOMER, kind)
    kept = stored(fetched(meta, sent, sha256=sent.files[0].sha256, mime=mime))
    assert (kept.mime, kept.sha256, kept.size) == (mime, sent.files[0].sha256, sent.files[0].size)
    answer = requests.get(kept.url, timeout=WAIT_S)
    assert hashlib.sha256(answer.content).hexdigest() == sent.files[0].sha256
    assert answer.headers["content-type"] == mime


def test_a_link_that_ends_at_once_and_forms_that_differ_do_no_harm(
    sandbox: Sandbox, meta: Mover
) -> None:
    sandbox.settings(graph={"media_size_as": "string", "media_sha256_as": "base64"})
    sent = sandbox.customer_sends(PHONE_ID, CUSTOMER, "image")
    assert stored(fetched(meta, sent)).sha256 == sent.files[0].sha256
    sandbox.settings(graph={"media_url_seconds": 0})
    assert code_of(fetched(meta, sent)) == ("link_dead", True)


def test_a_file_spoilt_on_its_way_is_fetched_again(sandbox: Sandbox, meta: Mover) -> None:
    sent = sandbox.customer_sends(PHONE_ID, CUSTOMER, "image", size=200_000)
    sandbox.fault("graph", "corrupt", match={"name": "media_download"}, count=1)
    assert stored(fetched(meta, sent)).sha256 == sent.files[0].sha256


def test_a_file_of_another_number_is_not_there(sandbox: Sandbox, meta: Mover) -> None:
    sent = sandbox.customer_sends(PHONE_ID, CUSTOMER, "image")
    assert code_of(fetched(meta, sent, phone_number_id="7")) == ("file_gone", False)


@pytest.mark.parametrize("auth", ["none", "bearer"])
@pytest.mark.parametrize("redirect", ["none", "same"])
def test_an_agents_file_comes_whether_or_not_it_wants_a_token(
    sandbox: Sandbox, genesys: Mover, auth: str, redirect: str
) -> None:
    sandbox.settings(
        genesys={"download_auth": auth, "download_redirect": redirect, "download_length": False}
    )
    sent = sandbox.agent_sends(INTEGRATION, f"+{CUSTOMER}", "attachment", size=300_000)
    kept = stored(downloaded(genesys, sandbox, sent))
    assert (kept.sha256, kept.size) == (sent.files[0].sha256, 300_000)
    assert sandbox.counters().get("genesys_tokens_at_storage", 0) == 0


def test_a_link_of_genesys_that_has_ended_is_final(sandbox: Sandbox, genesys: Mover) -> None:
    sandbox.settings(genesys={"download_auth": "none", "download_redirect": "none"})
    sent = sandbox.agent_sends(INTEGRATION, f"+{CUSTOMER}", "attachment")
    sandbox.settings(genesys={"download_auth": "expired", "download_expired_status": 403})
    code, again = code_of(downloaded(genesys, sandbox, sent))
    assert (code, again) == ("file_denied", False)


def test_an_agents_file_goes_to_meta_and_is_the_same(
    sandbox: Sandbox, genesys: Mover, meta: Mover
) -> None:
    sandbox.settings(genesys={"download_auth": "bearer", "download_redirect": "none"})
    sent = sandbox.agent_sends(INTEGRATION, f"+{CUSTOMER}", "attachment", mime="application/pdf")
    kept = stored(downloaded(genesys, sandbox, sent))
    meta.tenant_id = genesys.tenant_id
    request = kept.model_dump(include={"bucket", "key", "mime", "size", "sha256"})
    outcome = meta.upload(**request, phone_number_id=PHONE_ID, filename="Rechnung.pdf")
    assert outcome.id is not None, outcome.error
    record = sandbox.records(name="media_upload")[-1]
    assert record["file"]["sha256"] == sent.files[0].sha256
