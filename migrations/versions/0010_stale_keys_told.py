"""A token that a change made stale is deleted twice, however often a replica looks."""

from alembic import op

from migrations.run import execute_file

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the mark."""
    execute_file(op.get_bind(), "schema/0010/stale_keys.sql")
