"""Tables, roles, rights and row-level security of the first release.

There is no way down: what messages did cannot be unlearned. Restore a backup instead.
"""

from alembic import op

from migrations.run import execute_file

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FILES = ("roles", "tenancy", "messages", "queues", "rights")


def upgrade() -> None:
    """Make everything from nothing."""
    for name in FILES:
        execute_file(op.get_bind(), f"schema/0001/{name}.sql")
