"""The doors tell the ledger what came in, once, and late when they must."""

import asyncio

from local.services import Endpoints
from shared.storage.database import Database
from tests.doors.house import Company, House, text
from tests.moments import unix_at
from tests.support import wait_until

ARRIVED = "select direction, arrived from ledger_page(:tenant, null, null, 900)"


def arrived(endpoints: Endpoints, company: Company) -> dict[str, int]:
    async def ask() -> dict[str, int]:
        async with Database.open(endpoints.database_url("connector"), size=1) as database:
            found = await database.rows(ARRIVED, tenant=company.id)
        return {row["direction"]: row["arrived"] for row in found}

    return asyncio.run(ask())


def test_messages_are_counted_once_and_statuses_not(house: House, migrated: Endpoints) -> None:
    company = house.tenant()
    status = {"id": "wamid.1", "status": "sent", "timestamp": unix_at(), "recipient_id": "491"}
    inbound = company.meta_body(text("one"), text("two"), statuses=[status])
    outbound = company.agent_body()
    for _ in range(2):  # told twice, as providers do
        assert company.meta(inbound).status_code == 200
        assert company.agent(outbound).status_code == 200
    wait_until(lambda: arrived(migrated, company) == {"inbound": 2, "outbound": 1})


def test_without_state_they_are_told_later(house: House, migrated: Endpoints) -> None:
    company = house.tenant()
    with house.to_state.cut():
        assert company.meta(company.meta_body(text())).status_code == 200
        wait_until(lambda: "ledger_waits" in house.whatsapp.logged())
    wait_until(lambda: arrived(migrated, company) == {"inbound": 1})


def test_what_was_not_taken_is_not_counted(house: House, migrated: Endpoints) -> None:
    company = house.tenant()
    assert company.meta(company.meta_body(text())).status_code == 200
    lost = company.meta_body(text())
    with house.to_broker.cut(), house.to_s3.cut(), house.to_state.cut():
        assert company.meta(lost).status_code == 503
    wait_until(lambda: arrived(migrated, company) == {"inbound": 1})
    wait_until(lambda: company.meta(lost).status_code == 200)
    wait_until(lambda: arrived(migrated, company) == {"inbound": 2})
