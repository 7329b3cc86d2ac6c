"""Meta took a message and refuses a picture or file of it later: that part goes again, once."""

from typing import Any
from uuid import uuid4

import pytest
import requests

from shared.messaging.envelope import Event
from shared.messaging.topology import OUTBOUND_GENESYS_MESSAGES
from tests.delivery.provider import cut
from tests.services.processes import json_of
from tests.support import wait_until
from tests.transform_functions.played import OGG, PDF, PNG
from tests.transform_functions.stage import (
    GENESYS_AWAY,
    GENESYS_TAKES,
    META_TAKES,
    Stage,
    Tenant,
    again_in,
    hours_ago,
    meta_refuses,
    outcome,
    post,
)
from tests.waits import WAIT_S

REFUSED = 131053
LINK = "https://10.0.0.1/tea.png"  # nobody can look at it, so Meta is left to try
ACTION = {"type": "Postback", "text": "Choose", "payload": "tea"}


def card(title: str) -> dict[str, Any]:
    return {"title": title, "image": LINK, "actions": [ACTION]}


def question(stage: Stage, tenant: Tenant, *titles: str, **members: Any) -> Event:
    """A question with a picture at its head; of several titles, as many of them."""
    cards = [card(title) for title in titles or ("Green tea",)]
    content = [{"contentType": "Carousel", "carousel": {"cards": cards}}]
    message = {"type": "Structured", "text": None, "content": content, **members}
    return stage.keep_raw(tenant.agent_writes(message=message))


def told(tenant: Tenant, id_: str, word: str, part: int = 1, **changes: Any) -> Event:
    """The event of a status of one part, as Meta sends it with our mark."""
    found = tenant.desk.message(id_)
    marks = [str(one["biz_opaque_callback_data"]) for one in tenant.at_meta()]
    named = f"{found.tracking_id}:{part}"
    mark = next(one for one in marks if one == named or one.startswith(f"{named}:"))
    wamid = found.parts[part - 1].target_id
    assert wamid is not None
    return tenant.meta_tells(wamid, word, tracking_id=mark, **changes)


def refused(tenant: Tenant, id_: str, part: int = 1, **changes: Any) -> Event:
    """That Meta could not use the file of a part."""
    return told(tenant, id_, "failed", part, **{"code": REFUSED} | changes)


def published(stage: Stage) -> list[Event]:
    """What goes again, as it waits in the queue of agents' messages."""
    return stage.asked_for(OUTBOUND_GENESYS_MESSAGES)


def sent_again(stage: Stage, tenant: Tenant, event: Event, part: int = 1, **changes: Any) -> Event:
    """What goes again of a part that is refused now; it was delivered to Meta."""
    refusal = refused(tenant, str(event.subject), part, **changes)
    assert outcome(stage.inbound, refusal) == "sent_again"
    [again] = published(stage)
    assert outcome(stage.outbound, again) == "delivered"
    return again


def status(tenant: Tenant, id_: str, part: int = 1) -> str | None:
    return tenant.desk.message(id_).parts[part - 1].status


