"""A customer's file reaches the agent once: with its message, or later, or words say why not."""

import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests

from shared.messaging.envelope import Event, EventType
from shared.runtime.clock import rfc3339, utcnow
from tests.delivery.provider import Reply, hang, reply
from tests.support import wait_until
from tests.transform_functions.played import OGG, PDF, PNG
from tests.transform_functions.stage import (
    GENESYS_AWAY,
    GENESYS_TAKES,
    Stage,
    Tenant,
    again_in,
    outcome,
    post,
    refusal,
)
from tests.waits import WAIT_S

META_AWAY = reply(503, {"error": {"code": 131016, "message": "Service unavailable"}})
ITS_WAY = "it is on its way"


def files(tenant: Tenant) -> list[dict[str, Any]]:
    """The files that the agent got, in order."""
    sent = [one for body in tenant.at_genesys() for one in body.get("content", [])]
    return [one["attachment"] for one in sent]


def without_file(stage: Stage, tenant: Tenant, event: Event) -> Event:
    """The message is shown while Meta is away; the event that asks for its file."""
    stage.meta.trouble = META_AWAY
    assert outcome(stage.inbound, event) == "delivered"
    assert files(tenant) == []
    stage.meta.trouble = None
    [asking] = stage.asked_for()
    return asking


def old(event: Event, hours: float) -> Event:
    received = rfc3339(utcnow() - timedelta(hours=hours))
    return event.model_copy(update={"data": event.data | {"received_at": received}})


@pytest.mark.parametrize(
    ("content", "type_"),
    [(PNG, "Image"), (PDF, "File"), (OGG, "Audio")],
    ids=["image", "document", "audio"],
)
def test_a_file_comes_with_its_message(
    stage: Stage, tenant: Tenant, content: bytes, type_: str
) -> None:
    event = tenant.customer_sends(content, "look at this")
    assert outcome(stage.inbound, event) == "delivered"
    assert outcome(stage.inbound, event) == "duplicate"
    [sent] = tenant.at_genesys()
    assert (sent["text"], sent["channel"]["messageId"]) == ("look at this", event.subject)
    [file] = files(tenant)
    assert (file["mediaType"], requests.get(file["url"], timeout=WAIT_S).content) == (
        type_,
        content,
    )
    assert stage.asked_for() == []


def test_a_file_that_meta_does_not_have_is_told_at_once(stage: Stage, tenant: Tenant) -> None:
    event = tenant.customer_sends(PNG, "look at this")
    stage.meta.files.clear()
    assert outcome(stage.inbound, event) == "delivered"
    [sent] = tenant.at_genesys()
    assert "look at this" in sent["text"]
    assert ITS_WAY not in sent["text"]
    assert (files(tenant), stage.asked_for()) == ([], [])


def test_an_id_that_is_none_is_told_at_once(stage: Stage, tenant: Tenant) -> None:
    event = tenant.customer_sends(message={"image": {"id": "../../secret", "caption": "look"}})
    assert outcome(stage.inbound, event) == "delivered"
    assert "look" in tenant.at_genesys()[0]["text"]
    assert files(tenant) == []


def test_a_file_that_is_not_there_yet_comes_once_after_its_message(
    stage: Stage, tenant: Tenant
) -> None:
    event = tenant.customer_sends(PNG, "look at this")
    asking = without_file(stage, tenant, event)
    assert (asking.type, asking.tenantid) == (EventType.WHATSAPP_FILE, event.tenantid)
    assert asking.partitionkey != event.partitionkey
    [placeholder] = tenant.at_genesys()
    assert ITS_WAY in placeholder["text"]
    assert outcome(stage.inbound, asking) == "delivered"
    assert outcome(stage.inbound, asking) == "duplicate"
    [file] = files(tenant)
    assert requests.get(file["url"], timeout=WAIT_S).content == PNG
    assert tenant.at_genesys()[1]["channel"]["messageId"] == f"{event.subject}#file"


def test_a_late_file_does_not_hold_up_the_customer(stage: Stage, tenant: Tenant) -> None:
    without_file(stage, tenant, tenant.customer_sends())
    assert outcome(stage.inbound, tenant.customer_writes("and another thing")) == "delivered"
    assert tenant.at_genesys()[-1]["text"] == "and another thing"


def test_a_file_is_asked_for_until_it_comes(stage: Stage, tenant: Tenant) -> None:
    asking = without_file(stage, tenant, tenant.customer_sends())
    stage.meta.trouble = META_AWAY
    assert int(again_in(stage.inbound, asking) or 0) >= 15
    assert int(again_in(stage.inbound, old(asking, 1)) or 0) >= 600
    stage.meta.trouble = None
    assert outcome(stage.inbound, asking) == "delivered"
    assert len(files(tenant)) == 1


@pytest.mark.parametrize("hours", [0, 7], ids=["refused", "given up"])
def test_a_file_that_will_never_come_is_told_once(
    stage: Stage, tenant: Tenant, hours: float
) -> None:
    asking = without_file(stage, tenant, tenant.customer_sends())
    if hours:
        stage.meta.trouble = META_AWAY
    else:
        stage.meta.files.clear()
    assert outcome(stage.inbound, old(asking, hours)) == "lost"
    assert outcome(stage.inbound, old(asking, hours)) == "duplicate"
    _, last = tenant.at_genesys()
    assert "does not come" in last["text"]
    assert files(tenant) == []


