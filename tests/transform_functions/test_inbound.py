"""A customer's message reaches the agent once, whatever goes wrong on the way."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.delivery.provider import cut, reply
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

BSUID = "DE.13491208655302741918"
LONG = " ".join(f"word{number:04d}" for number in range(900))  # 8,099 code points: three parts


def test_a_message_is_delivered_once(stage: Stage, tenant: Tenant) -> None:
    event = tenant.customer_writes("hello")
    assert outcome(stage.inbound, event) == "delivered"
    assert outcome(stage.inbound, event) == "duplicate"
    [sent] = tenant.at_genesys()
    assert sent["text"] == "hello"
    assert sent["channel"]["messageId"] == event.subject
    assert sent["channel"]["from"]["id"] == f"+{tenant.number}"
    found = tenant.desk.message(str(event.subject))
    assert (found.state, found.conversation_id) == ("done", "conv-1")
    assert tenant.desk.conversation("conv-1").customer == tenant.number


def test_ten_deliveries_at_once_send_one(stage: Stage, tenant: Tenant) -> None:
    event = tenant.customer_writes()
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: post(stage.inbound, event).status_code, range(10)))
    assert len(tenant.at_genesys()) == 1
    assert set(Counter(answers)) <= {200, 503}
    assert outcome(stage.inbound, event) == "duplicate"


def test_a_long_text_goes_on_after_the_part_that_was_not_taken(
    stage: Stage, tenant: Tenant
) -> None:
    event = tenant.customer_writes(LONG)
    stage.genesys.play(GENESYS_TAKES, GENESYS_AWAY)
    assert again_in(stage.inbound, event) == "7"
    stage.genesys.replies.clear()
    stage.genesys.replies.append(GENESYS_TAKES)
    assert outcome(stage.inbound, event) == "delivered"
    first, lost, *rest = tenant.at_genesys()
    assert lost == rest[0]
    pieces = [first, *rest]
    ids = [piece["channel"]["messageId"] for piece in pieces]
    assert ids == [event.subject, f"{event.subject}#2", f"{event.subject}#3"]
    assert " ".join(piece["text"].strip() for piece in pieces) == LONG


def test_genesys_away_frees_the_claim_at_once(stage: Stage, tenant: Tenant) -> None:
    event = tenant.customer_writes()
    stage.genesys.play(GENESYS_AWAY, GENESYS_AWAY, GENESYS_TAKES)
    assert [again_in(stage.inbound, event) for _ in range(2)] == ["7", "7"]
    assert outcome(stage.inbound, event) == "delivered"


def test_what_genesys_refuses_for_good_is_a_dead_letter_also_the_second_time(
    stage: Stage, tenant: Tenant
) -> None:
    """The connector may have died before it buried the first."""
    event = tenant.customer_writes()
    stage.genesys.play(reply(400, {"code": "bad.request", "message": "no"}))
    for _ in range(2):
        status, words = refusal(stage.inbound, event)
        assert (status, "Genesys refused it" in words) == (422, True)
    assert tenant.desk.message(str(event.subject)).state == "refused"


def test_a_dead_letter_can_be_replayed(stage: Stage, tenant: Tenant) -> None:
    event = tenant.customer_writes()
    stage.genesys.play(reply(400, {"code": "bad.request"}), GENESYS_TAKES)
    assert refusal(stage.inbound, event)[0] == 422
    assert outcome(stage.inbound, event) == "delivered"
    assert outcome(stage.inbound, event) == "duplicate"


@pytest.mark.parametrize("lost", [cut, reply(500, {"code": "internal.server.error"}), reply(200)])
def test_what_may_have_arrived_is_repeated_with_the_same_id_and_time(
    stage: Stage, tenant: Tenant, lost: object
) -> None:
    event = tenant.customer_writes()
    stage.genesys.play(lost, GENESYS_TAKES)  # type: ignore[arg-type]  # a table of replies
    assert again_in(stage.inbound, event) == "1"
    assert outcome(stage.inbound, event) == "delivered"
    first, second = tenant.at_genesys()
    assert first == second


def test_a_customer_with_a_user_id_alone_is_shown(stage: Stage, tenant: Tenant) -> None:
    event = tenant.customer_writes(
        message={"from": None, "from_user_id": BSUID}, contact={"wa_id": None, "user_id": BSUID}
    )
    assert outcome(stage.inbound, event) == "delivered"
    [sent] = tenant.at_genesys()
    assert sent["channel"]["from"] == {
        "id": BSUID,
        "idType": "Opaque",
        "nickname": "Ann Lee",
        "firstName": "Ann",
        "lastName": "Lee",
    }


def test_number_and_user_id_are_one_person_under_the_first_name(
    stage: Stage, tenant: Tenant
) -> None:
    both = {"message": {"from_user_id": BSUID}, "contact": {"user_id": BSUID}}
    alone = {
        "message": {"from": None, "from_user_id": BSUID},
        "contact": {"wa_id": None, "user_id": BSUID},
    }
    for changes in (both, alone, {}):
        assert outcome(stage.inbound, tenant.customer_writes(**changes)) == "delivered"
    addresses = [sent["channel"]["from"]["id"] for sent in tenant.at_genesys()]
    assert addresses == [f"+{tenant.number}"] * 3


def test_who_was_first_known_by_user_id_keeps_that_name(stage: Stage, tenant: Tenant) -> None:
    alone = {
        "message": {"from": None, "from_user_id": BSUID},
        "contact": {"wa_id": None, "user_id": BSUID},
    }
    both = {"message": {"from_user_id": BSUID}, "contact": {"user_id": BSUID}}
    for changes in (alone, both, {}):
        assert outcome(stage.inbound, tenant.customer_writes(**changes)) == "delivered"
    assert {sent["channel"]["from"]["id"] for sent in tenant.at_genesys()} == {BSUID}


def test_a_contact_s_other_number_does_not_change_who_wrote(stage: Stage, tenant: Tenant) -> None:
    """`from` decides; the contact may show another wa_id (contracts/meta.md b.3)."""
    event = tenant.customer_writes(contact={"wa_id": "4915199999999"})
    assert outcome(stage.inbound, event) == "delivered"
    assert tenant.at_genesys()[0]["channel"]["from"]["id"] == f"+{tenant.number}"


def test_the_same_person_at_another_tenant_is_another_customer(
    stage: Stage, tenant: Tenant
) -> None:
    other = Tenant(stage, tenant.desk.other(), tenant.number)
    assert outcome(stage.inbound, tenant.customer_writes("for one")) == "delivered"
    event = other.customer_writes("for two")
    assert outcome(stage.inbound, event) == "delivered"
    assert other.desk.message(str(event.subject)).customer == tenant.number
    content = "select content->>'text' as text from message_events where kind = 'message'"
    assert tenant.desk.rows(content) == [{"text": "for one"}]
    assert other.desk.rows(content) == [{"text": "for two"}]


def test_three_megabytes_are_no_trouble(stage: Stage, tenant: Tenant) -> None:
    event = tenant.customer_writes("with ballast", message={"ballast": "x" * 3 * 1024 * 1024})
    assert outcome(stage.inbound, event) == "delivered"
    assert [sent["text"] for sent in tenant.at_genesys()] == ["with ballast"]
