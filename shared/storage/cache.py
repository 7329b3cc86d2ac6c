"""Redis in front of PostgreSQL: whatever Redis does, a message goes on.

Reads miss and writes are lost while Redis is away, and both are counted; only locks, scripts and
`ping` raise. A frozen Redis costs a few messages a fraction of a second, never each of them.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self

import orjson
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import InvalidResponse, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from shared.runtime.ending import ended
from shared.runtime.errors import Unavailable
from shared.runtime.metrics import counter
from shared.runtime.periodic import until

READS = counter("cache_reads", "Reads of the cache", ("outcome",))
WRITES = counter("cache_writes", "Writes and deletes in the cache", ("outcome",))

TROUBLE = (
    RedisConnectionError,
    RedisTimeoutError,
    InvalidResponse,
    ResponseError,
    OSError,
    TimeoutError,
)

# Deletes the lock only while it is still ours: it may have expired and be another's by now.
UNLOCK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end"


@dataclass(frozen=True)
class CacheLimits:
    """Bounds of one process on one Redis; times in seconds.

    The client's own defaults (10 retries of 5 s) hold a message for over 8 s when Redis freezes.
    """

    connections: int = 16
    answer: float = 0.3  # connect, and each read of the socket
    call: float = 0.6  # a whole call with its retry
    wait: float = 0.6  # for a free connection
    trip_after: int = 2  # failures in a row that open the breaker
    probe_every: float = 0.25  # how often an open breaker looks whether Redis is back

    @classmethod
    def of(cls, url: str) -> Self:
        """The bounds that an address asks for by `?socket_timeout=SECONDS`, as redis-py has it."""
        told = parse_url(url).get("socket_timeout")
        return cls(answer=told, call=2 * told, wait=2 * told) if isinstance(told, float) else cls()


class Breaker:
    """Closed while Redis answers; once open, a probe waits for Redis instead of the messages."""

    def __init__(self, probe: Callable[[], Awaitable[object]], limits: CacheLimits) -> None:
        self._probe = probe
        self._limits = limits
        self._failures = 0
        self._watch: asyncio.Task[None] | None = None
        self._failed_at = float("-inf")

    def open_within(self, seconds: float) -> bool:
        """Whether it was open in the last `seconds`."""
        return time.monotonic() - self._failed_at < seconds

    @property
    def open(self) -> bool:
        """True while calls are refused without asking Redis."""
        return self._watch is not None

    def succeeded(self) -> None:
        """Forget earlier failures."""
        self._failures = 0

    def failed(self) -> None:
        """Count a failure; open at the limit."""
        self._failures += 1
        if self._failures >= self._limits.trip_after and self._watch is None:
            self._failed_at = time.monotonic()
            self._watch = asyncio.create_task(self._watch_until_back())

    async def _watch_until_back(self) -> None:
        await until(self._limits.probe_every, self._answers, "Redis' answer")
        self._failures, self._watch = 0, None

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(self._limits.call):
                await self._probe()
        except TROUBLE:
            self._failed_at = time.monotonic()
            return False
        return True

    async def close(self) -> None:
        """Stop the probe."""
        if self._watch is not None:
            await ended(self._watch)
            self._watch = None


class Cache:
    """One bounded pool of connections to Redis. Make it with `async with Cache.open(url)`."""

    def __init__(self, client: Redis, limits: CacheLimits) -> None:
        self._client = client
        self._limits = limits
        self._breaker = Breaker(client.ping, limits)
        self._free = asyncio.Semaphore(limits.connections)
        self._scripts: dict[str, AsyncScript] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, limits: CacheLimits | None = None) -> AsyncIterator[Self]:
        """Yield a cache on `redis://...`; nothing connects before the first call."""
        limits = limits or CacheLimits.of(url)
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=limits.connections,
            timeout=limits.answer,
            socket_timeout=limits.answer,
            socket_connect_timeout=limits.answer,
            socket_keepalive=True,
            retry=Retry(ConstantBackoff(0.01), 1),
            protocol=2,  # RESP3 costs a fifth more of our CPU here
        )
        cache = cls(Redis(connection_pool=pool), limits)
        try:
            yield cache
        finally:
            await cache._breaker.close()
            await pool.disconnect()

    async def ping(self) -> None:
        """Ask Redis itself, breaker or not; raises Unavailable."""
        try:
            async with asyncio.timeout(self._limits.call):
                await self._client.ping()
        except TROUBLE as error:
            raise _unavailable(error) from error

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None when it is not there or Redis is away."""
        try:
            value: bytes | None = await self._ask(lambda: self._client.get(key))
        except Unavailable:
            READS.labels("trouble").inc()
            return None
        READS.labels("miss" if value is None else "hit").inc()
        return value

    async def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return one value, or None, for each key, in one round trip."""
        try:
            values: list[bytes | None] = await self._ask(lambda: self._client.mget(keys))
        except Unavailable:
            READS.labels("trouble").inc(len(keys))
            return [None] * len(keys)
        hits = sum(value is not None for value in values)
        READS.labels("hit").inc(hits)
        READS.labels("miss").inc(len(keys) - hits)
        return values

    async def get_json(self, key: str) -> Any:
        """Return the decoded value; None when absent, unreadable or Redis is away."""
        value = await self.get(key)
        if value is None:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            READS.labels("unreadable").inc()
            return None

    async def set(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep `value` for `ttl` seconds; False when Redis did not confirm it."""
        return await self.set_many({key: value}, ttl)

    async def set_json(self, key: str, value: Any, ttl: float) -> bool:
        """Keep `value` as JSON for `ttl` seconds; False when Redis did not confirm it."""
        return await self.set(key, orjson.dumps(value), ttl)

    async def set_many(self, items: Mapping[str, bytes], ttl: float) -> bool:
        """Keep each item for `ttl` seconds, in one round trip; False when not confirmed."""
        milliseconds = max(1, int(ttl * 1000))

        def write() -> Awaitable[object]:
            if len(items) == 1:
                [(key, value)] = items.items()
                return self._client.set(key, value, px=milliseconds)
            pipeline = self._client.pipeline(transaction=False)
            for key, value in items.items():
                pipeline.set(key, value, px=milliseconds)
            return pipeline.execute()

        return await self._write(write)

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep `value` for `ttl` seconds unless the key is there; False when not confirmed."""
        milliseconds = max(1, int(ttl * 1000))
        return await self._write(lambda: self._client.set(key, value, px=milliseconds, nx=True))

    def away_within(self, seconds: float) -> bool:
        """Whether Redis was away in the last `seconds`: it may have missed a write of others."""
        return self._breaker.open_within(seconds)

    async def delete(self, *keys: str) -> bool:
        """Delete the keys; False when Redis did not confirm it: they may still be there."""
        return await self._write(lambda: self._client.delete(*keys)) if keys else True

    @asynccontextmanager
    async def lock(self, key: str, ttl: float) -> AsyncIterator[bool]:
        """Yield True when the lock is ours (for at most `ttl` seconds), False when it is taken.

        Never waits for the other holder. Raises Unavailable when Redis is away. Good against
        doubled work only, not as a fence: a holder frozen past `ttl` does not know.
        """
        token = secrets.token_bytes(16)
        taken = await self._ask(
            lambda: self._client.set(key, token, nx=True, px=max(1, int(ttl * 1000)))
        )
        try:
            yield bool(taken)
        finally:
            if taken:
                with suppress(Unavailable):  # it expires by itself
                    await self.run_script(UNLOCK, [key], [token])

    async def run_script(
        self, source: str, keys: Sequence[str], arguments: Sequence[str | bytes | float]
    ) -> Any:
        """Run a Lua script (loaded once, by its hash); raises Unavailable.

        The single retry may run it twice: write scripts whose repetition errs on the safe side.
        """
        script = self._scripts.get(source)
        if script is None:
            script = self._scripts[source] = self._client.register_script(source)
        return await self._ask(lambda: script(keys=list(keys), args=list(arguments)))

    async def _write(self, call: Callable[[], Awaitable[object]]) -> bool:
        try:
            await self._ask(call)
        except Unavailable:
            WRITES.labels("trouble").inc()
            return False
        WRITES.labels("done").inc()
        return True

    async def _ask(self, call: Callable[[], Awaitable[Any]]) -> Any:
        async with self._connection():
            try:
                async with asyncio.timeout(self._limits.call):
                    answer = await call()
            except ResponseError as error:  # it answered: full, read-only, or a wrong type
                self._breaker.succeeded()
                raise _unavailable(error) from error
            except TROUBLE as error:
                self._breaker.failed()
                raise _unavailable(error) from error
            self._breaker.succeeded()
            return answer

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[None]:
        """Hold one of the connections. To wait in vain is no fault of Redis: the breaker stays."""
        try:
            async with asyncio.timeout(self._limits.wait):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable("every connection to Redis is at work") from None
        try:
            if self._breaker.open:
                raise Unavailable("Redis has not answered lately; waiting for it to come back")
            yield
        finally:
            self._free.release()


def _unavailable(error: BaseException) -> Unavailable:
    # The error's own text may hold the host, never the password: redis-py keeps that out.
    return Unavailable(f"Redis does not answer ({type(error).__name__}); see REDIS_URL")
