"""Calls of the delivery functions: whatever becomes of the call, the caller gets an outcome."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pydantic import ValidationError

from shared.messaging.outcomes import SendOutcome, not_sent
from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.services.delivery import GenesysApiClient, GenesysSend, WaApiClient, WhatsAppSend
from tests.delivery.bodies import CHANNEL, INTEGRATION, KEY, TENANT
from tests.delivery.provider import NUMBER, TEXT, Provider, Reply, assert_clean, cut, hang, reply
from tests.waits import WAIT_S

WHATSAPP = WhatsAppSend(
    tenant_id=TENANT, channel_id=CHANNEL, phone_number_id="1", body={"to": NUMBER, "text": TEXT}
)
GENESYS = GenesysSend(
    tenant_id=TENANT,
    channel_id=CHANNEL,
    integration_id=INTEGRATION,
    region="mypurecloud.de",
    body={"channel": {"from": {"id": NUMBER}}, "text": TEXT},
)

Use = Callable[[Peer, float], Awaitable[SendOutcome]]

# A limit is short only where the test waits for its end.
QUICK_S = 0.3


def whatsapp(peer: Peer, timeout: float) -> Awaitable[SendOutcome]:
    return WaApiClient(peer, timeout=timeout).send(WHATSAPP)


def message(peer: Peer, timeout: float) -> Awaitable[SendOutcome]:
    return GenesysApiClient(peer, timeout=timeout).message(GENESYS)


def receipt(peer: Peer, timeout: float) -> Awaitable[SendOutcome]:
    return GenesysApiClient(peer, timeout=timeout).receipt(GENESYS)


def structured(peer: Peer, timeout: float) -> Awaitable[SendOutcome]:
    return GenesysApiClient(peer, timeout=timeout).structured(GENESYS)


def run(use: Use, url: str, timeout: float = WAIT_S) -> SendOutcome:
    async def once() -> SendOutcome:
        async with http_session() as session:
            peer = Peer(session, name="x", url=url, tokens=ServiceTokens("t", KEY))
            return await use(peer, timeout)

    outcome = asyncio.run(once())
    assert_clean(outcome.model_dump_json())
    return outcome


PROBLEM = {"status": 0, "code": "c", "detail": "the words of the problem", "title": "t"}
ENDINGS: list[tuple[str, Reply, str, bool]] = [
    ("unavailable", reply(503, PROBLEM, Retry_After="4"), "refused", True),
    ("not deployed", reply(404, b"no"), "refused", True),
    ("service token refused", reply(401, PROBLEM), "refused", True),
    ("bad request", reply(422, PROBLEM), "refused", False),
    ("too large", reply(413, PROBLEM), "refused", False),
    ("internal error", reply(500, PROBLEM), "unknown", False),
    ("gateway timeout", reply(504, b"<html>"), "unknown", False),
    ("garbage", reply(200, b"<html>"), "unknown", False),
    ("an outcome that contradicts itself", reply(200, {"outcome": "refused"}), "unknown", False),
    ("cut", cut, "unknown", False),
    ("hang", hang, "unknown", False),
]


@pytest.mark.parametrize(("_", "answer", "expected", "retryable"), ENDINGS)
@pytest.mark.parametrize("use", [whatsapp, message, receipt, structured])
def test_every_ending_of_a_call_is_an_outcome(
    _: str, answer: Reply, expected: str, use: Use, *, retryable: bool
) -> None:
    with Provider.running(answer) as provider:
        outcome = run(use, provider.url, QUICK_S if answer is hang else WAIT_S)
    assert outcome.error is not None
    # Genesys takes a repeat with the same id and time; a repeat to WhatsApp is a second message.
    repeatable = retryable or (expected == "unknown" and use is not whatsapp)
    assert (outcome.outcome, outcome.error.retryable) == (expected, repeatable)


@pytest.mark.parametrize("use", [whatsapp, message, receipt, structured])
def test_a_function_that_is_not_there_got_nothing(use: Use) -> None:
    outcome = run(use, "http://127.0.0.1:1")
    assert outcome.error is not None
    assert (outcome.outcome, outcome.error.retryable) == ("refused", True)


def test_the_wait_that_the_function_asks_for_is_kept() -> None:
    with Provider.running(reply(503, PROBLEM, Retry_After="4")) as provider:
        outcome = run(whatsapp, provider.url)
    assert outcome.error is not None
    assert outcome.error.retry_after == 4


@pytest.mark.parametrize(
    ("use", "path"),
    [
        (whatsapp, "/whatsapp/send"),
        (message, "/genesys/messages"),
        (receipt, "/genesys/receipts"),
        (structured, "/genesys/structured"),
    ],
)
def test_the_outcome_comes_back_as_it_was_given(use: Use, path: str) -> None:
    for given in (SendOutcome.accepted("i", wa_id="1"), SendOutcome.refused(not_sent("c", "d"))):
        with Provider.running(reply(200, given.model_dump_json().encode())) as provider:
            assert run(use, provider.url) == given
        assert provider.seen[0].path == path


@pytest.mark.parametrize("bad", ["1/../2", "", "1?x", "12 34", "x", "1" * 33, "1\n"])
def test_a_phone_number_id_is_digits_or_nothing(bad: str) -> None:
    with pytest.raises(ValidationError):
        WhatsAppSend(tenant_id=TENANT, channel_id=CHANNEL, phone_number_id=bad, body={})


@pytest.mark.parametrize("bad", ["a/b", "", "..", "a?b", "a\n", "ü"])
def test_an_integration_id_can_not_leave_its_place_in_the_path(bad: str) -> None:
    with pytest.raises(ValidationError):
        GenesysSend(tenant_id=TENANT, channel_id=CHANNEL, integration_id=bad, region="r", body={})
