"""What waits for a tenant's credential goes on as soon as that is renewed."""

from connector.renewed import AGAIN_AFTER_S, Renewed
from local.services import Endpoints
from shared.storage.database import Database
from tests.connector.harness import OK, Reply, World, in_order, play
from tests.connector.test_suspended import Company, company
from tests.messaging.broker import OTHER_TENANT, event, until

REFUSED = Reply(503, {"Retry-After": "3600"}, {"code": "credential_bad"})


async def renew(world: World, acme: Company) -> None:
    async with Database.open(world.endpoints.database_url("tenancy"), size=1) as tenancy:
        await tenancy.rows(
            "insert into tenant_credentials (tenant_id, kind, sealed)"
            " values (:tenant, 'genesys', '\\x00')"
            " on conflict (tenant_id, kind, name) do update set renewed_at = clock_timestamp()",
            tenant=acme.id,
        )


def test_a_renewed_credential_ends_every_wait_of_its_tenant_and_keeps_the_order(
    migrated: Endpoints,
) -> None:
    async def scenario(world: World) -> None:
        async with company(world) as acme:
            mine = [acme.event(f"{key}{n}", key) for n in range(4) for key in "abcdefgh"]
            other = event("o", "o", tenant=OTHER_TENANT)
            refused = {one.id for one in (*mine, other)}

            world.function.behaviour = lambda one: REFUSED if one.id in refused else OK
            async with world.connector() as routes:
                await world.publish(*mine, other)
                await until(lambda: routes[0].tenants.held == 1)
                await world.rows_become("parked", len(mine) + 1)
                refused.clear()
                await renew(world, acme)
                await until(lambda: {one.id for one in mine} <= world.function.all_taken)
                assert other.id not in world.function.all_taken
                assert routes[0].tenants.held == 0
            in_order(world, mine)

    play(migrated, scenario, lambda _: OK)


def test_a_renewal_is_told_once_and_again_for_what_was_under_way(migrated: Endpoints) -> None:
    async def scenario(world: World) -> None:
        told: list[str] = []
        moment = 1000.0
        async with company(world) as acme:
            database = Database(world.endpoints.database_url("connector"))
            renewed = Renewed(database, clock=lambda: moment)
            renewed.on_renewal(lambda those: told.extend(one for one in those if one == acme.id))
            await renewed.look()
            assert told == []
            await renew(world, acme)
            for _ in range(3):
                await renewed.look()
            assert told == [acme.id]
            for _ in range(20):
                moment += 1
                await renewed.look()
            assert told == [acme.id] * len(AGAIN_AFTER_S)
            await database.close()

    play(migrated, scenario, lambda _: OK)
