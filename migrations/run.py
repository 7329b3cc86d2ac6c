"""Bring a database to the schema of this code: `upgrade(owner_url)`, as often as you like.

One transaction and one lock: revisions, then every function of `sql/` anew, then partitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pg8000.dbapi
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, NullPool, create_engine, text

from shared.storage.database_url import DatabaseUrl

HERE = Path(__file__).resolve().parent
CONNECT_TIMEOUT_S = 5.0
MONTHS_AHEAD = 3
LOCK = 0x7061726C6579  # "parley": two upgrades at once take turns


def upgrade(owner_url: str, *, report: Callable[[str], None] = print) -> None:
    """Upgrade the database of `owner_url` (its role owns the tables) to the newest revision.

    Raises SettingsError for a URL that is none, OSError when the server cannot be reached, and
    the server's error, with nothing changed, when a statement fails.
    """
    with _connected(owner_url) as connection:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        before = _revision(connection)
        command.upgrade(_config(connection), "head")
        after = _revision(connection)
        # They call each other: none is checked before all are there.
        connection.execute(text("set local check_function_bodies = off"))
        for path in sorted((HERE / "sql").glob("*.sql")):
            execute_file(connection, f"sql/{path.name}")
        made = connection.execute(
            text("select ensure_partitions(:months)"), {"months": MONTHS_AHEAD}
        ).scalar_one()
    report(f"schema at {after}" if before == after else f"schema {before or 'empty'} -> {after}")
    report(f"functions loaded, {made} partitions made")


def current(owner_url: str) -> str | None:
    """The revision that the database is at; None when it has no schema yet."""
    with _connected(owner_url) as connection:
        return _revision(connection)


def execute_file(connection: Connection, name: str) -> None:
    """Run the statements of a file of this folder, as they stand, in the open transaction.

    By the simple protocol of the driver: SQLAlchemy and the DB-API would read the colons and
    per cent signs of function bodies as parameters.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute_simple((HERE / name).read_text(encoding="utf-8"))


@contextmanager
def _connected(owner_url: str) -> Iterator[Connection]:
    url = DatabaseUrl.parse(owner_url)

    def connect() -> Any:
        options = url.connect_options(CONNECT_TIMEOUT_S)
        options["sock"].settimeout(None)  # a migration may take its time
        return pg8000.dbapi.connect(**options, application_name="parley-migrations")

    engine = create_engine("postgresql+pg8000://", creator=connect, poolclass=NullPool)
    with engine.begin() as connection:
        yield connection


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
