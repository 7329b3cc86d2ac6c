"""Statuses that wait keep each fact and come to an end; the connector learns who is suspended."""

from alembic import op

from migrations.run import execute_file

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the key of what waits, and the connector's narrow look."""
    execute_file(op.get_bind(), "schema/0009/statuses.sql")
