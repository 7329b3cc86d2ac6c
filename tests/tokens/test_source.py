"""Tokens for delivery, on a real Redis: cached, renewed behind the caller, there in bad times."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from shared.runtime.errors import Unavailable
from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.services.auth import CredentialBad, Token, TokenRequest, token_digest
from shared.storage.cache import Cache
from shared.tenancy.vault import KeyRing, Vault
from shared.tokens.source import TokenSource
from shared.tokens.store import TokenStore, token_key
from tests.storage.redis_server import RedisServer, redis_server, until

TENANT = "aaaaaaaa-0000-4000-8000-000000000001"
KEY = f"tenant:{TENANT}:oauth:token"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class AuthStandin:
    """Gives `t1`, `t2`, ... of an hour's life, as the auth function would; or `status`."""

    store: TokenStore
    clock: Callable[[], datetime]
    status: int = 200
    asked: int = 0
    told: list[Any] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    async def token(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.status != 200:
            return web.json_response({"detail": "so it is"}, status=self.status)
        now = self.clock()
        token = Token(
            access_token=SecretStr(f"t{self.asked}"),
            expires_at=now + HOUR,
            refresh_at=now + 0.9 * HOUR,
        )
        key = token_key(TokenRequest.model_validate_json(await request.read()))
        await self.store.save(key, token, 3600)
        return web.Response(text=token.model_dump_json(), content_type="application/json")

    async def invalidate(self, request: web.Request) -> web.Response:
        if self.status != 200:
            return web.Response(status=self.status)
        self.told.append(await request.json())
        await self.store.delete(KEY)
        return web.json_response({"dropped": True})

    async def accepted(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.taken.append(body["access_token_hash"])
        return web.json_response(body, status=self.status)


@asynccontextmanager
async def auth_peer(auth: AuthStandin) -> AsyncIterator[Peer]:
    app = web.Application()
    app.router.add_post("/auth/token", auth.token)
    app.router.add_post("/auth/invalidate", auth.invalidate)
    app.router.add_post("/auth/accepted", auth.accepted)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with http_session() as session:
        url = f"http://{host}:{port}"
        yield Peer(session, name="auth", url=url, tokens=ServiceTokens("test", "k" * 32))
    await runner.cleanup()


@dataclass
class Scene:
    source: TokenSource
    auth: AuthStandin
    cache: Cache
    vault: Vault
    server: RedisServer
    now: datetime = START
    peer: Peer = field(init=False)

    async def get(self) -> str:
        return (await self.source.get(TENANT, "genesys")).get_secret_value()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as running:
        yield running


def play(server: RedisServer, act: Callable[[Scene], Awaitable[None]]) -> None:
    async def run() -> None:
        vault = Vault(KeyRing.generate())
        async with Cache.open(server.url) as cache:
            scene: Scene

            def clock() -> datetime:
                return scene.now

            auth = AuthStandin(TokenStore(cache, vault), clock)
            async with auth_peer(auth) as peer:
                source = TokenSource(cache, peer, vault, clock)
                scene = Scene(source, auth, cache, vault, server)
                scene.peer = peer
                await act(scene)
                await source.close()

    asyncio.run(run())


def test_one_question_for_a_crowd_and_for_the_next_process(server: RedisServer) -> None:
    async def act(scene: Scene) -> None:
        assert set(await asyncio.gather(*(scene.get() for _ in range(200)))) == {"t1"}
        other = TokenSource(scene.cache, scene.peer, scene.vault, lambda: scene.now)
        assert (await other.get(TENANT, "genesys")).get_secret_value() == "t1"
        assert scene.auth.asked == 1

    play(server, act)


def test_it_is_sealed_in_redis_and_unreadable_to_another_key_ring(server: RedisServer) -> None:
    async def act(scene: Scene) -> None:
        await scene.get()
        sealed = await scene.cache.get(KEY)
        assert sealed is not None
        assert b"t1" not in sealed
        stranger = TokenStore(scene.cache, Vault(KeyRing.generate()))
        assert await stranger.load(KEY) is None

    play(server, act)


def test_a_token_moved_to_another_tenants_key_is_not_used(server: RedisServer) -> None:
    async def act(scene: Scene) -> None:
        await scene.get()
        other = "aaaaaaaa-0000-4000-8000-000000000002"
        await scene.cache.set(f"tenant:{other}:oauth:token", await scene.cache.get(KEY) or b"", 60)
        assert (await scene.source.get(other, "genesys")).get_secret_value() == "t2"

    play(server, act)


def test_it_is_renewed_behind_the_caller(server: RedisServer) -> None:
    async def act(scene: Scene) -> None:
        await scene.get()
        scene.now += 0.95 * HOUR - timedelta(seconds=20)
        await scene.get()  # looks into Redis again, as it does every half minute
        scene.now += timedelta(seconds=20)
        assert await scene.get() == "t1", "nobody waits for the renewal"

        async def renewed() -> bool:
            return await scene.get() == "t2"

        await until(renewed)
        assert scene.auth.asked == 2

    play(server, act)


def test_it_is_used_to_its_end_while_redis_and_auth_are_away(server: RedisServer) -> None:
    async def act(scene: Scene) -> None:
        await scene.get()
        scene.server.stop()
        scene.auth.status = 503
        for _ in range(11):
            scene.now += timedelta(minutes=5)
            assert await scene.get() == "t1"
        scene.now += timedelta(minutes=5)
        with pytest.raises(Unavailable):
            await scene.get()

    play(server, act)


def test_a_refused_token_is_dropped_everywhere_and_a_newer_one_is_not(
    server: RedisServer,
) -> None:
    async def act(scene: Scene) -> None:
        first = SecretStr(await scene.get())
        await scene.source.drop(TENANT, "genesys", token=first)
        assert scene.auth.told[0]["access_token_hash"] == token_digest(first)
        assert await scene.get() == "t2"
        await scene.source.drop(TENANT, "genesys", token=first)
        assert scene.auth.asked == 2

    play(server, act)


def test_a_refused_token_is_not_taken_from_redis_even_if_auth_can_not_be_told(
    server: RedisServer,
) -> None:
    async def act(scene: Scene) -> None:
        first = SecretStr(await scene.get())
        scene.auth.status = 503
        await scene.source.drop(TENANT, "genesys", token=first)
        assert await scene.cache.get(KEY) is None
        with pytest.raises(Unavailable):
            await scene.get()

    play(server, act)


@pytest.mark.parametrize(
    ("status", "error"),
    [(422, CredentialBad), (503, Unavailable), (404, Unavailable), (500, Unavailable)],
)
def test_what_goes_wrong_is_either_the_credentials_fault_or_for_another_try(
    server: RedisServer, status: int, error: type[Exception]
) -> None:
    async def act(scene: Scene) -> None:
        scene.auth.status = status
        with pytest.raises(error):
            await scene.get()

    play(server, act)


def test_keys_carry_tenant_provider_and_credential() -> None:
    def key(**more: Any) -> str:
        return token_key(TokenRequest(tenant_id=TENANT, **more))

    assert key(provider="genesys") == KEY
    assert key(provider="whatsapp") == f"tenant:{TENANT}:whatsapp:token"
    assert key(provider="genesys", credential="eu") == f"{KEY}:eu"


def test_that_a_token_was_taken_is_told_once_in_a_while_and_after_a_refusal(
    server: RedisServer,
) -> None:
    async def act(scene: Scene) -> None:
        one, other = SecretStr("one"), SecretStr("other")

        async def taken(token: SecretStr, times: int) -> None:
            scene.source.accepted(TENANT, "whatsapp", token=token)
            scene.source.accepted(TENANT, "whatsapp", token=token)

            async def told() -> bool:
                return len(scene.auth.taken) == times

            await until(told)

        await taken(one, 1)
        scene.now += timedelta(minutes=4)
        await taken(one, 1)
        await taken(other, 2)
        scene.now += timedelta(minutes=6)
        await taken(other, 3)
        await scene.source.drop(TENANT, "whatsapp", token=other)
        await taken(other, 4)
        digests = [token_digest(one), *[token_digest(other)] * 3]
        assert scene.auth.taken == digests

    play(server, act)


def test_what_could_not_be_told_is_told_with_the_next_send(server: RedisServer) -> None:
    async def act(scene: Scene) -> None:
        async def told() -> bool:
            scene.source.accepted(TENANT, "whatsapp", token=SecretStr("one"))
            return len(scene.auth.taken) > 1

        scene.auth.status = 503
        await until(told)

    play(server, act)
