"""A number that changed hands: each of its owners is erased with what was theirs, and no more."""

import json

import pytest

from tests.doors.conftest import buckets, object_settings
from tests.moments import told_at
from tests.parley.known import Who
from tests.parley.test_erase import World, world

__all__ = ["buckets", "object_settings", "world"]

NUMBER = "4915199999999"
ANN, BEN = Who(NUMBER, "DE.11111111111111111111"), Who(NUMBER, "DE.22222222222222222222")
UNREAD = {"unreadable_events": 1}
NOON, LATER = told_at(), told_at(hours=2)


def hand_over(world: World) -> tuple[str, str]:
    """Ann writes by the number, then it is Ben's; the keys of both raw webhooks."""
    here, keys = world.here, []
    for who, wamid, moment in ((ANN, "wamid.ann", NOON), (BEN, "wamid.ben", LATER)):
        here.desk.talk(wamid, NUMBER, who.bsuid, occurred_at=moment, conversation_id=f"c-{wamid}")
        name = f"{here.stamp()}-{wamid}.json"
        keys.append(here.put("webhooks-inbound", name, here.webhook(who, wamid)))
    return keys[0], keys[1]


def stored(world: World) -> set[str]:
    found = world.store.list_objects(
        "webhooks-inbound", prefix=f"{world.here.desk.tenant_id}/", recursive=True
    )
    return {str(one.object_name) for one in found}


def tracked(world: World) -> set[str]:
    sql = "select source_id from message_tracking where tenant_id = :id"
    return {row["source_id"] for row in world.rows(sql)} & {"wamid.ann", "wamid.ben"}


def test_who_had_the_number_before_goes_and_who_has_it_stays(world: World) -> None:
    anns, bens = hand_over(world)
    said = world.erase("--user-id", str(ANN.bsuid))
    assert said.code == 0, said.err
    assert tracked(world) == {"wamid.ben"}
    body = json.loads(world.read("webhooks-inbound", bens).partition(" ")[2])
    assert body == world.here.webhook(BEN, "wamid.ben")
    assert anns not in stored(world)
    assert json.loads(said.out)["removed"]["customers"] == 1


def test_who_has_the_number_goes_and_who_had_it_before_stays(world: World) -> None:
    anns, bens = hand_over(world)
    said = world.erase("--phone", NUMBER)
    assert said.code == 0, said.err
    assert tracked(world) == {"wamid.ann"}
    body = json.loads(world.read("webhooks-inbound", anns).partition(" ")[2])
    assert body == world.here.webhook(ANN, "wamid.ann")
    assert bens not in stored(world)
    claim = world.here.desk.hear("wamid.again", None, ANN.bsuid)
    assert claim.conversation_id == "c-wamid.ann"


@pytest.mark.parametrize(("owner", "code", "told"), [("null", 0, {}), (":id ::uuid", 1, UNREAD)])
def test_a_letter_that_can_not_be_read_is_told_where_it_may_be_theirs(
    world: World, owner: str, code: int, told: dict[str, int]
) -> None:
    world.rows(
        "insert into dead_letters (event_id, tenant_id, queue, partition_key, reason_code, reason,"
        f" attempts, first_seen, body) select 'unread', {owner}, 'q', 'k', 'unreadable', 'none',"
        " 1, now(), 'x' where :id ::uuid is not null returning id"
    )
    hand_over(world)
    said = world.erase("--phone", NUMBER)
    world.rows(
        "delete from dead_letters where event_id = 'unread' and :id ::uuid is not null returning id"
    )
    assert json.loads(said.out)["not_read"] == told
    assert said.code == code
