"""Many attempts at once before two replicas of state: one of them sends."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from local.services import Endpoints
from shared.runtime.errors import Busy
from shared.runtime.peer import Peer, http_session
from shared.services.once import Delivery, Holder, Plan, deliver
from shared.services.state import StateClient
from tests.services.office import Courier, Office, parts_of
from tests.services.processes import TOKENS, Process

TASKS, MESSAGES = 16, 12


@pytest.fixture(scope="module")
def replica(migrated: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A second process of state on the same stores."""
    process = Process(
        "state",
        tmp_path_factory.mktemp("replica"),
        DATABASE_URL=migrated.database_url("functions"),
        REDIS_URL=migrated.redis_url,
    )
    yield process.launch().ready()
    process.stop()


def test_sixteen_tasks_on_two_replicas_send_each_message_once(
    office: Office, replica: Process
) -> None:
    sent: Counter[str] = Counter()

    async def one(states: list[StateClient], message: str, task: int) -> str:
        async def build(_: Holder) -> Plan:
            return Plan(parts_of(message, 2))

        courier = Courier()
        try:
            request = office.request(message)
            delivery: Delivery = await deliver(states[task % 2], request, build, courier)
        except Busy:
            return "busy"
        finally:
            sent.update(f"{message}#{number}" for number in courier.sent)
        return delivery.fate

    async def crowd() -> Counter[str]:
        async with http_session() as session:
            other = StateClient(Peer(session, name="state", url=replica.url, tokens=TOKENS))
            states = [office.client, other]
            tries = [
                one(states, f"m{message}", task)
                for message in range(MESSAGES)
                for task in range(TASKS)
            ]
            return Counter(await asyncio.gather(*tries))

    fates = office.runner.run(crowd())
    assert fates["delivered"] == MESSAGES
    assert set(sent.values()) == {1}
    assert len(sent) == 2 * MESSAGES


def test_a_redelivery_days_later_is_a_duplicate(office: Office) -> None:
    assert office.deliver(Courier()).fate == "delivered"
    office.rows(
        "update message_tracking set created_at = created_at - interval '40 days',"
        " occurred_at = occurred_at - interval '40 days'"
    )
    idle = Courier()
    assert office.deliver(idle).fate == "duplicate"
    assert idle.sent == []
