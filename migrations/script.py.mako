"""${message}."""

from alembic import op

from migrations.run import execute_file

revision = "${up_revision}"
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say what changes."""
    execute_file(op.get_bind(), "schema/${up_revision}/change.sql")
