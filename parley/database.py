"""The doctor's look at PostgreSQL: who we are there, and which schema it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pg8000.native
from alembic.script import ScriptDirectory
from pg8000.exceptions import DatabaseError, InterfaceError

import migrations
from parley.environment import Found
from shared.runtime.errors import Unavailable
from shared.storage.database_url import DatabaseUrl

NO_TABLE = "42P01"


def newest_revision() -> str | None:
    """The revision that this code's migrations lead to."""
    return ScriptDirectory(str(Path(str(migrations.__file__)).parent)).get_current_head()


def revision_of(setting: Found, seconds: float) -> str | None:
    """The revision that the database has; None without a schema. Raises Unavailable."""
    try:
        return str(_one(setting, seconds, "select version_num from alembic_version"))
    except DatabaseError as error:
        if _fields(error).get("C") == NO_TABLE:
            return None
        raise _refused(setting, error) from None


def role_of(setting: Found, seconds: float) -> str:
    """The role that the address logs in as. Raises Unavailable, also when it is too mighty."""
    statement = (
        "select case when rolsuper or rolbypassrls then null else rolname end"
        " from pg_roles where rolname = current_user"
    )
    try:
        role = _one(setting, seconds, statement)
    except DatabaseError as error:
        raise _refused(setting, error) from None
    if role is None:
        raise Unavailable(f"{setting.name} is a role that bypasses row-level security: use its own")
    return str(role)


def _one(setting: Found, seconds: float, statement: str) -> Any:
    try:
        url = DatabaseUrl.parse(setting.value)
        connection = pg8000.native.Connection(
            **url.connect_options(seconds), application_name="parley-doctor"
        )
        try:
            rows = connection.run(statement)
        finally:
            connection.close()
    except (InterfaceError, OSError) as error:
        raise Unavailable(
            f"PostgreSQL does not answer ({type(error).__name__}): start it, or change "
            f"{setting.name} (from {setting.source})"
        ) from None
    return rows[0][0] if rows else None


def _refused(setting: Found, error: DatabaseError) -> Unavailable:
    words = _fields(error).get("M", "without words")
    return Unavailable(f"PostgreSQL refused: {words}; check {setting.name} (from {setting.source})")


def _fields(error: DatabaseError) -> dict[str, str]:
    fields = error.args[0] if error.args else None
    return fields if isinstance(fields, dict) else {}
