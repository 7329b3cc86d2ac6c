"""A tenant held against the simulators: what is good, wrong, not seen, soon at its end."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from auth_service.verdicts import app_finding
from local.sandbox.client import Sandbox
from local.services import Endpoints
from shared.tenancy.models import SigningSecrets
from tests.local.sandbox.conftest import process
from tests.parley.conftest import Parley, Said, parley
from tests.support import wait_until
from tests.tenancy.declared import tenant_file
from tests.tenancy.serving import SERVICE_KEY, Served, served
from tests.waits import WAIT_S

__all__ = ["parley", "process"]

DAY = 86400
APP = "SECRET-app-of-the-tenant"


class Scene:
    """A tenant at Parley, and the same tenant as the simulators know it."""

    def __init__(self, tenancy: Served, sandbox: Sandbox) -> None:
        self.tenancy, self.sandbox, self.file = tenancy, sandbox, tenant_file()
        self.slug = self.file["tenant"]
        self.channel = self.file["channels"][0]
        self.channel["meta_app"] = f"app-{self.slug}"
        self.file["apps"] = [{"app": f"app-{self.slug}", "app_secret": APP}]
        self.number: dict[str, Any] = {}
        self.token: dict[str, Any] = {}
        self.integration: dict[str, Any] = {}
        self.client: dict[str, Any] = {}

    def play(self) -> None:
        """Tell both sides, the clouds first: the patrol looks at once at whom tenancy knows."""
        self.sandbox.setup(self.world(), add=True)
        path = f"/tenancy/tenants/{self.slug}"
        answer = self.tenancy.call("PUT", path, self.file)
        assert answer.status_code == 200, answer.text

    def world(self) -> dict[str, Any]:
        """What the simulators know of it."""
        phone, credentials = self.channel["phone_number_id"], self.file["credentials"]
        client = credentials["genesys"]["default"]
        app = {"name": f"app-{self.slug}", "app_secret": APP, "callback_url": "https://a.example/"}
        number = {
            "phone_number_id": phone,
            "waba_id": self.channel["waba_id"],
            "display_phone_number": "+49 151 1234567",
            "app": app["name"],
        }
        token = {
            "token": credentials["whatsapp"]["default"]["access_token"],
            "phone_number_ids": [phone],
        }
        integration = {
            "integration_id": self.channel["integration_id"],
            "webhook_url": "https://parley.example/webhook/genesys",
            "webhook_secret": self.channel["webhook_secret"],
        }
        org = {
            "name": self.slug,
            "clients": [
                {
                    "client_id": client["client_id"],
                    "client_secret": client["client_secret"],
                    **self.client,
                }
            ],
            "integrations": [{**integration, **self.integration}],
        }
        return {
            "apps": [app],
            "phone_numbers": [{**number, **self.number}],
            "access_tokens": [{**token, **self.token}],
            "orgs": [org],
        }


@pytest.fixture
def scene(tenancy: Served, process: Sandbox) -> Scene:
    return Scene(tenancy, process)


@pytest.fixture(scope="session")
def looking(
    migrated: Endpoints,
    tenancy: Served,
    process: Sandbox,
    key_ring: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """The auth function before the simulators; its patrol is always on its way."""
    with served(
        "auth",
        tmp_path_factory.mktemp("looking"),
        REDIS_URL=migrated.redis_url,
        TENANCY_URL=tenancy.url,
        KEY_RING=key_ring,
        GRAPH_API_BASE_URL=process.graph_url,
        GENESYS_API_BASE_URL=process.genesys_url,
        GENESYS_LOGIN_BASE_URL=process.login_url,
        CREDENTIAL_PATROL_SECONDS="0.5",
    ) as function:
        yield function


@pytest.fixture
def checked(looking: Served, tenancy: Served, parley: Parley, scene: Scene) -> Any:
    def run() -> Said:
        scene.play()
        return parley(
            "tenants",
            "check",
            scene.slug,
            AUTH_URL=looking.url,
            TENANCY_URL=tenancy.url,
            SERVICE_TOKEN_KEY=SERVICE_KEY,
        )

    return run


def test_a_tenant_that_is_well_is_well(checked: Any) -> None:
    told = checked()
    assert told.code == 0, told.out
    assert {line[2:7].strip() for line in told.out.splitlines()[1:-1]} == {"ok"}
    for what in ("token kind", "subscription", "number", "webhook secret", "content profile"):
        assert f": {what}: " in told.out
    assert "SECRET" not in told.out


@pytest.mark.parametrize(
    ("part", "change", "words", "code"),
    [
        ("token", {"expired": True}, ("Meta", "apply"), 1),
        (
            "token",
            {"type": "USER"},
            ("WARN  credential whatsapp/default: token kind", "person's"),
            0,
        ),
        ("token", {"scopes": ["whatsapp_business_management"]}, ("it lacks", "anew"), 1),
        (
            "token",
            {"expires_at": int(time.time()) + 3 * DAY},
            ("the token ends in", "never ends"),
            0,
        ),
        ("number", {"subscribed": False}, ("has subscribed no app", "subscribed_apps"), 1),
        ("number", {"status": "BANNED"}, ("is BANNED", "WhatsApp Manager"), 1),
        ("number", {"waba_id": "999"}, ("subscription: Meta:", "apply"), 1),
        ("integration", {"webhook_secret": "another-secret-than-ours"}, ("another secret", ""), 1),
        ("integration", {"webhook_url": "https://x.example:8443/"}, ("goes to", "port 443"), 0),
        (
            "integration",
            {"webhook_url": "https://u:SECRET@x.example:8443/"},
            ("//x.example:8443", ""),
            0,
        ),
        ("integration", {"webhook_url": "https://x.example:99999/"}, ("can not be read", "443"), 0),
        ("integration", {"create_status": "Error"}, ("its making is Error", "anew"), 1),
        ("integration", {"status": "Inactive"}, ("is Inactive", "mend it"), 1),
        (
            "integration",
            {"outbound_media": ["image/*"]},
            ("application/pdf outbound", "profile"),
            0,
        ),
        ("integration", {"integration_id": "1-2-3"}, ("integration: Genesys:", "apply"), 1),
        ("client", {"client_secret": "changed"}, ("refused the OAuth client", "apply"), 1),
        ("client", {"permissions": ["conversation:message:receive"]}, ("?", "integration:view"), 0),
    ],
)
def test_what_is_not_well_is_said_with_what_to_do(
    checked: Any, scene: Scene, part: str, change: dict[str, Any], words: tuple[str, str], code: int
) -> None:
    setattr(scene, part, change)
    told = checked()
    assert told.code == code, told.out
    assert words[0] in told.out
    assert words[1] in told.out
    assert "SECRET" not in told.out


def test_a_short_app_secret_of_before_they_were_refused_is_said() -> None:
    found = app_finding("app", SigningSecrets(current=SecretStr("SECRET-short")))
    assert (found.verdict, found.words) == ("wrong", "it has 12 characters alone")


def test_an_old_webhook_secret_is_said(checked: Any, scene: Scene) -> None:
    old = scene.channel["webhook_secret"]
    checked()
    scene.integration = {"webhook_secret": old}
    scene.channel["webhook_secret"] = "SECRET-that-is-the-newer-one"
    told = checked()
    assert "signs with the one before" in told.out


def test_who_is_away_makes_nothing_wrong(checked: Any, scene: Scene) -> None:
    scene.play()
    fault = scene.sandbox.fault("genesys", "status", status=503)
    told = checked()
    scene.sandbox.clear_faults(fault)
    assert told.code == 0, told.out
    assert "?     channel main: integration: Genesys answered 503" in told.out


def test_a_credential_that_ends_soon_is_told_days_ahead_without_any_message(
    scene: Scene, looking: Served, tenancy: Served, parley: Parley
) -> None:
    scene.token = {"expires_at": int(time.time()) + 5 * DAY}
    scene.play()

    def standing() -> dict[str, Any]:
        shown = tenancy.call("GET", f"/tenancy/tenants/{scene.slug}").json()["credentials"]
        return {one["kind"]: one for one in shown}

    wait_until(lambda: standing()["whatsapp"]["health"] == "expiring")
    wait_until(lambda: standing()["genesys"]["health"] == "good")
    assert standing()["whatsapp"]["expires_at"] is not None
    shown = parley("tenants", "show", scene.slug, **to(tenancy)).out
    assert "health expiring (told 20" in shown
    assert ", ends 20" in shown
    wait_until(lambda: "credential_expiring" in looking.output.read_text())

    def soonest() -> float:
        page = requests.get(f"{looking.url}/metrics", timeout=WAIT_S).text
        name = 'parley_credential_soonest_end_seconds{provider="whatsapp"} '
        return float(page.partition(name)[2].splitlines()[0])

    wait_until(lambda: 0 < soonest() <= 5 * DAY)
    scene.token = {"expired": True}
    scene.file["credentials"]["whatsapp"]["default"]["access_token"] += "-newer"
    scene.play()
    wait_until(lambda: standing()["whatsapp"]["health"] == "bad")
    assert "SECRET" not in looking.output.read_text()


def to(tenancy: Served) -> dict[str, str]:
    return {"TENANCY_URL": tenancy.url, "SERVICE_TOKEN_KEY": SERVICE_KEY}


def test_a_tenant_that_is_not_there(looking: Served, parley: Parley, tmp_path: Path) -> None:
    del tmp_path
    told = parley("tenants", "check", "nobody", AUTH_URL=looking.url, SERVICE_TOKEN_KEY=SERVICE_KEY)
    assert told.code == 1
    assert "nobody" in told.err


def test_a_good_check_ends_the_rest_and_makes_the_credentials_good(
    looking: Served, tenancy: Served, parley: Parley, scene: Scene
) -> None:
    path = f"/tenancy/tenants/{scene.slug}"
    assert tenancy.call("PUT", path, scene.file).status_code == 200
    settings = {"AUTH_URL": looking.url, "TENANCY_URL": tenancy.url}

    def check() -> Said:
        key = {"SERVICE_TOKEN_KEY": SERVICE_KEY}
        return parley("tenants", "check", scene.slug, **settings, **key)

    def token(provider: str) -> int:
        tenant = tenancy.call("GET", path).json()["id"]
        body = {"tenant_id": tenant, "provider": provider}
        return looking.call("POST", "/auth/token", body).status_code

    assert check().code == 1
    assert token("genesys") == 422
    scene.sandbox.setup(scene.world(), add=True)
    assert check().code == 0
    assert (token("genesys"), token("whatsapp")) == (200, 200)
    shown = tenancy.call("GET", path).json()["credentials"]
    assert {one["health"] for one in shown} == {"good"}
