"""What names two ids of one person is queued on one line, whichever replica took which webhook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis

from local.services import Endpoints
from shared.messaging.lines import KEPT_S, pointer, pointers
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES
from tests.doors.house import Company, House, text
from tests.services.processes import Process
from tests.support import wait_until

numbers = (f"49151{place:08d}" for place in count(1))
PAIRS = 40


@pytest.fixture
def redis(migrated: Endpoints) -> Iterator[Redis]:
    with Redis.from_url(migrated.redis_url) as client:
        yield client


@pytest.fixture(autouse=True)
def _with_redis(house: House, redis: Redis) -> None:
    """An outage of the test before is over when both replicas write pointers again."""
    company = house.tenant()

    def writes(door: Process) -> bool:
        who = next(numbers)
        assert company.meta(company.meta_body(wrote(**{"from": who})), door=door).status_code == 200
        [*_, event] = house.queued(INBOUND_WHATSAPP_MESSAGES)
        return bool(redis.exists(pointer(company.id, str(event.channelid), who)))

    for door in (house.whatsapp, house.second):
        wait_until(partial(writes, door))


Chain = Callable[[str, str], list[dict[str, str]]]


def wrote(**ids: str) -> dict[str, Any]:
    return text(**{"from": "", "id": f"wamid.{uuid4().hex}", **ids})


def moved(old: str, new: str) -> dict[str, Any]:
    system = {"type": "user_changed_number", "wa_id": new, "body": "moved"}
    return wrote(**{"from": old}) | {"type": "system", "system": system}


def lines(house: House) -> list[str]:
    return [event.partitionkey for event in house.queued(INBOUND_WHATSAPP_MESSAGES)]


def sends(company: Company, *bodies: bytes, house: House | None = None) -> None:
    """One after the other; of a `house`, by the replicas in turn."""
    doors = [house.whatsapp, house.second] if house else [company.house.whatsapp]
    for place, body in enumerate(bodies):
        assert company.meta(body, door=doors[place % len(doors)]).status_code == 200


CHAINS: dict[str, Chain] = {
    "number, both, id": lambda n, u: [
        {"from": n},
        {"from": n, "from_user_id": u},
        {"from_user_id": u},
    ],
    "id, both, number": lambda n, u: [
        {"from_user_id": u},
        {"from": n, "from_user_id": u},
        {"from": n},
    ],
    "number, with a parent, parent": lambda n, u: [
        {"from": n},
        {"from": n, "from_parent_user_id": u},
        {"from_parent_user_id": u},
    ],
    "spellings of Brazil": lambda n, _: [{"from": f"551198{n[-7:]}"}, {"from": f"55118{n[-7:]}"}],
}


@pytest.mark.parametrize("chain", CHAINS)
def test_ids_that_were_named_together_share_the_line_of_the_first(house: House, chain: str) -> None:
    company = house.tenant()
    for _ in range(5):
        chained = CHAINS[chain](next(numbers), f"DE.{uuid4().int}")
        sends(company, *(company.meta_body(wrote(**ids)) for ids in chained), house=house)
        found = lines(house)
        assert len(found) == len(chained)
        assert len(set(found)) == 1


def test_a_new_number_rides_with_the_old_one_from_its_news_on(house: House) -> None:
    company = house.tenant()
    for _ in range(PAIRS):
        old, new, id_ = next(numbers), next(numbers), f"DE.{uuid4().int}"
        bodies = [
            company.meta_body(wrote(**{"from": old})),
            company.meta_body(moved(old, new)),
            company.meta_body(wrote(**{"from": new})),
            company.meta_body(wrote(from_user_id=id_, **{"from": new})),
            company.meta_body(wrote(from_user_id=id_)),
        ]
        sends(company, *bodies, house=house)
    found = lines(house)
    groups = [found[start : start + 5] for start in range(0, len(found), 5)]
    assert [len(set(one)) for one in groups] == [1] * PAIRS
    assert len(set(found)) == PAIRS


def test_a_message_behind_news_waits_until_these_are_queued(house: House, redis: Redis) -> None:
    """The first replica waits for state; what comes to the other one meanwhile waits for both."""
    company, old, new = house.tenant(), next(numbers), next(numbers)
    sends(company, company.meta_body(wrote(**{"from": old})), house=house)
    [event] = house.queued(INBOUND_WHATSAPP_MESSAGES)
    hold = f"{pointer(company.id, str(event.channelid), new)}:hold"
    notice, behind = company.meta_body(moved(old, new)), company.meta_body(wrote(**{"from": new}))
    with ThreadPoolExecutor(2) as pool, house.to_state.frozen():
        first = pool.submit(company.meta, notice)
        wait_until(lambda: bool(redis.exists(hold)))
        second = pool.submit(company.meta, behind, door=house.second)
        assert (first.result().status_code, second.result().status_code) == (200, 200)
    found = house.queued(INBOUND_WHATSAPP_MESSAGES)
    assert [event.data["message"]["type"] for event in found] == ["system", "text"]
    assert len({event.partitionkey for event in found}) == 1
    wait_until(lambda: not redis.exists(hold))


def test_ids_that_both_have_lines_keep_them_and_news_goes_before_the_new_one_s_next(
    house: House,
) -> None:
    company, old, new = house.tenant(), next(numbers), next(numbers)
    sends(
        company,
        company.meta_body(wrote(**{"from": old})),
        company.meta_body(wrote(**{"from": new})),
        company.meta_body(moved(old, new)),
        company.meta_body(wrote(**{"from": new})),
        company.meta_body(wrote(**{"from": old})),
        house=house,
    )
    first_old, first_new, news, second_new, second_old = lines(house)
    assert first_old != first_new
    assert first_new == news == second_new
    assert first_old == second_old


def test_without_redis_one_webhook_s_people_share_a_line_all_the_same(house: House) -> None:
    company, old, new = house.tenant(), next(numbers), next(numbers)
    sends(company, company.meta_body(wrote(**{"from": old})))
    before = lines(house)
    with house.to_redis.cut():
        both = company.meta_body(moved(old, new), wrote(**{"from": new}))
        sends(company, both)
    assert lines(house) == before * 2


def test_pointers_name_nobody_and_end(house: House, redis: Redis) -> None:
    company, who = house.tenant(), next(numbers)
    sends(company, company.meta_body(wrote(from_user_id="DE.7", **{"from": who})))
    keys = [str(key.decode()) for key in redis.scan_iter(match=pointers(company.id))]
    assert len(keys) == 2
    assert not any(who in key or "DE.7" in key for key in keys)
    assert all(KEPT_S - 60 < redis.ttl(key) <= KEPT_S for key in keys)
    redis.expire(keys[0], int(KEPT_S / 2 - 60))
    sends(company, company.meta_body(wrote(from_user_id="DE.7", **{"from": who})))
    assert all(KEPT_S - 60 < redis.ttl(key) <= KEPT_S for key in keys)
    lines(house)


def test_a_hold_of_a_door_that_died_ends(house: House, redis: Redis) -> None:
    company, who = house.tenant(), next(numbers)
    sends(company, company.meta_body(wrote(**{"from": who})))
    [event] = house.queued(INBOUND_WHATSAPP_MESSAGES)
    redis.set(f"{pointer(company.id, str(event.channelid), who)}:hold", "the dead", px=60_000)
    sends(company, company.meta_body(wrote(**{"from": who})))
    assert lines(house) == [event.partitionkey]
