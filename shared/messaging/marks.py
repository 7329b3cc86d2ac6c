"""Which lines have something in the spool, so that nothing of them overtakes it: marks in Redis.

A mark stands from before an object is written until it was published: whoever gets a webhook after
the one before it was answered sees it. The spool itself is the truth: the sweeper sets marks that
are missing and takes away those that stand for nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from shared.runtime.errors import Unavailable
from shared.runtime.repeats import repeats
from shared.storage.cache import Cache

Item = TypeVar("Item")
Answer = TypeVar("Answer")

HOLD_S = 30.0  # how long a process remembers what it could not write to Redis

# Members are "line/stamp", all of score 0, so that a line's stand side by side in their order.
# "0" is the sign after "/".
# KEYS: all marks, those of them that surely have nothing in S3.
LOOK = """
if redis.call('exists', KEYS[1]) == 0 then return {} end
local marked = {}
for i, line in ipairs(ARGV) do
  local own = redis.call('zrangebylex', KEYS[1], '[' .. line .. '/', '(' .. line .. '0',
                         'limit', 0, 1)
  if #own > 0 then marked[#marked + 1] = i end
end
return marked
"""
# ARGV: now in microseconds, lines. Of each: its stamp, and whether something of it may lie in S3.
MARK = """
local answers = {}
for i = 2, #ARGV do
  local line, stamp, behind = ARGV[i], ARGV[1], 0
  local last = redis.call('zrevrangebylex', KEYS[1], '(' .. line .. '0', '[' .. line .. '/',
                          'limit', 0, 1)[1]
  if last then
    local before = string.sub(last, #line + 2)
    if before >= stamp then stamp = string.format('%016.0f', tonumber(before) + 1) end
    if not redis.call('zscore', KEYS[2], last) then behind = 1 end
  end
  redis.call('zadd', KEYS[1], 0, line .. '/' .. stamp)
  answers[#answers + 1] = stamp
  answers[#answers + 1] = behind
end
return answers
"""
NOT_IN_S3 = "return redis.call('zadd', KEYS[2], 0, ARGV[1])"


class Batcher(Generic[Item, Answer]):
    """Asks for many at once: one question at a time, in the order of coming.

    Each question is asked after the items in it came, so its answer is not older than they are.
    """

    def __init__(self, ask: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]]) -> None:
        """`ask` gives an answer to each item, or raises: then all of them have failed."""
        self._ask = ask
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Answer:
        """The item's answer. Raises what `ask` raised."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._asking is None:
            self._asking = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                answers = await self._ask([item for item, _ in batch])
                answered = list(zip(batch, answers, strict=True))
            except Exception as error:  # noqa: BLE001  # it is each caller's to handle
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), answer in answered:
                if not future.done():
                    future.set_result(answer)
        self._asking = None


@dataclass(frozen=True)
class Mark:
    """A place in a line. `stamp`: microseconds. `behind_s3`: something earlier may lie in S3."""

    line: str
    stamp: int
    behind_s3: bool

    @property
    def member(self) -> str:
        """As Redis has it."""
        return member(self.line, self.stamp)


def member(line: str, stamp: int) -> str:
    """A mark's name in Redis."""
    return f"{line}/{stamp:016d}"


def keys_of(installation: str) -> list[str]:
    """The two sets in Redis: all marks, and those that surely have nothing in S3."""
    return [f"spool:{installation}marks", f"spool:{installation}not-in-s3"]


class Marks:
    """A door's side of the marks. One a process.

    Without Redis a process knows its own lines alone: then order is kept by each replica for
    itself, as long as its trouble lasts and HOLD_S after it.
    """

    def __init__(self, cache: Cache, installation: str) -> None:
        self._cache = cache
        self._keys = keys_of(installation)
        self._look = Batcher(self._ask_all)
        self._mark = Batcher(self._mark_all)
        self._own: dict[str, bool] = {}  # lines whose mark Redis did not take: anything in S3?
        self._until = 0.0
        self._last = 0

    async def standing(self, line: str) -> bool:
        """Whether something of the line waits in the spool."""
        if self._own and time.monotonic() > self._until:
            self._own.clear()
        if line in self._own:
            return True
        try:
            return await self._look(line)
        except Unavailable:
            return False

    def trouble(self) -> None:
        """The broker is away now: what is remembered counts from here."""
        self._until = time.monotonic() + HOLD_S

    async def set(self, line: str) -> Mark:
        """Take the next place in a line, before anything is written there."""
        try:
            return await self._mark(line)
        except Unavailable as error:
            repeats.warning(
                "line_marked_here_alone", cause={"detail": error.detail}, extra={"line": line}
            )
            behind = self._own.setdefault(line, False)
            self.trouble()
            return replace(self.place(line), behind_s3=behind)

    def place(self, line: str) -> Mark:
        """A place in a line of its own, which nobody could overtake: without a mark."""
        self._last = max(self._last + 1, _now())
        return Mark(line, self._last, behind_s3=False)

    async def kept(self, mark: Mark, *, in_s3: bool) -> None:
        """It is written. A line that has nothing in S3 need not wait for it."""
        if mark.line in self._own:
            self._own[mark.line] = self._own[mark.line] or in_s3
        elif not in_s3 and not mark.behind_s3:
            try:
                await self._cache.run_script(NOT_IN_S3, self._keys, [mark.member])
            except Unavailable:  # then the next of its line wait until S3 is back
                return

    async def _ask_all(self, lines: Sequence[str]) -> list[bool]:
        asked = list(dict.fromkeys(lines))
        found = await self._cache.run_script(LOOK, self._keys, asked)
        marked = {asked[int(number) - 1] for number in found}
        return [line in marked for line in lines]

    async def _mark_all(self, lines: Sequence[str]) -> list[Mark]:
        self._last = max(self._last + 1, _now())
        told = await self._cache.run_script(MARK, self._keys, [f"{self._last:016d}", *lines])
        pairs = zip(lines, told[::2], told[1::2], strict=True)
        marks = [Mark(line, int(stamp), bool(int(behind))) for line, stamp, behind in pairs]
        self._last = max(self._last, *(mark.stamp for mark in marks))
        return marks


def _now() -> int:
    return time.time_ns() // 1000


class Upkeep:
    """The sweeper's side: marks follow the spool. All raise Unavailable; all may be repeated."""

    def __init__(self, cache: Cache, installation: str) -> None:
        self._cache = cache
        self._keys = keys_of(installation)

    async def clear(self, members: Iterable[str]) -> None:
        """These are published and gone."""
        for some in _chunks(list(members)):
            await self._cache.run_script(_REMOVE, self._keys, some)

    async def restore(self, members: Iterable[str]) -> None:
        """These lie in the spool; Redis may have forgotten them."""
        for some in _chunks(list(members)):
            await self._cache.run_script(_ADD, self._keys, some)

    async def all(self, most: int) -> list[str]:
        """The marks, at most so many."""
        found = await self._cache.run_script(_ALL, self._keys, [most])
        return [one.decode() if isinstance(one, bytes) else str(one) for one in found]


_REMOVE = """
for _, member in ipairs(ARGV) do
  redis.call('zrem', KEYS[1], member)
  redis.call('zrem', KEYS[2], member)
end
return 0
"""
_ADD = """
for _, member in ipairs(ARGV) do redis.call('zadd', KEYS[1], 0, member) end
return 0
"""
_ALL = "return redis.call('zrange', KEYS[1], 0, ARGV[1])"


def _chunks(items: list[str]) -> Iterable[list[str]]:
    return (items[start : start + 500] for start in range(0, len(items), 500))
