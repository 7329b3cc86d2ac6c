"""Both clients against a provider that plays every answer, and every way of giving none."""

import asyncio
import contextlib
import ssl
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from shared.genesys.client import GenesysClient
from shared.messaging.outcomes import SendOutcome
from shared.messaging.transport import ANSWER_LIMIT, Limits, provider_session
from shared.runtime.clock import utcnow
from shared.whatsapp.client import WhatsAppClient
from tests.delivery.provider import (
    NUMBER,
    TEXT,
    TOKEN,
    Provider,
    Reply,
    assert_clean,
    cut,
    hang,
    reply,
    reset,
    send,
    send_and_cut,
)
from tests.support import wait_until
from tests.waits import WAIT_S

# A limit is short only where the test waits for its end.
PATIENT = Limits(connect=WAIT_S, read=WAIT_S)
QUICK = Limits(connect=WAIT_S, read=0.3)
QUICK_AFTER_THE_HEAD = Limits(connect=WAIT_S, read=3.0)
INTEGRATION = "3f1c2d4e-aaaa-4000-8000-123456789abc"
WA_BODY: dict[str, Any] = {"messaging_product": "whatsapp", "to": NUMBER, "text": {"body": TEXT}}
GC_BODY: dict[str, Any] = {"channel": {"from": {"id": "+" + NUMBER}}, "text": TEXT}
WORDS = f'words {TOKEN} "{TEXT}" to +{NUMBER}'

Use = Callable[[aiohttp.ClientSession, str, Limits], Awaitable[SendOutcome]]


async def whatsapp(session: aiohttp.ClientSession, url: str, limits: Limits) -> SendOutcome:
    client = WhatsAppClient(session, base_url=url + "/", version="v23.0", limits=limits)
    return await client.send("106540352242922", SecretStr(TOKEN), WA_BODY)


async def message(session: aiohttp.ClientSession, url: str, limits: Limits) -> SendOutcome:
    client = GenesysClient(session, base_url=url, limits=limits)
    return await client.message(INTEGRATION, "mypurecloud.de", SecretStr(TOKEN), GC_BODY)


async def structured(session: aiohttp.ClientSession, url: str, limits: Limits) -> SendOutcome:
    client = GenesysClient(session, base_url=url, limits=limits)
    return await client.structured(INTEGRATION, "mypurecloud.de", SecretStr(TOKEN), GC_BODY)


async def receipt(session: aiohttp.ClientSession, url: str, limits: Limits) -> SendOutcome:
    client = GenesysClient(session, base_url=url, limits=limits)
    return await client.receipt(INTEGRATION, "mypurecloud.de", SecretStr(TOKEN), GC_BODY)


def run(use: Use, url: str, *, pool: int = 4, limits: Limits = PATIENT) -> SendOutcome:
    async def once() -> SendOutcome:
        async with provider_session(pool=pool) as session:
            return await use(session, url, limits)

    outcome = asyncio.run(once())
    assert_clean(outcome.model_dump_json(), repr(outcome))
    return outcome


def fate(outcome: SendOutcome) -> tuple[str, str, bool]:
    assert outcome.error is not None
    return outcome.outcome, outcome.error.provider_code, outcome.error.retryable


def meta_error(code: int) -> dict[str, Any]:
    return {"error": {"message": WORDS, "code": code, "fbtrace_id": "Abc123"}}


def genesys_error(code: str) -> dict[str, Any]:
    return {"code": code, "message": WORDS, "contextId": "c0ffee"}


ACCEPTED = {"contacts": [{"input": NUMBER, "wa_id": "491511"}], "messages": [{"id": "wamid.1"}]}
HUGE = b'{"messages":[{"id":"wamid.1"}],"x":"' + b"x" * (ANSWER_LIMIT + 1) + b'"}'
HALF = b'HTTP/1.1 %d words\r\nContent-Length: 100\r\n\r\n{"id":"half'

hang_after_the_head = send(HALF % 200)
HANGS = {hang: QUICK, hang_after_the_head: QUICK_AFTER_THE_HEAD}

LOST: list[tuple[str, Reply, str]] = [
    ("it hangs", hang, "read_timeout"),
    ("it cuts the connection", cut, "connection_lost"),
    ("it resets the connection", reset, "connection_lost"),
    ("it answers what is not HTTP", send(b"\x00\x01garbage\r\n\r\n"), "connection_lost"),
    ("it cuts in the head", send_and_cut(b"HTTP/1.1 200 OK\r\nContent-"), "connection_lost"),
]

