"""The connector says at start what is wrong with its settings, without showing them."""

import pytest

from connector.settings import RouteTo, Settings
from shared.runtime.errors import SettingsError

SOUND = {
    "AMQP_URL": "amqp://guest:secret@127.0.0.1/",
    "DATABASE_URL": "postgresql://parley_connector:secret@127.0.0.1/parley",
    "REDIS_URL": "redis://:secret@127.0.0.1:6379/0",
    "S3_ENDPOINT_URL": "http://127.0.0.1:9000",
    "S3_ACCESS_KEY": "parley",
    "S3_SECRET_KEY": "secret",
    "SERVICE_TOKEN_KEY": "0123456789abcdef0123456789abcdef",
    "ROUTES": "INBOUND_WHATSAPP_MESSAGES=http://127.0.0.1:3002",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in SOUND.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_routes_name_their_functions_by_themselves(environment: pytest.MonkeyPatch) -> None:
    environment.setenv(
        "ROUTES",
        "INBOUND_WHATSAPP_MESSAGES=http://gw:8080/function/inbound-transform; "
        "OUTBOUND_GENESYS_MESSAGES=other@http://127.0.0.1:3003;",
    )
    assert Settings.load().routes == (
        RouteTo(
            exchange="INBOUND_WHATSAPP_MESSAGES",
            function="inbound-transform",
            url="http://gw:8080/function/inbound-transform",
        ),
        RouteTo(
            exchange="OUTBOUND_GENESYS_MESSAGES", function="other", url="http://127.0.0.1:3003"
        ),
    )


@pytest.mark.parametrize(
    ("routes", "words"),
    [
        ("", "missing"),
        (";", "each exchange once"),
        ("INBOUND_WHATSAPP_MESSAGES", "entry 1"),
        ("INBOUND_WHATSAPP_MESSAGES=ftp://x", "entry 1"),
        ("NO_SUCH=http://x", "exchanges are INBOUND_WHATSAPP_MESSAGES"),
        (
            "INBOUND_WHATSAPP_MESSAGES=http://x;INBOUND_WHATSAPP_MESSAGES=http://y",
            "each exchange once",
        ),
    ],
)
def test_wrong_routes_are_explained(
    environment: pytest.MonkeyPatch, routes: str, words: str
) -> None:
    environment.setenv("ROUTES", routes)
    with pytest.raises(SettingsError, match="ROUTES") as caught:
        Settings.load()
    assert words in caught.value.detail


def test_all_that_is_missing_is_said_at_once(environment: pytest.MonkeyPatch) -> None:
    for name in ("AMQP_URL", "DATABASE_URL"):
        environment.delenv(name)
    environment.setenv("SLOTS", "0")
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    assert all(name in caught.value.detail for name in ("AMQP_URL", "DATABASE_URL", "SLOTS"))
    assert "secret@" not in caught.value.detail
