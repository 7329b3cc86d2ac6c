"""Routes of the auth function: tokens, word of refused ones, and a look at a whole tenant."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from auth_service.checking import Checking
from auth_service.issuer import Issuer
from shared.services.auth import Accepted, Invalidated, Invalidation, Token, TokenRequest
from shared.services.checks import CheckRequest, TenantChecked

router = APIRouter(prefix="/auth")

# The dependencies are async so that FastAPI does not take a thread for each.


async def _issuer(request: Request) -> Issuer:
    issuer: Issuer = request.state.kit.issuer
    return issuer


async def _checking(request: Request) -> Checking:
    checking: Checking = request.state.kit.checking
    return checking


Tokens = Annotated[Issuer, Depends(_issuer)]


@router.post("/token")
async def token(body: TokenRequest, issuer: Tokens) -> Token:
    """A usable token of the tenant's credential."""
    return await issuer.token(body)


@router.post("/invalidate")
async def invalidate(body: Invalidation, issuer: Tokens) -> Invalidated:
    """The provider refused a token: forget it, unless a newer one is here."""
    return Invalidated(dropped=await issuer.invalidate(body))


@router.post("/accepted")
async def accepted(body: Accepted, issuer: Tokens) -> Accepted:
    """The provider took a token: its credential is good."""
    await issuer.accepted(body)
    return body


@router.post("/check")
async def check(
    body: CheckRequest, checking: Annotated[Checking, Depends(_checking)]
) -> TenantChecked:
    """A tenant held against both providers: what is so, and what to mend. No secret."""
    return await checking.check(body.tenant)
