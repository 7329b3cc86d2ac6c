"""An agent's message reaches the customer once, or the agent is told why not."""

import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.messaging.envelope import Event
from shared.services.callback import callback_data
from shared.whatsapp.codes import CODES
from tests.delivery.provider import Connection, cut, hang
from tests.support import wait_until
from tests.transform_functions.stage import (
    GENESYS_AWAY,
    GENESYS_TAKES,
    META_TAKES,
    Stage,
    Tenant,
    again_in,
    hours_ago,
    meta_gives,
    meta_refuses,
    outcome,
    post,
)

BSUID = "DE.13491208655302741918"
LONG = " ".join(f"word{number:04d}" for number in range(1000))  # 8,999 code points: three parts
PAIR_LIMIT = meta_refuses(131056)  # the customer's line rests for four seconds
AWAY = meta_refuses(131016)  # may be tried again, and holds up nobody
UNDELIVERABLE = meta_refuses(131026)


def tracked(tenant: Tenant, event: Event, part: int = 1) -> str:
    """The callback data that went to Meta with a part."""
    return callback_data(tenant.desk.message(str(event.subject)).tracking_id, part)


def test_a_message_is_delivered_once(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_writes("good day")
    stage.meta.play(meta_gives(f"wamid.{tenant.number}"))
    assert outcome(stage.outbound, event) == "delivered"
    assert outcome(stage.outbound, event) == "duplicate"
    [sent] = tenant.at_meta()
    assert (sent["to"], sent["text"]["body"]) == (tenant.number, "good day")
    assert sent["biz_opaque_callback_data"] == tracked(tenant, event)
    part = tenant.desk.message(f"wamid.{tenant.number}").parts[0]
    assert (part.outcome, part.status) == ("accepted", "accepted")
    assert tenant.told() == []


def test_ten_deliveries_at_once_send_one(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_writes()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: post(stage.outbound, event).status_code, range(10)))
    assert len(tenant.at_meta()) == 1
    assert set(Counter(answers)) <= {200, 503}
    assert outcome(stage.outbound, event) == "duplicate"


def test_a_long_text_goes_on_after_the_part_that_was_not_taken(
    stage: Stage, tenant: Tenant
) -> None:
    event = tenant.agent_writes(LONG)
    stage.meta.play(META_TAKES, AWAY, META_TAKES)
    assert again_in(stage.outbound, event) is not None
    assert outcome(stage.outbound, event) == "delivered"
    first, lost, *rest = tenant.at_meta()
    assert lost == rest[0]
    pieces = [first, *rest]
    assert " ".join(piece["text"]["body"].strip() for piece in pieces) == LONG
    marks = [piece["biz_opaque_callback_data"] for piece in pieces]
    assert marks == [tracked(tenant, event, part) for part in (1, 2, 3)]