WHATSAPP: list[tuple[str, Reply, tuple[str, str, bool]]] = [
    ("window closed", reply(400, meta_error(131047)), ("refused", "131047", False)),
    ("over the limit", reply(400, meta_error(130429)), ("refused", "130429", True)),
    ("down, says Meta", reply(503, meta_error(2)), ("refused", "2", True)),
    ("token expired", reply(401, meta_error(190)), ("refused", "190", True)),
    ("error with a 200", reply(200, meta_error(131026)), ("refused", "131026", False)),
    ("HTML 502", reply(502, b"<html>"), ("unknown", "http_502", False)),
    ("empty 504", reply(504), ("unknown", "http_504", False)),
    ("cut 500", send_and_cut(HALF % 500), ("unknown", "http_500", False)),
    ("cut 400", send_and_cut(HALF % 400), ("refused", "http_400", False)),
    ("cut 200", send_and_cut(HALF % 200), ("unknown", "answer_unreadable", False)),
    ("hang in a 200", hang_after_the_head, ("unknown", "answer_unreadable", False)),
    ("empty 200", reply(200), ("unknown", "answer_unreadable", False)),
    ("garbage 200", reply(200, b"<html>"), ("unknown", "answer_unreadable", False)),
    ("huge 200", reply(200, HUGE), ("unknown", "answer_unreadable", False)),
    ("huge 400", reply(400, HUGE), ("refused", "http_400", False)),
    ("no message id", reply(200, {"messages": [{}]}), ("unknown", "answer_unreadable", False)),
    ("messages no list", reply(200, {"messages": 5}), ("unknown", "answer_unreadable", False)),
    ("redirect", reply(302, Location="http://127.0.0.1:1/"), ("refused", "http_302", True)),
]

GENESYS: list[tuple[str, Reply, tuple[str, str, bool]]] = [
    ("bad", reply(400, genesys_error("bad.request")), ("refused", "bad.request", False)),
    ("429", reply(429, b"", Retry_After="9"), ("refused", "http_429", True)),
    ("401", reply(401, genesys_error("bad.credentials")), ("refused", "bad.credentials", True)),
    ("500", reply(500, b"<html>"), ("unknown", "http_500", True)),
    (
        "503",
        reply(503, genesys_error("service.unavailable")),
        ("refused", "service.unavailable", True),
    ),
    ("cut 202", send_and_cut(HALF % 202), ("unknown", "answer_unreadable", False)),
    ("garbage 202", reply(202, b"<html>"), ("unknown", "answer_unreadable", False)),
    ("huge 202", reply(202, HUGE), ("unknown", "answer_unreadable", False)),
    (
        "failed in a 202",
        reply(202, {"status": "Failed", "reasons": [{"code": "UnknownMessage", "message": WORDS}]}),
        ("refused", "UnknownMessage", False),
    ),
    ("redirect", reply(307, Location="http://127.0.0.1:1/"), ("refused", "http_307", True)),
]


def ids(cases: list[tuple[str, Reply, Any]]) -> list[str]:
    return [case[0] for case in cases]


@pytest.mark.parametrize(("_", "answer", "expected"), WHATSAPP, ids=ids(WHATSAPP))
def test_each_answer_of_meta_has_its_outcome(
    _: str, answer: Reply, expected: tuple[str, str, bool]
) -> None:
    with Provider.running(answer) as provider:
        outcome = run(whatsapp, provider.url, limits=HANGS.get(answer, PATIENT))
    assert fate(outcome) == expected
    assert len(provider.seen) == 1


@pytest.mark.parametrize(("_", "answer", "expected"), GENESYS, ids=ids(GENESYS))
@pytest.mark.parametrize("use", [message, receipt, structured])
def test_each_answer_of_genesys_has_its_outcome(
    _: str, answer: Reply, expected: tuple[str, str, bool], use: Use
) -> None:
    with Provider.running(answer) as provider:
        assert fate(run(use, provider.url)) == expected
    assert len(provider.seen) == 1


@pytest.mark.parametrize(("_", "answer", "code"), LOST, ids=ids(LOST))
@pytest.mark.parametrize(("use", "repeatable"), [(whatsapp, False), (message, True)])
def test_a_lost_answer_leaves_the_fate_unknown(
    _: str, answer: Reply, code: str, use: Use, *, repeatable: bool
) -> None:
    with Provider.running(answer) as provider:
        outcome = run(use, provider.url, limits=HANGS.get(answer, PATIENT))
    assert fate(outcome) == ("unknown", code, repeatable)
    assert len(provider.seen) == 1


@pytest.mark.parametrize("use", [whatsapp, message, receipt, structured])
def test_a_connection_closed_before_it_was_read_is_unknown_all_the_same(use: Use) -> None:
    with Provider.running(cut) as provider:
        provider.slam = b""
        assert fate(run(use, provider.url))[:2] == ("unknown", "connection_lost")


@pytest.mark.parametrize("use", [whatsapp, message, receipt, structured])
@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:1", "connect_failed"),
        ("http://no-such-host.invalid", "name_not_found"),
        ("http://", "bad_address"),
    ],
)
def test_what_never_left_is_refused_and_may_be_tried_again(use: Use, url: str, code: str) -> None:
    assert fate(run(use, url)) == ("refused", code, True)