def test_a_file_never_comes_before_its_message(stage: Stage, tenant: Tenant) -> None:
    event = tenant.customer_sends()
    stage.meta.trouble = META_AWAY
    stage.genesys.replies.appendleft(GENESYS_AWAY)
    assert again_in(stage.inbound, event) == "7"
    [asking] = stage.asked_for()
    stage.meta.trouble = None
    assert again_in(stage.inbound, asking) == "3"
    assert files(tenant) == []


def test_a_file_that_came_before_the_second_try_goes_with_its_message_alone(
    stage: Stage, tenant: Tenant
) -> None:
    """The first try asked for it to come later; by the second it is there."""
    event = tenant.customer_sends()
    stage.meta.trouble = META_AWAY
    stage.genesys.replies.appendleft(GENESYS_AWAY)
    assert again_in(stage.inbound, event) == "7"
    [asking] = stage.asked_for()
    stage.meta.trouble = None
    assert outcome(stage.inbound, event) == "delivered"
    assert len(files(tenant)) == 1
    assert outcome(stage.inbound, asking) == "duplicate"
    assert len(files(tenant)) == 1
    assert len(tenant.at_genesys()) == 2  # the first was turned away
    events = tenant.desk.rows("select event_id from message_tracking where part = 1")
    assert {row["event_id"] for row in events} == {event.id, asking.id}


def test_a_file_that_was_to_go_with_its_message_is_not_lost_when_meta_goes_away(
    stage: Stage, tenant: Tenant
) -> None:
    event = tenant.customer_sends()
    stage.genesys.replies = type(stage.genesys.replies)([GENESYS_AWAY, GENESYS_AWAY, GENESYS_TAKES])
    assert again_in(stage.inbound, event) == "7"
    assert again_in(stage.inbound, event) == "7"
    stage.meta.trouble = META_AWAY
    assert post(stage.inbound, event).status_code == 503
    stage.meta.trouble = None
    assert outcome(stage.inbound, event) == "delivered"
    assert [bool(body.get("content")) for body in tenant.at_genesys()] == [True] * 3
    assert stage.asked_for() == []


def test_a_file_whose_event_can_not_be_published_keeps_its_message_waiting(
    stage: Stage, tenant: Tenant
) -> None:
    event = tenant.customer_sends()
    stage.meta.trouble = META_AWAY
    with stage.to_broker.cut():
        assert post(stage.inbound, event).status_code == 503
    assert tenant.at_genesys() == []
    wait_until(lambda: post(stage.inbound, event).status_code == 200)
    assert ITS_WAY in tenant.at_genesys()[0]["text"]
    stage.meta.trouble = None
    [asking] = stage.asked_for()
    assert outcome(stage.inbound, asking) == "delivered"
    assert len(files(tenant)) == 1


@pytest.mark.parametrize("then", [None, META_AWAY], ids=["back", "away"])
def test_a_crash_between_the_event_and_the_message_neither_loses_nor_doubles(
    stage: Stage, tenant: Tenant, then: Reply | None
) -> None:
    event = tenant.customer_sends()
    stage.meta.trouble = META_AWAY
    stage.genesys.play(hang)
    with pytest.raises(requests.RequestException):
        _killed(stage, event)
    first = stage.asked_for()
    tenant.desk.let_lease_end(str(event.subject))
    stage.meta.trouble = then
    stage.genesys.play(GENESYS_TAKES)
    assert outcome(stage.inbound, event) == "delivered"
    stage.meta.trouble = None
    for asking in [*first, *stage.asked_for()]:
        assert outcome(stage.inbound, asking) in ("delivered", "duplicate")
    assert len(files(tenant)) == 1


def _killed(stage: Stage, event: Event) -> None:
    """The function dies while Genesys has the message in hand."""
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(post, stage.inbound, event)
        wait_until(lambda: bool(stage.genesys.seen))
        stage.inbound.stop(signal.SIGKILL)
        stage.inbound.launch().ready()
        call.result()


def test_a_file_whose_message_genesys_refused_is_not_lost_with_it(
    stage: Stage, tenant: Tenant
) -> None:
    event = tenant.customer_sends()
    stage.meta.trouble = META_AWAY
    stage.genesys.play(reply(400, {"code": "bad.request"}), GENESYS_TAKES)
    assert refusal(stage.inbound, event)[0] == 422
    stage.meta.trouble = None
    [asking] = stage.asked_for()
    assert outcome(stage.inbound, asking) == "delivered"
    assert len(files(tenant)) == 1


def test_an_event_of_a_message_without_a_file_is_a_dead_letter(
    stage: Stage, tenant: Tenant
) -> None:
    event = tenant.customer_writes().model_copy(update={"type": EventType.WHATSAPP_FILE})
    assert refusal(stage.inbound, event) == (422, "the message of the event has no file")
