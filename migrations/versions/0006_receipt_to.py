"""The address that a receipt goes to, where the customer's name does not give it."""

from alembic import op

from migrations.run import execute_file

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for it; the usual message has none."""
    execute_file(op.get_bind(), "schema/0006/receipts.sql")