def test_a_server_that_speaks_no_tls_gets_nothing() -> None:
    with Provider.running(cut) as provider:
        provider.slam = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        outcome = run(whatsapp, provider.url.replace("http:", "https:"))
    assert fate(outcome) == ("refused", "tls_failed", True)


def test_a_server_that_is_not_who_it_says_gets_nothing(tmp_path: Path) -> None:
    with Provider.running(reply(200, ACCEPTED)) as provider:
        provider.tls = self_signed(tmp_path)
        outcome = run(whatsapp, provider.url.replace("http:", "https:"))
    assert fate(outcome) == ("refused", "tls_failed", True)
    assert provider.seen == []


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's side of TLS with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder(issuer_name=name, subject_name=name)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(utcnow() - timedelta(days=1))
    certificate = builder.not_valid_after(utcnow() + timedelta(days=1)).sign(key, SHA256())
    text = certificate.public_bytes(Encoding.PEM) + key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_waiting_in_vain_for_a_free_connection_is_surely_not_sent() -> None:
    async def two(session: aiohttp.ClientSession, url: str, limits: Limits) -> SendOutcome:
        first = asyncio.create_task(whatsapp(session, url, limits))
        await asyncio.to_thread(wait_until, lambda: bool(provider.seen))
        second = await whatsapp(session, url, replace(limits, connect=0.2))
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
        return second

    with Provider.running(hang) as provider:
        assert fate(run(two, provider.url, pool=1)) == ("refused", "connect_timeout", True)
    assert len(provider.seen) == 1


def test_a_message_goes_to_meta_as_it_was_built() -> None:
    with Provider.running(reply(200, ACCEPTED, x_fb_trace_id="T1")) as provider:
        outcome = run(whatsapp, provider.url)
    assert outcome == SendOutcome.accepted("wamid.1", wa_id="491511", trace="T1")
    (seen,) = provider.seen
    assert (seen.method, seen.path) == ("POST", "/v23.0/106540352242922/messages")
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert seen.headers["content-type"] == "application/json"
    assert seen.json == WA_BODY
    assert TOKEN.encode() not in seen.body


def test_a_read_mark_is_accepted_without_an_id() -> None:
    with Provider.running(reply(200, {"success": True})) as provider:
        assert run(whatsapp, provider.url) == SendOutcome.accepted()


def test_a_message_goes_to_genesys_and_brings_its_conversation() -> None:
    answer = {"id": "ab" * 16, "conversationId": "conv-1", "channel": {}}
    with Provider.running(reply(202, answer, ININ_Correlation_Id="c-1")) as provider:
        outcome = run(message, provider.url)
    assert outcome == SendOutcome.accepted("ab" * 16, conversation_id="conv-1", trace="c-1")
    (seen,) = provider.seen
    assert seen.path == (
        f"/api/v2/conversations/messages/{INTEGRATION}/inbound/open/message"
        "?prefetchConversationId=true"
    )
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert seen.json == GC_BODY


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"id":"x","status":"Delivered"}'])
@pytest.mark.parametrize(
    ("use", "path"), [(receipt, "receipt"), (structured, "structured/response")]
)
def test_receipts_and_taps_need_no_id_to_be_accepted(answer: bytes, use: Use, path: str) -> None:
    with Provider.running(reply(200, answer)) as provider:
        assert run(use, provider.url).outcome == "accepted"
    assert provider.seen[0].path.endswith(f"/{INTEGRATION}/inbound/open/{path}")


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"conversationId":"c"}', b'{"id":null}'])
def test_a_message_without_an_id_is_unknown(answer: bytes) -> None:
    with Provider.running(reply(200, answer)) as provider:
        assert fate(run(message, provider.url)) == ("unknown", "answer_unreadable", False)


def test_without_a_base_url_the_region_names_the_host() -> None:
    async def none(session: aiohttp.ClientSession, _: str, limits: Limits) -> SendOutcome:
        client = GenesysClient(session, limits=limits)
        return await client.message(INTEGRATION, "region.invalid", SecretStr(TOKEN), GC_BODY)

    assert fate(run(none, "")) == ("refused", "name_not_found", True)


def test_the_trace_id_of_an_error_is_kept() -> None:
    with Provider.running(reply(400, meta_error(100))) as provider:
        outcome = run(whatsapp, provider.url)
    assert outcome.error is not None
    assert outcome.error.trace == "Abc123"
    assert outcome.error.detail.startswith("words …")


def test_a_cancelled_send_tells_no_secret() -> None:
    async def cancelled(session: aiohttp.ClientSession, url: str, limits: Limits) -> SendOutcome:
        task = asyncio.create_task(whatsapp(session, url, limits))
        await asyncio.to_thread(wait_until, lambda: bool(provider.seen))
        task.cancel()
        try:
            return await task
        except asyncio.CancelledError as error:
            assert_clean("".join(traceback.format_exception(error)))
            raise

    with Provider.running(hang) as provider, pytest.raises(asyncio.CancelledError):
        run(cancelled, provider.url)
