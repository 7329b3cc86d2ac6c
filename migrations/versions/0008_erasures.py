"""Erasures of one person, and runs of retention: what went, never whose it was."""

from alembic import op

from migrations.run import execute_file

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    execute_file(op.get_bind(), "schema/0008/erasures.sql")
