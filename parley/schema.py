"""`parley migrate`: the database brought to the schema of this code."""

from __future__ import annotations

import argparse

from pg8000.exceptions import DatabaseError, InterfaceError
from sqlalchemy.exc import DBAPIError

from migrations.run import upgrade
from parley.environment import OWNER_DATABASE, Environment
from shared.command.output import say
from shared.runtime.errors import Unavailable


def migrate(given: argparse.Namespace, environment: Environment) -> int:
    """Upgrade as the owner of the tables; nothing changes when it is up to date."""
    del given
    url = environment.need(*OWNER_DATABASE)
    say(f"migrating with {url.name} from {url.source}")
    try:
        upgrade(url.value)
    except (DBAPIError, DatabaseError, InterfaceError, OSError) as error:
        raise Unavailable(f"{_told(error)}; nothing was changed: check {url.name}") from None
    say("next: start the functions, or `parley doctor`")
    return 0


def _told(error: Exception) -> str:
    """The server's own words where it has some; a statement of ours holds no secret."""
    cause = getattr(error, "orig", None) or error
    fields = cause.args[0] if cause.args else None
    if isinstance(fields, dict):
        return f"PostgreSQL refused: {fields.get('M', 'without words')}"
    return f"PostgreSQL does not answer ({type(cause).__name__})"
