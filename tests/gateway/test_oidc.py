"""The identity provider's keys: fetched when needed, seldom, and remembered while it is away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from gateway_service.auth.fetching import guarded
from gateway_service.auth.jwks import FRESH_S, STALE_S, Keys
from gateway_service.settings import OidcSettings
from shared.runtime.errors import SettingsError, Unavailable
from tests.gateway.office import Office
from tests.support import wait_until

ISSUER = "https://id.example"
JWK = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


class Provider:
    """Publishes these keys, on a clock that a test moves."""

    def __init__(self, *kids: str) -> None:
        self.kids = list(kids)
        self.away = False
        self.fetches = 0
        self.now = 1000.0
        self.about: dict[str, Any] = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"}
        self.more: list[dict[str, Any]] = []

    async def fetch(self, address: str) -> bytes:
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable("away")
        if address.endswith("/jwks"):
            self.fetches += 1
            keys = [{**JWK, "kid": kid} for kid in self.kids]
            return orjson.dumps({"keys": [*keys, *self.more]})
        return orjson.dumps(self.about)

    def keys(self) -> Keys:
        return Keys(ISSUER, self.fetch, refetch=10.0, clock=lambda: self.now)


def known(keys: Keys, *kids: str) -> list[bool]:
    async def main() -> list[bool]:
        return [await keys.key(kid) is not None for kid in kids]

    return asyncio.run(main())


def test_keys_are_fetched_once_for_all_who_wait() -> None:
    provider = Provider("a")
    keys = provider.keys()

    async def main() -> list[bool]:
        found = await asyncio.gather(*(keys.key("a") for _ in range(20)))
        return [key is not None for key in found]

    assert asyncio.run(main()) == [True] * 20
    assert provider.fetches == 1


def test_an_unknown_key_makes_it_ask_again_but_seldom() -> None:
    provider = Provider("a")
    keys = provider.keys()
    assert known(keys, "a", "b", "c", "d") == [True, False, False, False]
    assert provider.fetches == 1
    provider.kids.append("b")
    provider.now += 10
    assert known(keys, "b", "c", "d") == [True, False, False]
    assert provider.fetches == 2


def test_all_who_come_at_once_with_a_new_key_are_let_in() -> None:
    provider = Provider("a")
    keys = provider.keys()
    assert known(keys, "a") == [True]
    provider.kids.append("b")
    provider.now += 10

    async def main() -> list[bool]:
        found = await asyncio.gather(*(keys.key("b") for _ in range(20)))
        return [key is not None for key in found]

    assert asyncio.run(main()) == [True] * 20
    assert provider.fetches == 2


def test_a_withdrawn_key_is_out_after_five_minutes() -> None:
    provider = Provider("a", "b")
    keys = provider.keys()
    assert known(keys, "a", "b") == [True, True]
    provider.kids.remove("a")
    provider.now += FRESH_S
    assert known(keys, "a", "b") == [False, True]


def test_while_the_provider_is_away_its_keys_serve_on_for_a_day() -> None:
    provider = Provider("a")
    keys = provider.keys()
    assert known(keys, "a") == [True]
    provider.away = True
    provider.now += STALE_S - 1
    assert known(keys, "a") == [True]
    provider.now += 11
    with pytest.raises(Unavailable):
        known(keys, "a")


def test_without_any_key_it_is_our_trouble_and_not_the_callers() -> None:
    provider = Provider("a")
    provider.away = True
    keys = provider.keys()
    with pytest.raises(Unavailable):
        known(keys, "a")
    provider.away = False
    provider.now += 1
    assert known(keys, "a") == [True]


def _other_issuer(provider: Provider) -> None:
    provider.about["issuer"] = "https://evil.example"


def _no_place(provider: Provider) -> None:
    provider.about["jwks_uri"] = 7


def _no_keys(provider: Provider) -> None:
    provider.kids.clear()


@pytest.mark.parametrize("break_it", [_other_issuer, _no_place, _no_keys])
def test_a_provider_that_says_something_else_is_not_believed(
    break_it: Callable[[Provider], None],
) -> None:
    provider = Provider("a")
    break_it(provider)
    with pytest.raises(Unavailable):
        known(provider.keys(), "a")


def test_shared_secrets_and_keys_for_other_use_are_none_of_its_keys() -> None:
    provider = Provider("a")
    provider.more = [
        {"kty": "oct", "k": "AAAA", "kid": "secret"},
        {**JWK, "kid": "sealing", "use": "enc"},
        {**JWK, "kid": ""},
        {"kty": "EC", "crv": "P-999", "kid": "odd"},
    ]
    assert known(provider.keys(), "a", "secret", "sealing", "", "odd") == [True] + [False] * 4


@pytest.mark.parametrize(
    "address",
    [
        "http://id.example/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://user:pass@id.example/x",
        "https://id.example:8443/x",
        "file:///etc/passwd",
        "https://localhost/x",
    ],
)
def test_a_provider_is_asked_over_https_at_public_addresses_alone(address: str) -> None:
    async def main() -> None:
        async with guarded("") as fetch:
            await fetch(address)

    with pytest.raises(Unavailable):
        asyncio.run(main())


@pytest.mark.parametrize(
    "changed",
    [
        {"oidc_issuer": ISSUER},
        {"oidc_algorithms": "HS256"},
        {"oidc_algorithms": "none"},
        {"oidc_algorithms": "RS256,none"},
    ],
    ids=str,
)
def test_settings_that_would_let_forgeries_in_stop_the_start(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str]
) -> None:
    for name, value in changed.items():
        monkeypatch.setenv(name.upper(), value)
    with pytest.raises(SettingsError):
        OidcSettings.load()


def test_the_gateway_follows_a_change_of_keys(office: Office) -> None:
    before = office.person(office.acme, "viewer")
    assert office.ask("GET", "/api/v1/me", before).status_code == 200
    office.sandbox.rotate_keys(keep_previous=False)
    after = office.person(office.acme, "viewer", algorithm="ES256")
    wait_until(lambda: office.ask("GET", "/api/v1/me", after).status_code == 200)
    assert office.ask("GET", "/api/v1/me", before).status_code == 401


def test_both_algorithms_are_good_and_claims_may_be_a_text(office: Office) -> None:
    for algorithm in ("RS256", "ES256"):
        token = office.person(
            office.acme,
            algorithm=algorithm,
            claims={"roles": "openid agent", "tenant": office.acme.id},
        )
        me = office.ask("GET", "/api/v1/me", token).json()
        assert (me["tenant"], me["roles"]) == (office.acme.slug, ["agent"])
