"""What PostgreSQL's own errors mean to us, by SQLSTATE (PostgreSQL manual, appendix A).

The server's text may hold the values of a row, so it never goes into our words.
"""

from __future__ import annotations

from pg8000.exceptions import DatabaseError

from shared.runtime.errors import BadInput, Conflict, ParleyError, Unavailable

# The session ends, or never began: shutting down, crashed, starting, too many connections.
CUT = frozenset({"57P01", "57P02", "57P03", "57P05", "53300", "25P03"})
# A table changed under a prepared statement, or the statement is not there: nothing was executed.
STALE_PLAN = frozenset({"0A000", "26000"})
# Serialization failure, deadlock, lock not available, statement timeout: another try may succeed.
AGAIN = frozenset({"40001", "40P01", "55P03", "57014"})
UNIQUE_VIOLATION = "23505"


def sqlstate(error: DatabaseError) -> str:
    """The five characters; empty when the server gave none."""
    fields = error.args[0] if error.args else None
    return str(fields.get("C", "")) if isinstance(fields, dict) else ""


def is_cut(error: DatabaseError) -> bool:
    """Whether this connection is of no more use."""
    state = sqlstate(error)
    return state in CUT or state.startswith("08")


def named(error: DatabaseError) -> ParleyError:
    """Our error for the server's."""
    state = sqlstate(error)
    if state in AGAIN:
        return Unavailable(f"the database gave up for now ({state})", retry_after=1)
    if state == UNIQUE_VIOLATION:
        return Conflict(f"there is one already ({_constraint(error)})")
    if state.startswith(("22", "23")):
        return BadInput(f"the database refused a value ({state}) {_constraint(error)}".strip())
    return Unavailable(
        f"the database refused the statement ({state}): is the schema migrated, "
        "and does the role have its rights?"
    )


def _constraint(error: DatabaseError) -> str:
    return str(error.args[0].get("n", ""))
