"""What state keeps for the doors: events that nothing else took, and what came in."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request

from shared.runtime.logging import bind, logger
from shared.services.keeping import Arrivals, Arrived, Kept, SpoolRequest
from shared.storage.database import Database

log = logger()
router = APIRouter()


@dataclass(frozen=True)
class Keeping:
    """Writes of the spool and of the ledger."""

    database: Database

    async def spool(self, request: SpoolRequest) -> None:
        """Keep events until the connector has published them; once a name."""
        bind(tenant_id=request.tenant_id)
        arguments = request.model_dump(exclude={"body"})
        await self.database.call("spool_put", **arguments, body=request.body.encode())
        log.info("spooled_in_postgresql", extra={"behind_s3": request.behind_s3})

    async def arrived(self, arrivals: Arrivals) -> int:
        """Note what came in."""
        told = arrivals.model_dump(mode="json")["arrivals"]
        new: int = await self.database.call("ledger_arrive", arrivals=told)
        return new


async def keeping_of(request: Request) -> Keeping:
    """What `wire` made; async, so that FastAPI does not take a thread for it."""
    keeping: Keeping = request.state.kit.keeping
    return keeping


Known = Annotated[Keeping, Depends(keeping_of)]


@router.post("/state/spool")
async def spool(request: SpoolRequest, keeping: Known) -> Kept:
    """Keep events that neither the broker nor S3 took."""
    await keeping.spool(request)
    return Kept()


@router.post("/state/arrivals")
async def arrivals(request: Arrivals, keeping: Known) -> Arrived:
    """Note messages that were answered 200."""
    return Arrived(new=await keeping.arrived(request))
