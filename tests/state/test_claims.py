"""One claim at a time: whoever asks, however often, after whatever crash."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.services import Endpoints
from shared.runtime.errors import Conflict
from shared.storage.database import Session
from shared.storage.database_url import DatabaseUrl
from tests.state.desk import Desk, accepted, new_id, refused, unknown
from tests.waits import WAIT_S


def test_the_first_may_go(desk: Desk) -> None:
    claim = desk.claim()
    assert (claim.outcome, claim.attempts, claim.parts) == ("claimed", 1, [])


def test_a_second_is_told_to_wait_while_the_first_is_at_it(desk: Desk) -> None:
    desk.claim()
    second = desk.claim()
    assert (second.outcome, second.attempt_id) == ("busy", None)
    assert second.retry_after is not None
    assert 0 < second.retry_after <= 2


def test_a_call_repeated_after_a_cut_finds_its_own_claim(desk: Desk) -> None:
    attempt = new_id()
    first = desk.claim(attempt_id=attempt)
    again = desk.claim(attempt_id=attempt)
    assert (again.outcome, again.attempts) == ("claimed", 1)
    assert again.tracking_id == first.tracking_id


def test_after_the_end_everybody_is_a_duplicate(desk: Desk) -> None:
    desk.sent("wamid.1")
    assert desk.claim().outcome == "duplicate"


def test_what_was_refused_for_good_is_decided_too(desk: Desk) -> None:
    desk.complete(desk.claim(), refused(1))
    assert desk.claim().outcome == "duplicate"
    assert desk.message("m").state == "refused"


def test_what_genesys_refused_may_be_tried_again(desk: Desk) -> None:
    """Or a dead letter could not be replayed, nor be buried by a redelivery."""
    desk.complete(desk.claim(direction="inbound"), refused(1), direction="inbound")
    again = desk.claim(direction="inbound")
    assert (again.outcome, again.attempts) == ("claimed", 2)
    desk.complete(again, accepted(1, "g1"), direction="inbound")
    part = desk.message("m").parts[0]
    assert (part.outcome, part.status, part.failed_at, part.error) == (
        "accepted",
        "accepted",
        None,
        None,
    )
    assert desk.claim(direction="inbound").outcome == "duplicate"


def test_nothing_to_send_is_decided_too(desk: Desk) -> None:
    desk.complete(desk.claim())
    assert desk.claim().outcome == "duplicate"


def test_a_claim_given_back_is_free_at_once(desk: Desk) -> None:
    assert desk.release(desk.claim())
    second = desk.claim()
    assert (second.outcome, second.attempts) == ("claimed", 2)


def test_only_the_holder_can_give_back(desk: Desk) -> None:
    first = desk.claim()
    desk.let_lease_end()
    desk.claim(resend_unknown_after=0)
    assert not desk.release(first)
    assert desk.claim().outcome == "busy"


def test_a_lease_that_ended_goes_to_the_next_with_what_was_done(desk: Desk) -> None:
    first = desk.claim()
    desk.complete(first, accepted(1, "wamid.1"), final=False)
    desk.let_lease_end()
    second = desk.claim(resend_unknown_after=0)
    assert (second.outcome, second.attempts) == ("claimed", 2)
    assert second.attempt_id != first.attempt_id
    assert [(p.part, p.outcome, p.target_id) for p in second.parts] == [(1, "accepted", "wamid.1")]


def test_who_lost_the_lease_cannot_complete(desk: Desk) -> None:
    first = desk.claim()
    desk.let_lease_end()
    second = desk.claim(resend_unknown_after=0)
    with pytest.raises(Conflict):
        desk.complete(first, accepted(1, "wamid.late"))
    desk.complete(second, accepted(1, "wamid.2"))


def test_who_is_late_but_not_replaced_can_complete(desk: Desk) -> None:
    claim = desk.claim()
    desk.let_lease_end()
    desk.complete(claim, accepted(1, "wamid.1"))
    assert desk.claim().outcome == "duplicate"


def test_a_completion_that_is_not_final_begins_the_lease_anew(desk: Desk) -> None:
    claim = desk.claim()
    desk.let_lease_end()
    desk.complete(claim, accepted(1, "wamid.1"), final=False)
    assert desk.claim().outcome == "busy"


def test_a_completion_repeated_after_a_cut_changes_nothing(desk: Desk) -> None:
    claim = desk.claim()
    for _ in range(2):
        desk.complete(claim, accepted(1, "wamid.1"), accepted(2, "wamid.2"))
    parts = desk.message("m").parts
    assert [(p.part, p.target_id, p.status) for p in parts] == [
        (1, "wamid.1", "accepted"),
        (2, "wamid.2", "accepted"),
    ]


def test_an_accepted_part_is_never_unmade(desk: Desk) -> None:
    claim = desk.claim()
    desk.complete(claim, accepted(1, "wamid.1"), accepted(2, "wamid.2"), final=False)
    desk.complete(claim, refused(1), unknown(2))
    assert [p.outcome for p in desk.message("m").parts] == ["accepted", "accepted"]
    assert desk.message("m").state == "done"


def test_nobody_can_complete_without_a_claim(desk: Desk) -> None:
    claim = desk.claim()
    with pytest.raises(Conflict):
        desk.complete(claim, accepted(1, "wamid.1"), source_id="never-claimed")


def test_the_same_id_is_another_message_in_the_other_direction_and_channel(desk: Desk) -> None:
    assert desk.claim().outcome == "claimed"
    assert desk.claim(direction="inbound").outcome == "claimed"
    assert desk.claim(channel_id=new_id()).outcome == "claimed"


def test_the_same_id_is_another_message_at_another_tenant(desk: Desk) -> None:
    assert desk.claim().outcome == "claimed"
    assert desk.other().claim(channel_id=desk.channel_id).outcome == "claimed"


CLAIM = """select claim_message(:tenant, :channel, 'inbound', :source, gen_random_uuid(), :customer,
  :customer, :bsuid, 'Ann', null, 'text', '{}', now(), 'e', null, 60, 0)->>'outcome' as outcome"""


class Crowd:
    """Many real connections that start together."""

    def __init__(self, url: str, size: int) -> None:
        parsed = DatabaseUrl.parse(url)
        self.sessions = [
            Session(parsed, statement_timeout_ms=10_000, connect_timeout=5) for _ in range(size)
        ]
        self._barrier = threading.Barrier(size)

    def ask(self, values: list[dict[str, Any]]) -> list[str]:
        def one(session: Session, mine: dict[str, Any]) -> str:
            self._barrier.wait(WAIT_S)
            return str(session.rows(CLAIM, mine)[0]["outcome"])

        with ThreadPoolExecutor(len(self.sessions)) as pool:
            return list(pool.map(one, self.sessions, values))

    def close(self) -> None:
        for session in self.sessions:
            session.close()


SIZE = 16


def _values(desk: Desk, number: int, **changes: Any) -> dict[str, Any]:
    return {
        "tenant": desk.tenant_id,
        "channel": desk.channel_id,
        "source": f"m{number}",
        "customer": "491701",
        "bsuid": None,
    } | changes


@pytest.fixture
def crowd(migrated: Endpoints) -> Any:
    crowd = Crowd(migrated.database_url("functions"), SIZE)
    yield crowd
    crowd.close()


def test_of_many_at_once_exactly_one_gets_the_claim(desk: Desk, crowd: Crowd) -> None:
    for number in range(20):
        outcomes = Counter(crowd.ask([_values(desk, number)] * SIZE))
        assert outcomes == {"claimed": 1, "busy": SIZE - 1}


def test_many_messages_of_one_new_customer_at_once_share_one_conversation(
    desk: Desk, crowd: Crowd
) -> None:
    for number in range(20):
        customer, bsuid = f"49{number}", f"DE.{number}"
        mine = [
            _values(desk, 100 * number + i, customer=customer, bsuid=bsuid) for i in range(SIZE)
        ]
        assert crowd.ask(mine) == ["claimed"] * SIZE
    found = desk.rows(
        "select customer, count(*) as n from conversation_mappings where is_current group by 1"
    )
    assert len(found) == 20
    assert {row["n"] for row in found} == {1}
    assert desk.rows("select count(*) as n from identities") == [{"n": 40}]


def test_of_many_after_a_lease_that_ended_exactly_one_gets_it(desk: Desk, crowd: Crowd) -> None:
    for number in range(20):
        desk.claim(f"m{number}", direction="inbound")
        desk.let_lease_end(f"m{number}")
        outcomes = Counter(crowd.ask([_values(desk, number)] * SIZE))
        assert outcomes == {"claimed": 1, "busy": SIZE - 1}
