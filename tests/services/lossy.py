"""The real state function behind a line that loses answers, freezes, or ends the caller."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from shared.runtime.errors import Unknown
from shared.services.state import (
    Claim,
    ClaimRequest,
    Completed,
    CompleteRequest,
    Released,
    ReleaseRequest,
    StateClient,
)
from shared.services.untold import Untold

T = TypeVar("T")


class Lossy(StateClient):
    """Loses answers of calls named in `lost`; a `frozen` claim comes after the first release."""

    def __init__(self, client: StateClient, *lost: str, frozen: bool = False) -> None:
        self.untold = Untold()
        self.client = client
        self.lost = list(lost)
        self.releases: list[bool] = []
        self._frozen = frozen
        self._under_way: list[ClaimRequest] = []

    async def claim(self, request: ClaimRequest) -> Claim:
        if self._frozen:
            self._frozen = False
            self._under_way.append(request)
            raise Unknown("state did not answer")
        return await self._answered("claim", self.client.claim(request))

    async def complete(self, request: CompleteRequest) -> Completed:
        if "complete unheard" in self.lost:
            self.lost.remove("complete unheard")
            raise Unknown("state did not answer")
        return await self._answered("complete", self.client.complete(request))

    async def release(self, request: ReleaseRequest) -> Released:
        if "release unheard" in self.lost:
            self.lost.remove("release unheard")
            raise Unknown("state did not answer")
        released = await self.client.release(request)
        self.releases.append(released.released)
        for late in self._under_way:
            await self.client.claim(late)
        self._under_way.clear()
        return released

    async def _answered(self, name: str, call: Awaitable[T]) -> T:
        answer = await call
        if name in self.lost:
            self.lost.remove(name)
            raise Unknown("state did not answer")
        return answer


class Brief(StateClient):
    """Gives leases that are as good as over, whatever state keeps."""

    def __init__(self, client: StateClient) -> None:
        self.untold = Untold()
        self.client = client
        self.kept = 0

    async def claim(self, request: ClaimRequest) -> Claim:
        claim = await self.client.claim(request)
        return claim.model_copy(update={"lease_seconds": 0.0})

    async def complete(self, request: CompleteRequest) -> Completed:
        self.kept += not request.parts
        return await self.client.complete(request)

    async def release(self, request: ReleaseRequest) -> Released:
        return await self.client.release(request)


class Mortal(StateClient):
    """Its caller dies at one step: just before or just after a call of state or a send."""

    def __init__(self, client: StateClient, lives: int) -> None:
        self.untold = Untold()
        self.client = client
        self.lives = lives

    async def step(self, call: Callable[[], Awaitable[T]]) -> T:
        self._pass()
        answer = await call()
        self._pass()
        return answer

    def _pass(self) -> None:
        if self.lives == 0:
            raise asyncio.CancelledError
        self.lives -= 1

    async def claim(self, request: ClaimRequest) -> Claim:
        return await self.step(lambda: self.client.claim(request))

    async def complete(self, request: CompleteRequest) -> Completed:
        return await self.step(lambda: self.client.complete(request))

    async def release(self, request: ReleaseRequest) -> Any:
        return await self.step(lambda: self.client.release(request))
