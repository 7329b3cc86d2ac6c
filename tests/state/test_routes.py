"""The two hot routes and the same routes of the app are one thing."""

from typing import Any

import orjson
import pytest
from fastapi import FastAPI

from state_service.routes import HOT_ROUTES, router, state_of
from state_service.state import State
from tests.state.desk import Desk, accepted


async def through_app(desk: Desk, path: str, body: bytes) -> Any:
    """What the app makes of a POST, without a server."""

    async def known() -> State:
        return desk.state

    app = FastAPI()
    app.include_router(router)
    app.dependency_overrides[state_of] = known
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": headers,
        "query_string": b"",
    }
    await app(scope, receive, send)
    assert sent[0]["status"] == 200
    return orjson.loads(b"".join(message.get("body", b"") for message in sent[1:]))


async def through_hot_route(desk: Desk, path: str, body: bytes) -> Any:
    answer = await HOT_ROUTES["POST", path](desk.state, body)
    assert answer.status_code == 200
    return orjson.loads(bytes(answer.body))


@pytest.mark.parametrize("ask", [through_app, through_hot_route])
def test_both_claim_and_complete(desk: Desk, ask: Any) -> None:
    request = desk.request("m")
    claim = desk.runner.run(ask(desk, "/state/claim", request.model_dump_json().encode()))
    assert (claim["outcome"], claim["attempt_id"]) == ("claimed", request.attempt_id)
    body = desk.completion(request, accepted(1, "wamid.1")).model_dump_json().encode()
    assert desk.runner.run(ask(desk, "/state/complete", body)) == {"receipt": None}
    assert desk.message("wamid.1").state == "done"