def test_a_refusal_for_good_is_told_to_the_agent_once(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_writes()
    stage.meta.play(UNDELIVERABLE)
    assert outcome(stage.outbound, event) == "refused"
    assert outcome(stage.outbound, event) == "duplicate"
    assert len(tenant.at_meta()) == 1
    [receipt] = tenant.receipts()
    assert (receipt["id"], receipt["status"], receipt["isFinalReceipt"]) == (
        event.subject,
        "Failed",
        True,
    )
    assert receipt["channel"]["to"] == {"id": f"+{tenant.number}", "idType": "Phone"}
    [reason] = receipt["reasons"]
    assert reason["code"] == "InvalidDestination"
    assert reason["message"] == CODES[131026].agent


def test_the_agent_is_told_also_when_genesys_was_away(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_writes()
    stage.meta.play(UNDELIVERABLE)
    stage.genesys.play(GENESYS_AWAY, GENESYS_AWAY, GENESYS_TAKES)
    assert [again_in(stage.outbound, event) for _ in range(2)] == ["7", "7"]
    assert outcome(stage.outbound, event) == "duplicate"
    assert outcome(stage.outbound, event) == "duplicate"
    assert len(tenant.at_meta()) == 1
    first, *others = tenant.receipts()  # two were turned away, the third was taken, none followed
    assert others == [first, first]


def test_a_part_refused_for_good_ends_the_message(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_writes(LONG)
    stage.meta.play(META_TAKES, UNDELIVERABLE)
    assert outcome(stage.outbound, event) == "refused"
    assert outcome(stage.outbound, event) == "duplicate"
    assert len(tenant.at_meta()) == 2
    assert tenant.told() == ["Failed"]


def test_a_lost_answer_waits_for_a_status_and_then_counts_as_delivered(
    stage: Stage, tenant: Tenant
) -> None:
    event = tenant.agent_writes()
    stage.meta.play(cut, META_TAKES)
    assert again_in(stage.outbound, event) == "1"
    assert again_in(stage.outbound, event) is not None
    mark = tracked(tenant, event)
    status = tenant.meta_tells("wamid.lost", "delivered", tracking_id=mark)
    assert outcome(stage.inbound, status) == "changed"
    assert outcome(stage.outbound, event) == "delivered"
    assert outcome(stage.outbound, event) == "duplicate"
    assert len(tenant.at_meta()) == 1
    assert tenant.told() == ["Delivered"]


def test_a_lost_answer_is_repeated_only_after_the_waiting_time(
    stage: Stage, tenant: Tenant
) -> None:
    event = tenant.agent_writes()
    stage.meta.play(cut, META_TAKES)
    assert again_in(stage.outbound, event) == "1"
    tenant.desk.grow_old(295, str(event.subject))
    assert int(again_in(stage.outbound, event) or 0) in range(1, 6)
    assert len(tenant.at_meta()) == 1
    tenant.desk.grow_old(6, str(event.subject))
    assert outcome(stage.outbound, event) == "delivered"
    assert len(tenant.at_meta()) == 2


def test_a_crash_with_a_send_in_flight_does_not_send_it_twice(stage: Stage, tenant: Tenant) -> None:
    event, source = tenant.agent_writes(), ""
    stage.meta.play(hang, META_TAKES)
    source = str(event.subject)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(post, stage.outbound, event)
        wait_until(lambda: len(stage.meta.seen) == 1)
        stage.outbound.stop(signal.SIGKILL)
    stage.outbound.launch().ready()
    tenant.desk.let_lease_end(source)
    assert again_in(stage.outbound, event) is not None
    status = tenant.meta_tells("wamid.x", "sent", tracking_id=tracked(tenant, event))
    assert outcome(stage.inbound, status) == "changed"
    assert outcome(stage.outbound, event) == "delivered"
    assert len(tenant.at_meta()) == 1


def test_a_limit_says_when_to_come_back(stage: Stage, tenant: Tenant) -> None:
    stage.meta.play(PAIR_LIMIT, META_TAKES)
    assert again_in(stage.outbound, tenant.agent_writes()) == "4"
    assert tenant.told() == []


def test_an_old_message_that_could_be_tried_again_is_given_up(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_writes(time=hours_ago(4.1))
    stage.meta.play(PAIR_LIMIT, META_TAKES)
    assert outcome(stage.outbound, event) == "refused"
    [receipt] = tenant.receipts()
    assert (receipt["status"], receipt["reasons"][0]["code"]) == ("Failed", "RateLimited")
    assert len(tenant.at_meta()) == 1


def test_a_message_not_so_old_is_tried_again(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_writes(time=hours_ago(3.9))
    stage.meta.play(AWAY, META_TAKES)
    assert again_in(stage.outbound, event) is not None
    assert outcome(stage.outbound, event) == "delivered"


def test_a_suspended_tenant_s_agent_is_told(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_writes(data={"suspended": True})
    assert outcome(stage.outbound, event) == "refused"
    [receipt] = tenant.receipts()
    assert (receipt["status"], receipt["reasons"][0]["code"]) == ("Failed", "MessageNotAllowed")
    assert tenant.at_meta() == []


@pytest.mark.parametrize("to", [{"id": "call me maybe"}, {"id": "0151 123"}, {}])
def test_an_address_that_is_none_is_told_to_the_agent(
    stage: Stage, tenant: Tenant, to: dict[str, str]
) -> None:
    event = tenant.agent_writes(to=to)
    assert outcome(stage.outbound, event) == "refused"
    [receipt] = tenant.receipts()
    assert receipt["reasons"][0]["code"] == "InvalidDestination"
    assert receipt["channel"]["to"] == (to or {"id": "nobody", "idType": "Opaque"})
    assert tenant.at_meta() == []


def test_a_message_that_names_its_conversation_alone_finds_the_customer(
    stage: Stage, tenant: Tenant
) -> None:
    assert outcome(stage.inbound, tenant.customer_writes()) == "delivered"
    event = tenant.agent_writes(to={}, message={"conversationId": "conv-1"})
    assert outcome(stage.outbound, event) == "delivered"
    assert tenant.at_meta()[0]["to"] == tenant.number


def test_another_tenant_s_conversation_names_nobody(stage: Stage, tenant: Tenant) -> None:
    assert outcome(stage.inbound, tenant.customer_writes()) == "delivered"
    other = Tenant(stage, tenant.desk.other())
    event = other.agent_writes(to={}, message={"conversationId": "conv-1"})
    assert outcome(stage.outbound, event) == "refused"
    assert tenant.at_meta() == []


@pytest.mark.parametrize("conversation", ["c" * 600, "a\nb", "../../x", ""])
def test_a_conversation_id_that_is_none_does_not_stop_the_message(
    stage: Stage, tenant: Tenant, conversation: str
) -> None:
    event = tenant.agent_writes(message={"conversationId": conversation})
    assert outcome(stage.outbound, event) == "delivered"
    nameless = tenant.agent_writes(to={}, message={"conversationId": conversation})
    assert outcome(stage.outbound, nameless) == "refused"
    assert tenant.told() == ["Failed"]


def test_an_answer_goes_to_the_number_that_is_in_use_now(stage: Stage, tenant: Tenant) -> None:
    """Genesys knows the customer by the first name; WhatsApp by the number, once it is told."""
    person = {"from": None, "from_user_id": BSUID}
    card = {"wa_id": None, "user_id": BSUID}
    first = tenant.customer_writes(message=person, contact=card)
    assert outcome(stage.inbound, first) == "delivered"
    by_id = tenant.agent_writes(to={"id": BSUID, "idType": "Opaque"})
    assert outcome(stage.outbound, by_id) == "delivered"
    both = tenant.customer_writes(message={"from_user_id": BSUID}, contact={"user_id": BSUID})
    assert outcome(stage.inbound, both) == "delivered"
    for again in (tenant.agent_writes(to={"id": BSUID, "idType": "Opaque"}), tenant.agent_writes()):
        assert outcome(stage.outbound, again) == "delivered"
    sent = [(one.get("recipient"), one.get("to")) for one in tenant.at_meta()]
    assert sent == [(BSUID, None), (None, tenant.number), (None, tenant.number)]
    assert {one["channel"]["from"]["id"] for one in tenant.at_genesys()} == {BSUID}


@pytest.mark.parametrize(
    "message",
    [
        {"type": "Event", "text": None, "events": [{"eventType": "Typing"}]},
        {"type": "Receipt", "text": None, "status": "Published"},
        {"direction": "Inbound"},
    ],
    ids=["typing", "receipt", "echo"],
)
def test_what_is_nobody_s_message_is_left(
    stage: Stage, tenant: Tenant, message: dict[str, object]
) -> None:
    assert outcome(stage.outbound, tenant.agent_writes(message=message)) == "ignored"
    assert (tenant.at_meta(), tenant.told()) == ([], [])


def test_a_receipt_that_genesys_does_not_want_is_not_offered_for_ever(
    stage: Stage, tenant: Tenant
) -> None:
    event = tenant.agent_writes()
    stage.meta.play(UNDELIVERABLE)

    def not_applied(connection: Connection) -> bool:
        body = b'{"id":"r","status":"Failed","reasons":[{"code":"UnknownMessage"}]}'
        head = f"HTTP/1.1 202 x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        connection.sock.sendall(head + body)
        return True

    stage.genesys.play(not_applied)
    assert outcome(stage.outbound, event) == "refused"
    stage.genesys.play(GENESYS_TAKES)
    assert outcome(stage.outbound, event) == "duplicate"
    assert tenant.receipts() == []
