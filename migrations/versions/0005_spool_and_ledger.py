"""The spool of events that the broker and S3 did not take, and the ledger of what came in."""

from alembic import op

from migrations.run import execute_file

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FILES = ("spool", "ledger", "rights")


def upgrade() -> None:
    """Make the tables, and give the connector its narrow look at what became of messages."""
    for name in FILES:
        execute_file(op.get_bind(), f"schema/0005/{name}.sql")
