"""Calls on somebody's behalf: the gateway says whose, the callee serves that tenant alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import jwt
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Scope

from shared.runtime.errors import Unauthorised
from shared.runtime.function import Function, Resources, Theirs
from shared.runtime.incoming import Incoming
from shared.runtime.service_auth import LIFETIME_S, OnBehalf, ServiceTokens
from shared.runtime.settings import Settings
from tests.waits import WAIT_S

KEY = "k" * 40
ACME = OnBehalf("key:acme", "0f1e2d3c-0000-4000-8000-000000000001", frozenset({"messages:read"}))
BEAN = OnBehalf("key:bean", "0f1e2d3c-0000-4000-8000-000000000002", frozenset())


@asynccontextmanager
async def nothing(_: Settings) -> AsyncIterator[Resources]:
    yield Resources()


async def no_body() -> Message:
    return {"type": "http.request"}


def ask(on_behalf: OnBehalf | None, theirs: Theirs | None) -> int:
    """Status of a call to a function that serves `theirs`."""
    function = Function("state", Settings, nothing, theirs=theirs)

    @function.entry
    async def handle(request: Request) -> Any:
        return PlainTextResponse(request.state.caller.actor)

    token = ServiceTokens("api-gateway", KEY).mint("state", on_behalf)
    headers = [(b"authorization", f"Bearer {token}".encode())]
    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    incoming = Incoming(scope, no_body, limit=0, seconds=WAIT_S, room=None)
    scope["state"] = {"service_tokens": ServiceTokens("state", KEY), "incoming": incoming}

    async def answer() -> int:
        return int((await handle(Request(scope))).status_code)

    return asyncio.run(answer())


def test_whom_a_call_is_for_comes_out_as_it_went_in() -> None:
    token = ServiceTokens("api-gateway", KEY).mint("state", ACME)
    caller = ServiceTokens("state", KEY).identify(token, "state")
    assert (caller.name, caller.on_behalf) == ("api-gateway", ACME)
    assert caller.actor == "api-gateway:key:acme"


def test_each_gets_a_token_of_their_own_and_the_same_again() -> None:
    tokens = ServiceTokens("api-gateway", KEY)
    assert tokens.mint("state", ACME) == tokens.mint("state", ACME)
    assert len({tokens.mint("state", who) for who in (None, ACME, BEAN)}) == 3


def test_a_function_that_serves_nobody_elses_concern_refuses_them_all() -> None:
    assert ask(None, None) == 200
    assert ask(ACME, None) == 403


def test_a_function_serves_those_whose_it_is_alone() -> None:
    def acme_alone(_: Request, whom: OnBehalf) -> bool:
        return whom.tenant_id == ACME.tenant_id

    assert ask(ACME, acme_alone) == 200
    assert ask(BEAN, acme_alone) == 403
    assert ask(None, acme_alone) == 200


@pytest.mark.parametrize("claim", ["acme", {}, {"sub": "x", "tenant": None}, {"scope": 3}])
def test_a_claim_of_another_shape_is_refused(claim: object) -> None:
    tokens = ServiceTokens("api-gateway", KEY)
    claims = jwt.decode(tokens.mint("state"), options={"verify_signature": False})
    forged = jwt.encode({**claims, "act": claim}, KEY, "HS256")
    assert claims["exp"] - claims["iat"] == LIFETIME_S
    with pytest.raises(Unauthorised):
        ServiceTokens("state", KEY).identify(forged, "state")
