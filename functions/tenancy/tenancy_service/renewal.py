"""Secrets sealed anew under the ring's current key: in batches, while everything runs.

What is done shows in the values themselves, so a renewal that was cut begins where it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.services.upkeep import BATCH, Place, Renewed, SealCount, Seals
from shared.storage.database import Database, Row, Session
from shared.tenancy.sealed import SEALED
from shared.tenancy.vault import SealBroken, Vault
from tenancy_service.repository import Repository

NOWHERE = "00000000-0000-0000-0000-000000000000"

# The envelope's own words: version, length of the key's id, the id (shared/tenancy/vault.py).
_KEY_OF = (
    "case when length({column}) > 2"
    " then convert_from(substr({column}, 3, get_byte({column}, 1)), 'UTF8') end"
)


class Renewal:
    """Counts and renews the seals of all tenants."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def seals_across_tenants(self) -> Seals:
        """Under which keys the values lie."""
        counts = [
            SealCount(table=table, column=column, known=row["key"] in self._vault.keys, **row)
            for table, columns in SEALED.items()
            for column in columns
            for row in await self._database.rows(_count(table, column), idempotent=True)
        ]
        return Seals(current=self._vault.current, keys=self._vault.keys, counts=counts)

    async def renew_across_tenants(self, place: Place | None, actor: str) -> Renewed:
        """Seal the next batch anew; what does not open is left as it is and named."""
        at = place or Place(table=next(iter(SEALED)), after=NOWHERE)

        def work(session: Session) -> Renewed:
            repository = Repository(session)
            repository.lock()  # no apply between what we read and what we write
            rows = self._outdated(session, at)
            broken = [words for row in rows for words in self._renew(session, at.table, row)]
            done = len(rows) - len({words.partition(":")[0] for words in broken})
            if done:
                values: dict[str, list[Any]] = {
                    "key": [None, self._vault.current],
                    "rows": [None, done],
                }
                repository.audit(None, actor, "seals.renewed", at.table, [], values)
            return Renewed(renewed=done, broken=broken, next=_next(at, rows))

        return await self._database.transaction(work, idempotent=True)

    def _outdated(self, session: Session, at: Place) -> list[Row]:
        columns = SEALED[at.table]
        outdated = " or ".join(f"{_KEY_OF.format(column=one)} <> :current" for one in columns)
        return session.rows(
            f"select id, {', '.join(columns)} from {at.table}"  # noqa: S608  # names from SEALED
            f" where id > :after and ({outdated}) order by id limit :most for update",
            {"after": at.after, "current": self._vault.current, "most": BATCH},
        )

    def _renew(self, session: Session, table: str, row: Row) -> Iterator[str]:
        """Write the row's columns anew. Yields the words of those that do not open."""
        for column in SEALED[table]:
            sealed = row[column]
            if not sealed or self._vault.is_current(sealed):
                continue
            try:
                secret = self._vault.open(sealed, table, column, row["id"])
            except SealBroken as error:
                yield f"{table} {row['id']}: {error.detail}"
                continue
            session.rows(
                f"update {table} set {column} = :sealed where id = :id",  # noqa: S608  # as above
                {"sealed": self._vault.seal(secret, table, column, row["id"]), "id": row["id"]},
            )


def _count(table: str, column: str) -> str:
    key = _KEY_OF.format(column=column)
    return (
        f"select {key} as key, count(*) as values from {table}"  # noqa: S608  # names from SEALED
        f" where length({column}) > 2 group by 1 order by 1"
    )


def _next(at: Place, rows: list[Row]) -> Place | None:
    if len(rows) == BATCH:
        return Place(table=at.table, after=rows[-1]["id"])
    tables = list(SEALED)
    rest = tables[tables.index(at.table) + 1 :]
    return Place(table=rest[0], after=NOWHERE) if rest else None
