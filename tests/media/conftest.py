"""wa-api and genesys-api as processes before a provider that is played, with real S3 and Redis."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from local.services import Endpoints
from shared.services.delivery import MediaOutcome, UploadOutcome
from shared.storage.buckets import ensure_buckets
from shared.tenancy.vault import KeyRing
from tests.delivery.bodies import CHANNEL, KEY
from tests.delivery.conftest import DROPPED, TOKENS, token_answer
from tests.delivery.provider import FRESH, TOKEN, Provider, Reply, assert_clean
from tests.media.host import MEDIA, PHONE, Host
from tests.ports import free_port
from tests.storage.s3_tools import keys_in, settings, unfinished_in
from tests.support import answers, start_function, wait_until
from tests.waits import WAIT_S

REGION = "mypurecloud.de"
NAME = "xylophone Ōsaka.jpg"  # of private words: none may be seen in a log


@dataclass
class Mover:
    """One function that moves files, what is around it, and a tenant of the test's own."""

    name: str
    url: str
    host: Host
    auth: Provider
    elsewhere: Host
    output: Path
    pid: int
    services: Endpoints
    tenant_id: str = ""
    log_begins: int = 0

    def begin(self, auth: tuple[Reply, ...] = ()) -> None:
        self.host.begin()
        self.elsewhere.begin()
        self.auth.play(*(auth or (token_answer(TOKEN), DROPPED, token_answer(FRESH))))
        self.tenant_id = str(uuid4())
        self.log_begins = len(self.output.read_bytes())

    def post(self, path: str, body: dict[str, Any]) -> requests.Response:
        response = requests.post(
            self.url + path,
            json={"tenant_id": self.tenant_id, "channel_id": CHANNEL, **body},
            headers={"Authorization": f"Bearer {TOKENS.mint(self.name)}"},
            timeout=2 * WAIT_S,
        )
        assert_clean(self.log)
        for private in ("X-Amz-", self.host.url, self.elsewhere.url):
            assert private not in self.log
        return response

    def fetch(self, **changes: Any) -> MediaOutcome:
        """Ask for the file, as a transform does."""
        if self.name == "wa-api":
            body = {
                "phone_number_id": PHONE,
                "media_id": MEDIA,
                "max_bytes": 1 << 20,
                "seconds": 20,
            }
            path = "/whatsapp/media/fetch"
        else:
            body = {"region": REGION, "max_bytes": 1 << 20, "seconds": 20}
            path = "/genesys/media/fetch"
        return MediaOutcome.model_validate(self._outcome(path, body | changes))

    def upload(self, **changes: Any) -> UploadOutcome:
        body = {"phone_number_id": PHONE, "bucket": "media-outbound", **changes}
        return UploadOutcome.model_validate(self._outcome("/whatsapp/media/upload", body))

    def _outcome(self, path: str, body: dict[str, Any]) -> Any:
        response = self.post(path, body)
        assert response.status_code == 200, response.text
        return response.json()

    @property
    def bucket(self) -> str:
        return "media-inbound" if self.name == "wa-api" else "media-outbound"

    @property
    def stored(self) -> list[str]:
        """The keys of this tenant's files."""
        return keys_in(self.services, self.bucket, self.tenant_id)

    @property
    def unfinished(self) -> bool:
        """Whether anything of this tenant was begun and not ended."""
        return self.tenant_id in unfinished_in(self.services, self.bucket)

    @property
    def log(self) -> str:
        return self.output.read_bytes()[self.log_begins :].decode()

    def lines(self, event: str = "media") -> list[dict[str, Any]]:
        told = [json.loads(line) for line in self.log.splitlines()]
        return [line for line in told if line["message"] == event]


@pytest.fixture(scope="session")
def buckets(services: Endpoints) -> Endpoints:
    ensure_buckets(settings(services))
    return services


def launch(
    stack: ExitStack, folder: Path, name: str, services: Endpoints, **environment: str
) -> Mover:
    """Serve the function as an image would, until the stack ends.

    `{elsewhere}` in a variable is the place of the other host.
    """
    host = stack.enter_context(Host.running())
    elsewhere = stack.enter_context(Host.running())
    place = elsewhere.url.removeprefix("http://")
    auth = stack.enter_context(Provider.running())
    output = folder / f"{name}-{uuid4()}.log"
    port = free_port()
    given = {
        "SERVICE_TOKEN_KEY": KEY,
        "KEY_RING": KeyRing.generate().dump(),
        "REDIS_URL": services.redis_url,
        "RATE_LIMITS": "off",  # all sends go to one customer here
        "AUTH_URL": auth.url,
        "GRAPH_API_BASE_URL": host.url,
        "GENESYS_API_BASE_URL": host.url,
        "S3_ENDPOINT_URL": services.s3_endpoint_url,
        "S3_ACCESS_KEY": services.s3_access_key,
        "S3_SECRET_KEY": services.s3_secret_key,
        "S3_REGION": services.s3_region,
        **{name: value.format(elsewhere=place) for name, value in environment.items()},
    }
    process = start_function(f"functions/{name}/handler.py", port, output, **given)
    stack.callback(process.wait, 10)
    stack.callback(process.terminate)
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: answers(url + "/healthz"))
    return Mover(name, url, host, auth, elsewhere, output, process.pid, services)


@pytest.fixture(scope="module")
def launched(
    buckets: Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Mover]]:
    """The running functions by name, started when first asked for."""
    folder = tmp_path_factory.mktemp("media")
    running: dict[str, Mover] = {}
    with ExitStack() as stack:

        def get(name: str) -> Mover:
            if name not in running:
                running[name] = launch(stack, folder, name, buckets)
            return running[name]

        yield get


@pytest.fixture
def meta(launched: Callable[[str], Mover]) -> Mover:
    """wa-api, a provider that knows nothing yet, and a new tenant."""
    mover = launched("wa-api")
    mover.begin()
    return mover


@pytest.fixture
def genesys(launched: Callable[[str], Mover]) -> Mover:
    """genesys-api, likewise."""
    mover = launched("genesys-api")
    mover.begin()
    return mover