def test_a_question_goes_again_without_its_picture_once(stage: Stage, tenant: Tenant) -> None:
    event = question(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    refusal = refused(tenant, str(event.subject))
    again = sent_again(stage, tenant, event)
    assert outcome(stage.outbound, again) == "duplicate"
    first, second = tenant.at_meta()
    assert first["interactive"]["header"]["image"] == {"link": LINK}
    assert "header" not in second["interactive"]
    assert second["interactive"]["body"]["text"] == f"Green tea\n{LINK}"
    assert second["interactive"]["action"]["buttons"][0]["reply"]["title"] == "Choose"
    assert second["to"] == first["to"]
    assert outcome(stage.inbound, refusal) == "sent_again"
    assert (published(stage), tenant.told()) == ([], [])
    assert again.partitionkey == event.partitionkey


def test_the_agent_sees_one_message_with_one_receipt(stage: Stage, tenant: Tenant) -> None:
    event = question(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    again = sent_again(stage, tenant, event)
    for word in ("sent", "delivered", "read", "delivered"):
        assert outcome(stage.inbound, told(tenant, str(again.subject), word)) in (
            "changed",
            "known",
        )
    [receipt] = tenant.receipts()
    assert (receipt["id"], receipt["status"]) == (event.subject, "Delivered")
    assert receipt["channel"]["to"]["id"] == f"+{tenant.number}"
    assert status(tenant, str(event.subject)) == "delivered"
    assert outcome(stage.outbound, event) == "duplicate"
    assert outcome(stage.inbound, refused(tenant, str(event.subject))) == "sent_again"
    assert (published(stage), tenant.told()) == ([], ["Delivered"])


def test_it_is_told_as_one_message_to_whoever_asks(stage: Stage, tenant: Tenant) -> None:
    """In the history and among the refused ones too; the ledger counts it once."""
    event = question(stage, tenant, conversationId="conv-late")
    assert outcome(stage.outbound, event) == "delivered"
    again = sent_again(stage, tenant, event)
    assert outcome(stage.inbound, told(tenant, str(again.subject), "failed", code=131026)) == (
        "changed"
    )
    [shown] = tenant.desk.history("conv-late").messages
    assert (shown.source_id, shown.status) == (event.subject, "failed")
    query = "select tracking_id::text, code from refused_messages"
    assert tenant.desk.rows(query) == [
        {"tracking_id": tenant.desk.message(str(event.subject)).tracking_id, "code": "131026"}
    ]
    assert "#" in again.id  # the ledger counts no such event (migrations/sql/ledger.sql)


@pytest.mark.parametrize("code", [REFUSED, 131026])
def test_what_is_refused_again_is_told_and_not_sent_a_third_time(
    stage: Stage, tenant: Tenant, code: int
) -> None:
    event = question(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    again = sent_again(stage, tenant, event)
    refusal = told(tenant, str(again.subject), "failed", code=code)
    for _ in range(2):
        assert outcome(stage.inbound, refusal) in ("changed", "known")
    assert (published(stage), len(tenant.at_meta())) == ([], 2)
    [receipt] = tenant.receipts()
    assert (receipt["id"], receipt["status"]) == (event.subject, "Failed")
    assert status(tenant, str(event.subject)) == "failed"


def test_what_is_refused_again_at_once_is_told(stage: Stage, tenant: Tenant) -> None:
    event = question(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    assert outcome(stage.inbound, refused(tenant, str(event.subject))) == "sent_again"
    [again] = published(stage)
    stage.meta.play(meta_refuses(131026))
    assert outcome(stage.outbound, again) == "refused"
    assert outcome(stage.outbound, again) == "duplicate"
    [receipt] = tenant.receipts()
    assert (receipt["id"], receipt["status"]) == (event.subject, "Failed")
    assert receipt["reasons"][0]["code"] == "InvalidDestination"
    assert status(tenant, str(event.subject)) == "failed"


def test_however_often_it_is_told_before_it_went_it_goes_once(stage: Stage, tenant: Tenant) -> None:
    event = question(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    refusal = refused(tenant, str(event.subject))
    later = refused(tenant, str(event.subject))
    for one in (refusal, refusal, later):
        assert outcome(stage.inbound, one) == "sent_again"
    fates = [outcome(stage.outbound, one) for one in published(stage)]
    assert fates == ["delivered", "duplicate", "duplicate"]
    assert len(tenant.at_meta()) == 2


def test_statuses_that_came_with_it_count(stage: Stage, tenant: Tenant) -> None:
    event = question(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    sent = told(tenant, str(event.subject), "sent").data["status"]
    refusal = refused(tenant, str(event.subject))
    for order in ([sent, refusal.data["status"]], [refusal.data["status"], sent]):
        data = refusal.data | {"earlier": order[:1], "status": order[1]}
        together = refusal.model_copy(update={"data": data})
        assert outcome(stage.inbound, together) == "sent_again"
        assert "earlier" not in published(stage)[0].data
    assert status(tenant, str(event.subject)) == "sent"


@pytest.mark.parametrize("word", ["delivered", "read"])
def test_what_arrived_does_not_go_again(stage: Stage, tenant: Tenant, word: str) -> None:
    event = question(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    assert outcome(stage.inbound, told(tenant, str(event.subject), word)) == "changed"
    assert outcome(stage.inbound, refused(tenant, str(event.subject))) == "known"
    assert (published(stage), tenant.told()) == ([], ["Delivered"])


def test_what_was_told_as_failed_does_not_go_again(stage: Stage, tenant: Tenant) -> None:
    event = question(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    other = refused(tenant, str(event.subject), code=131026)
    assert outcome(stage.inbound, other) == "changed"
    assert outcome(stage.inbound, refused(tenant, str(event.subject))) == "known"
    assert (published(stage), tenant.told()) == ([], ["Failed"])


def test_the_refusal_of_a_part_without_a_file_is_told(stage: Stage, tenant: Tenant) -> None:
    event = stage.keep_raw(tenant.agent_writes())
    assert outcome(stage.outbound, event) == "delivered"
    assert outcome(stage.inbound, refused(tenant, str(event.subject))) == "changed"
    assert (published(stage), tenant.told()) == ([], ["Failed"])


def test_without_the_agent_s_own_words_the_agent_is_told(stage: Stage, tenant: Tenant) -> None:
    event = question(stage, tenant)
    gone = {"bucket": "webhooks-outbound", "key": f"{event.tenantid}/gone.json"}
    event = event.model_copy(update={"data": event.data | {"raw": gone}})
    assert outcome(stage.outbound, event) == "delivered"
    assert outcome(stage.inbound, refused(tenant, str(event.subject))) == "changed"
    assert (published(stage), tenant.told()) == ([], ["Failed"])
    assert status(tenant, str(event.subject)) == "failed"


def test_of_a_message_that_is_forgotten_nothing_goes_again(stage: Stage, tenant: Tenant) -> None:
    """Its person was erased, or its days are over."""
    mark = f"{uuid4()}:1:1.1w"
    refusal = tenant.meta_tells("wamid.gone", "failed", code=REFUSED, tracking_id=mark)
    assert outcome(stage.inbound, refusal) == "waiting"
    assert (published(stage), tenant.told()) == ([], [])


def test_a_refusal_before_the_answer_tells_the_fate_of_the_send(
    stage: Stage, tenant: Tenant
) -> None:
    """The answer was lost: only the status says that Meta had it."""
    event = question(stage, tenant)
    stage.meta.play(cut, META_TAKES)
    assert post(stage.outbound, event).status_code == 503
    mark = tenant.at_meta()[0]["biz_opaque_callback_data"]
    refusal = tenant.meta_tells("wamid.lost", "failed", code=REFUSED, tracking_id=mark)
    told_so = json_of(post(stage.inbound, refusal))
    assert told_so == {"outcome": "sent_again", "settles": event.id}
    assert outcome(stage.outbound, event) == "delivered"
    assert len(tenant.at_meta()) == 1
    [again] = published(stage)
    assert outcome(stage.outbound, again) == "delivered"
    assert outcome(stage.inbound, told(tenant, str(again.subject), "delivered")) == "changed"
    assert [receipt["id"] for receipt in tenant.receipts()] == [event.subject]
    assert tenant.told() == ["Delivered"]


def test_every_part_of_a_message_goes_again_by_itself(stage: Stage, tenant: Tenant) -> None:
    event = question(stage, tenant, "Tea", "Pot", "Cup")
    assert outcome(stage.outbound, event) == "delivered"
    again = {part: sent_again(stage, tenant, event, part) for part in (3, 1)}
    said = [one["interactive"]["body"]["text"] for one in tenant.at_meta()[3:]]
    assert said == [f"Cup\n{LINK}", f"Tea\n{LINK}"]
    assert outcome(stage.inbound, told(tenant, str(again[3].subject), "delivered")) == "changed"
    assert outcome(stage.inbound, told(tenant, str(event.subject), "delivered", 2)) == "changed"
    assert tenant.told() == []
    assert outcome(stage.inbound, told(tenant, str(again[1].subject), "delivered")) == "changed"
    assert [receipt["id"] for receipt in tenant.receipts()] == [event.subject]
    assert tenant.told() == ["Delivered"]


def test_one_part_that_fails_for_good_fails_its_message_once(stage: Stage, tenant: Tenant) -> None:
    event = question(stage, tenant, "Tea", "Pot")
    assert outcome(stage.outbound, event) == "delivered"
    again = {part: sent_again(stage, tenant, event, part) for part in (1, 2)}
    for part, word in ((1, "delivered"), (2, "failed")):
        code = {"code": REFUSED} if word == "failed" else {}
        fate = told(tenant, str(again[part].subject), word, **code)
        assert outcome(stage.inbound, fate) == "changed"
    assert [receipt["id"] for receipt in tenant.receipts()] == [event.subject]
    assert tenant.told() == ["Failed"]


def test_a_tap_on_what_went_again_answers_the_agent_s_message(stage: Stage, tenant: Tenant) -> None:
    event = question(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    sent_again(stage, tenant, event)
    button = tenant.at_meta()[-1]["interactive"]["action"]["buttons"][0]["reply"]
    reply = {"type": "button_reply", "button_reply": button}
    tapped = {"type": "interactive", "text": None, "interactive": reply}
    assert outcome(stage.inbound, tenant.customer_writes(message=tapped)) == "delivered"
    [answer] = tenant.taps()
    assert answer["originatingMessageId"] == event.subject
    assert answer["buttonResponse"] == {"type": "Button", "text": "Choose", "payload": "tea"}


def test_a_receipt_waits_until_genesys_is_back(stage: Stage, tenant: Tenant) -> None:
    event = question(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    again = sent_again(stage, tenant, event)
    stage.genesys.play(GENESYS_AWAY, GENESYS_TAKES)
    delivered = told(tenant, str(again.subject), "delivered")
    assert again_in(stage.inbound, delivered) == "7"
    assert outcome(stage.inbound, delivered) == "known"
    assert outcome(stage.inbound, delivered) == "known"
    assert tenant.told() == ["Delivered", "Delivered"]  # the first was turned away


def test_without_the_broker_the_refusal_waits(stage: Stage, tenant: Tenant) -> None:
    event = question(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    refusal = refused(tenant, str(event.subject))
    with stage.to_broker.cut():
        assert post(stage.inbound, refusal).status_code == 503
        assert tenant.told() == []
    wait_until(lambda: post(stage.inbound, refusal).status_code == 200)
    assert len(published(stage)) == 1


def test_a_window_that_closed_meanwhile_is_told(stage: Stage, tenant: Tenant) -> None:
    event = question(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    assert outcome(stage.inbound, refused(tenant, str(event.subject))) == "sent_again"
    [again] = published(stage)
    old = {"timestamp": str(int(hours_ago(25).timestamp()))}
    assert outcome(stage.inbound, tenant.customer_writes(message=old)) == "delivered"
    assert outcome(stage.outbound, again) == "refused"
    [receipt] = tenant.receipts()
    assert (receipt["id"], receipt["reasons"][0]["code"]) == (event.subject, "MessageExpired")


def files_of(stage: Stage, tenant: Tenant, content: bytes, **options: str) -> list[dict[str, Any]]:
    """What Meta gets of a file, before and after it refuses it later."""
    event = stage.keep_raw(tenant.agent_sends(content, "yours", options=options))
    assert outcome(stage.outbound, event) == "delivered"
    bodies = tenant.at_meta()
    part = next(place for place, one in enumerate(bodies, start=1) if one["type"] != "text")
    sent_again(stage, tenant, event, part, options=options)
    first, *again = tenant.at_meta()[part - 1 :]
    return [first, *(one for one in again if one not in bodies)]


def test_a_picture_goes_again_as_a_document(stage: Stage, tenant: Tenant) -> None:
    first, second = files_of(stage, tenant, PNG)
    assert first["image"] == {"id": "up-1", "caption": "yours"}
    assert second["document"] == {"id": "up-2", "filename": "a file.png", "caption": "yours"}
    assert stage.meta.uploads == [PNG, PNG]


def test_a_sound_goes_again_as_a_document_without_the_words_that_arrived(
    stage: Stage, tenant: Tenant
) -> None:
    first, second = files_of(stage, tenant, OGG)
    assert first["audio"] == {"id": "up-1"}
    assert second["document"] == {"id": "up-2", "filename": "a file.ogg"}


def test_a_document_goes_again_as_a_link(stage: Stage, tenant: Tenant) -> None:
    first, second = files_of(stage, tenant, PDF)
    assert first["document"] == {"id": "up-1", "filename": "a file.pdf", "caption": "yours"}
    head, link = second["text"]["body"].splitlines()
    assert head == "[file: a file.pdf] yours"
    assert requests.get(link, timeout=WAIT_S).content == PDF


@pytest.mark.parametrize("content", [PNG, PDF], ids=["picture", "document"])
def test_a_file_that_meta_did_not_fetch_goes_again_as_an_upload(
    stage: Stage, tenant: Tenant, content: bytes
) -> None:
    first, second = files_of(stage, tenant, content, media_mode="link")
    assert "media-outbound" in first[first["type"]]["link"]
    assert second["document"]["id"] == "up-1"
    assert second["document"]["caption"] == "yours"
