"""wa-api and genesys-api against the strict simulators, faults switched on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest
import requests

from local.sandbox.client import Sandbox
from shared.messaging.outcomes import SendOutcome
from tests.delivery.bodies import CHANNEL, INTEGRATION
from tests.delivery.conftest import DROPPED, Delivery, launch, token_answer
from tests.delivery.provider import NUMBER, TEXT, TOKEN
from tests.moments import told_at
from tests.support import sandbox_process
from tests.waits import WAIT_S

PHONE_ID = "106540352242922"
CLIENT = {"client_id": "client", "client_secret": "secret-of-the-client"}
WORLD: dict[str, Any] = {
    "apps": [
        {
            "name": "app",
            "app_secret": "s" * 16,
            "callback_url": "http://127.0.0.1:1/",
            "verify_token": "v",
        }
    ],
    "phone_numbers": [
        {
            "phone_number_id": PHONE_ID,
            "waba_id": "102290129340398",
            "display_phone_number": "15550783881",
            "app": "app",
        }
    ],
    "access_tokens": [{"token": TOKEN, "phone_number_ids": [PHONE_ID]}],
    "orgs": [
        {
            "name": "org",
            "region": "mypurecloud.de",
            "clients": [CLIENT],
            "integrations": [
                {
                    "integration_id": INTEGRATION,
                    "webhook_url": "http://127.0.0.1:1/",
                    "webhook_secret": "w" * 16,
                }
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def simulators() -> Iterator[Sandbox]:
    with sandbox_process() as (client, _):
        yield client


@pytest.fixture(scope="module")
def launched(
    simulators: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Delivery]]:
    folder = tmp_path_factory.mktemp("sandbox")
    addresses = {
        "GRAPH_API_BASE_URL": simulators.graph_url,
        "GENESYS_API_BASE_URL": simulators.genesys_url,
    }
    with ExitStack() as stack:
        names = ("wa-api", "genesys-api")
        yield {name: launch(stack, folder, name, **addresses) for name in names}


@pytest.fixture
def sandbox(simulators: Sandbox) -> Iterator[Sandbox]:
    """A world of its own for each test: no faults, no messages, no limits."""
    simulators.clear_faults()
    simulators.setup(WORLD)
    simulators.settings(limits="off", graph={"statuses": []})
    simulators.clear()
    yield simulators
    simulators.drop_webhooks()


def login(sandbox: Sandbox) -> str:
    answer = requests.post(
        f"{sandbox.login_url}/oauth/token",
        auth=(CLIENT["client_id"], CLIENT["client_secret"]),
        data={"grant_type": "client_credentials"},
        timeout=WAIT_S,
    )
    return str(answer.json()["access_token"])


Send = Callable[..., SendOutcome]


@pytest.fixture
def whatsapp(launched: dict[str, Delivery], sandbox: Sandbox) -> Send:
    """Sends a text, or what is said instead."""
    del sandbox  # its world has to stand before the first send
    function = launched["wa-api"]
    function.begin((), (token_answer(TOKEN), DROPPED, token_answer(TOKEN)))

    def send(**text: Any) -> SendOutcome:
        body = {"messaging_product": "whatsapp", "to": NUMBER, "type": "text"}
        body |= {"text": {"body": TEXT}} | text
        return post(function, "/whatsapp/send", phone_number_id=PHONE_ID, body=body)

    return send


@pytest.fixture
def genesys(launched: dict[str, Delivery], sandbox: Sandbox) -> Send:
    """Sends to Genesys: a message, or what `path` and `body` say."""
    function = launched["genesys-api"]
    tokens = (token_answer(login(sandbox)), DROPPED, token_answer(login(sandbox)))
    function.begin((), tokens)

    def send(path: str = "messages", body: dict[str, Any] | None = None) -> SendOutcome:
        where = {"integration_id": INTEGRATION, "region": "mypurecloud.de"}
        return post(function, f"/genesys/{path}", **where, body=body or message())

    return send


def post(function: Delivery, path: str, **request: Any) -> SendOutcome:
    whole = {"tenant_id": function.tenant_id, "channel_id": CHANNEL, **request}
    response = function.post(path, whole)
    assert response.status_code == 200, response.text
    return SendOutcome.model_validate_json(response.content)


def message() -> dict[str, Any]:
    return {
        "channel": {
            "messageId": f"wamid.{uuid4().hex}",
            "from": {"id": f"+{NUMBER}", "idType": "Phone", "nickname": "Ōsaka"},
            "time": told_at(),
        },
        "text": TEXT,
    }


def receipt(id_: str) -> dict[str, Any]:
    to = {"id": f"+{NUMBER}", "idType": "Phone"}
    channel = {"to": to, "time": told_at(seconds=1)}
    return {"id": id_, "channel": channel, "status": "Delivered", "isFinalReceipt": True}


def got(sandbox: Sandbox, side: str) -> list[str | None]:
    """The texts that arrived at a side."""
    return [text for thread in sandbox.conversations(side=side) for text in thread.texts("got")]


def code_of(outcome: SendOutcome) -> tuple[str, str]:
    assert outcome.error is not None
    return outcome.outcome, outcome.error.provider_code


def test_a_message_arrives_at_whatsapp_under_the_id_it_came_back_with(
    sandbox: Sandbox, whatsapp: Send
) -> None:
    outcome = whatsapp()
    (thread,) = sandbox.conversations(side="whatsapp")
    assert [(each.id, each.text) for each in thread.messages] == [(outcome.id, TEXT)]
    assert outcome.wa_id == NUMBER


def test_a_message_arrives_at_genesys_and_its_conversation_is_known(
    sandbox: Sandbox, genesys: Send
) -> None:
    outcome = genesys()
    (thread,) = sandbox.conversations(side="genesys")
    assert thread.conversation_id == outcome.conversation_id
    assert [(each.id, each.text) for each in thread.messages] == [(outcome.id, TEXT)]
    assert outcome.trace is not None


def test_a_receipt_for_a_known_message_is_taken(sandbox: Sandbox, genesys: Send) -> None:
    sent = sandbox.agent_says(INTEGRATION, f"+{NUMBER}", "hello", wait=False)
    assert genesys("receipts", receipt(sent.id)).outcome == "accepted"


def test_a_receipt_for_an_unknown_message_is_refused_for_good(genesys: Send) -> None:
    outcome = genesys("receipts", receipt("0" * 32))
    assert code_of(outcome) == ("refused", "UnknownMessage")
    assert outcome.error is not None
    assert not outcome.error.retryable


def test_a_closed_window_asks_for_a_template(sandbox: Sandbox, whatsapp: Send) -> None:
    sandbox.settings(limits="real")
    outcome = whatsapp()
    assert code_of(outcome) == ("refused", "131047")
    assert outcome.error is not None
    assert outcome.error.action == "template"


def test_a_body_that_meta_refuses_is_final(whatsapp: Send) -> None:
    outcome = whatsapp(text={"body": "x" * 4097})
    assert outcome.error is not None
    assert (outcome.outcome, outcome.error.retryable) == ("refused", False)


def test_a_body_that_genesys_refuses_is_final(genesys: Send) -> None:
    outcome = genesys(body=message() | {"channel": {"from": {"id": NUMBER, "idType": TEXT}}})
    assert outcome.error is not None
    assert (outcome.outcome, outcome.error.retryable) == ("refused", False)


def test_a_moments_fault_of_meta_costs_one_message_nothing(
    sandbox: Sandbox, whatsapp: Send
) -> None:
    sandbox.fault("graph", "status", code=131000, count=1)
    assert whatsapp().outcome == "accepted"
    assert got(sandbox, "whatsapp") == [TEXT]


def test_an_answer_lost_after_meta_took_it_is_unknown_and_one_message(
    sandbox: Sandbox, whatsapp: Send
) -> None:
    sandbox.fault("graph", "drop_after_accept", count=1)
    assert code_of(whatsapp()) == ("unknown", "connection_lost")
    assert got(sandbox, "whatsapp") == [TEXT]


def test_a_cut_before_meta_read_it_is_unknown_too(sandbox: Sandbox, whatsapp: Send) -> None:
    sandbox.fault("graph", "drop_before", count=1)
    assert code_of(whatsapp()) == ("unknown", "connection_lost")
    assert got(sandbox, "whatsapp") == []


def test_an_answer_that_takes_too_long_is_unknown(sandbox: Sandbox, whatsapp: Send) -> None:
    sandbox.fault("graph", "delay", delay_ms=20_000, count=1)
    assert code_of(whatsapp()) == ("unknown", "read_timeout")


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_page_of_html_is_unknown(sandbox: Sandbox, whatsapp: Send, status: int) -> None:
    sandbox.fault("graph", "html_5xx", status=status, count=1)
    assert code_of(whatsapp()) == ("unknown", f"http_{status}")


@pytest.mark.parametrize(
    ("code", "retryable", "hold"),
    [(190, True, True), (131031, False, False), (80007, True, False), (131056, True, False)],
)
def test_metas_codes_come_through(
    sandbox: Sandbox, whatsapp: Send, code: int, *, retryable: bool, hold: bool
) -> None:
    sandbox.fault("graph", "status", code=code, seconds=5)
    outcome = whatsapp()
    assert code_of(outcome) == ("refused", str(code))
    assert outcome.error is not None
    assert (outcome.error.retryable, outcome.error.hold_tenant) == (retryable, hold)


def test_a_revoked_genesys_token_is_replaced_within_the_call(
    sandbox: Sandbox, genesys: Send, launched: dict[str, Delivery]
) -> None:
    sandbox.revoke_tokens()
    fresh = token_answer(login(sandbox))
    revoked = token_answer("revoked-token-of-genesys")
    launched["genesys-api"].auth.play(revoked, DROPPED, fresh)
    assert genesys().outcome == "accepted"
    assert got(sandbox, "genesys") == [TEXT]


def test_a_429_of_genesys_says_when_to_come_back(sandbox: Sandbox, genesys: Send) -> None:
    sandbox.fault("genesys", "status", status=429, retry_after=7, count=1)
    outcome = genesys()
    assert outcome.error is not None
    assert (outcome.outcome, outcome.error.retry_after) == ("refused", 7)


def test_a_message_that_genesys_may_have_is_repeatable_with_the_same_id(
    sandbox: Sandbox, genesys: Send
) -> None:
    sandbox.settings(genesys={"dedupe": True})
    sandbox.fault("genesys", "drop_after_accept", count=1)
    body = message()
    first = genesys(body=body)
    assert code_of(first) == ("unknown", "connection_lost")
    assert first.error is not None
    assert first.error.retryable
    assert genesys(body=body).outcome == "accepted"
    assert got(sandbox, "genesys") == [TEXT]
