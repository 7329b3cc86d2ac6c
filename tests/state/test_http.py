"""The served function, asked over HTTP as the other functions ask it."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests

from local.services import Endpoints
from shared.runtime.errors import BadInput, Conflict, NotFound, Unavailable
from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.services.state import (
    ClaimRequest,
    CompleteRequest,
    IdentityChange,
    Notice,
    PartResult,
    Preference,
    ReceiptConfirmed,
    RecordedMessage,
    RecordRequest,
    ReleaseRequest,
    StateClient,
    StatusUpdate,
    Undelivered,
)
from tests.ports import free_port
from tests.programs import Program
from tests.state.desk import NOON, new_id
from tests.support import answers, start_function, wait_until
from tests.waits import WAIT_S

KEY = "a-service-token-key-of-forty-characters!"
WAMID = "wamid.HBgNNDk/MTcw+w=="
T = TypeVar("T")


def serve(tmp: Path, database_url: str, redis_url: str) -> tuple[str, Program]:
    port = free_port()
    settings = {"SERVICE_TOKEN_KEY": KEY, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
    process = start_function("functions/state/handler.py", port, tmp / "state.log", **settings)
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: answers(url + "/healthz"))
    return url, process


@pytest.fixture(scope="module")
def url(migrated: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    database_url = migrated.database_url("functions")
    url, process = serve(tmp_path_factory.mktemp("state"), database_url, migrated.redis_url)
    yield url
    process.send_signal(signal.SIGTERM)
    assert process.wait(WAIT_S) == 0


def ask(url: str, work: Callable[[StateClient], Awaitable[T]]) -> T:
    async def main() -> T:
        async with http_session() as session:
            tokens = ServiceTokens("inbound-transform", KEY)
            return await work(StateClient(Peer(session, name="state", url=url, tokens=tokens)))

    return asyncio.run(main())


def key(**changes: Any) -> dict[str, Any]:
    return {
        "tenant_id": new_id(),
        "channel_id": new_id(),
        "direction": "outbound",
        "source_id": "0a1b",
    } | changes


def request(mine: dict[str, Any]) -> ClaimRequest:
    told = {"customer": "491701", "kind": "text", "occurred_at": NOON, "event_id": "e"}
    return ClaimRequest.model_validate(mine | told | {"conversation_id": "conv-1"})


def test_a_message_s_whole_life(url: str) -> None:
    mine = key()
    scope = {name: mine[name] for name in ("tenant_id", "channel_id")}

    async def life(state: StateClient) -> None:
        claim = await state.claim(request(mine))
        assert claim.attempt_id is not None
        done = mine | {"attempt_id": claim.attempt_id}
        part = PartResult(part=1, outcome="accepted", target_id=WAMID)
        completed = await state.complete(CompleteRequest(**done, parts=[part]))
        assert completed.receipt is None
        update = StatusUpdate(**scope, status="delivered", occurred_at=NOON)
        advanced = await state.advance(WAMID, update)
        assert advanced.receipt is not None
        confirmed = ReceiptConfirmed(
            **scope, source_id=advanced.receipt.source_id, status=advanced.receipt.status
        )
        assert (await state.confirm_receipt(confirmed)).confirmed
        found = await state.message(WAMID, tenant_id=mine["tenant_id"])
        assert (found.state, found.receipt_status) == ("done", "Delivered")
        for _ in range(2):
            conversation = await state.conversation("conv-1", **scope)
            assert conversation.customer == "491701"
        history = await state.history("conv-1", tenant_id=mine["tenant_id"], limit=5)
        assert [m.source_id for m in history.messages] == ["0a1b"]

    ask(url, life)


def test_a_claim_can_be_given_back(url: str) -> None:
    mine = key()

    async def twice(state: StateClient) -> list[str]:
        first = await state.claim(request(mine))
        assert first.attempt_id is not None
        back = ReleaseRequest(**mine, attempt_id=first.attempt_id, reason="not yet")
        assert (await state.release(back)).released
        return [first.outcome, (await state.claim(request(mine))).outcome]

    assert ask(url, twice) == ["claimed", "claimed"]


def test_what_is_said_of_people_is_kept(url: str) -> None:
    mine = key()
    scope = {name: mine[name] for name in ("tenant_id", "channel_id")}
    who = {"wa_id": "491701", "bsuid": "DE.1"}
    echo = {"direction": "outbound", "source_id": WAMID, "kind": "text", "occurred_at": NOON}

    async def told(state: StateClient) -> None:
        claim = await state.claim(request(mine).model_copy(update=who | {"reply_to": WAMID}))
        assert (claim.wa_id, claim.bsuid, claim.quoted) == ("491701", "DE.1", None)
        messages = [RecordedMessage.model_validate(echo | {"customer": "491701"} | who)]
        recorded = await state.record(RecordRequest(**scope, messages=messages))
        assert (recorded.recorded, recorded.known) == (1, 0)
        change = {"previous": who, "current": {"wa_id": "491799"}, "occurred_at": NOON}
        linked = await state.link(
            IdentityChange.model_validate(change | {"tenant_id": mine["tenant_id"]})
        )
        assert linked.customer == "491701"
        found = await state.customer("491799", **scope)
        assert (found.customer, found.wa_id) == ("491701", "491799")
        wish = {"category": "marketing_messages", "value": "stop", "occurred_at": NOON}
        preferred = await state.prefer(Preference.model_validate(scope | who | wish))
        assert (preferred.customer, preferred.changed) == ("491701", True)
        news = {"provider": "meta", "field": "account_update", "severity": "info", "value": {}}
        notice = Notice.model_validate(scope | news | {"occurred_at": NOON, "event_id": "e"})
        assert [(await state.notice(notice)).new for _ in range(2)] == [True, False]
        failed = Undelivered(**scope, target_id="g1", error={"title": "no"})
        assert not (await state.undelivered(failed)).known
        with pytest.raises(NotFound):
            await state.customer("nobody", **scope)

    ask(url, told)


def test_what_is_wrong_has_its_name(url: str) -> None:
    mine = key()

    async def wrong(state: StateClient) -> None:
        with pytest.raises(Conflict):
            await state.complete(CompleteRequest(**mine, attempt_id=new_id(), parts=[]))
        with pytest.raises(NotFound):
            await state.message("none", tenant_id=mine["tenant_id"])
        with pytest.raises(NotFound):
            await state.conversation("none", tenant_id=new_id(), channel_id=new_id())
        with pytest.raises(BadInput):
            await state.message("none", tenant_id="acme")

    ask(url, wrong)


def post(url: str, path: str, body: bytes, **headers: str) -> requests.Response:
    token = ServiceTokens("inbound-transform", KEY).mint("state")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | headers
    return requests.post(url + path, data=body, headers=headers, timeout=WAIT_S)


BAD_BODIES = [
    b"",
    b"{",
    b"[]",
    b'"sesame"',
    b'{"source_id": "sesame"}',
    b'{"source_id": "sesame \xff"}',
    b'{"source_id": "sesame \\ud800"}',
    b"[" * 10_000,
]


@pytest.mark.parametrize("path", ["/state/claim", "/state/complete"])
@pytest.mark.parametrize("body", BAD_BODIES)
def test_a_bad_body_is_a_422_that_repeats_none_of_it(url: str, path: str, body: bytes) -> None:
    answer = post(url, path, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert "sesame" not in answer.text


@pytest.mark.parametrize("body", BAD_BODIES)
def test_fastapi_s_routes_refuse_it_as_well(url: str, body: bytes) -> None:
    answer = post(url, "/state/release", body)
    assert answer.status_code in {400, 422}
    assert "sesame" not in answer.text


@pytest.mark.parametrize("path", ["/state/claim", "/state/release"])
def test_a_stranger_is_turned_away(url: str, path: str) -> None:
    assert post(url, path, b"{}", Authorization="Bearer no").status_code == 401


def test_the_routes_are_described(url: str) -> None:
    token = ServiceTokens("x", KEY).mint("state")
    headers = {"Authorization": f"Bearer {token}"}
    paths = requests.get(url + "/openapi.json", headers=headers, timeout=WAIT_S).json()["paths"]
    assert {(method, path) for path, methods in paths.items() for method in methods} == {
        ("post", "/state/claim"),
        ("post", "/state/complete"),
        ("post", "/state/release"),
        ("post", "/state/receipt"),
        ("patch", "/state/message/{message_id}"),
        ("get", "/state/message/{message_id}"),
        ("get", "/state/conversation/{conversation_id}"),
        ("get", "/state/conversation/{conversation_id}/messages"),
        ("get", "/state/customer/{customer}"),
        ("get", "/state/messages"),
        ("post", "/state/record"),
        ("post", "/state/identity"),
        ("post", "/state/preference"),
        ("post", "/state/notice"),
        ("post", "/state/undelivered"),
        ("post", "/state/spool"),
        ("post", "/state/arrivals"),
    }


def test_without_redis_it_is_ready_and_works(migrated: Endpoints, tmp_path: Path) -> None:
    nowhere = f"redis://127.0.0.1:{free_port()}"
    url, process = serve(tmp_path, migrated.database_url("functions"), nowhere)
    try:
        assert answers(url + "/readyz")
        mine = key()
        scope = {name: mine[name] for name in ("tenant_id", "channel_id")}
        assert ask(url, lambda state: state.claim(request(mine))).outcome == "claimed"
        found = ask(url, lambda state: state.conversation("conv-1", **scope))
        assert found.customer == "491701"
    finally:
        process.terminate()
        process.wait(WAIT_S)


def test_without_postgres_it_is_not_ready_and_says_so(migrated: Endpoints, tmp_path: Path) -> None:
    nowhere = f"postgresql://u:p@127.0.0.1:{free_port()}/none"
    url, process = serve(tmp_path, nowhere, migrated.redis_url)
    try:
        assert not answers(url + "/readyz")
        with pytest.raises(Unavailable):
            ask(url, lambda state: state.claim(request(key())))
    finally:
        process.terminate()
        process.wait(WAIT_S)
