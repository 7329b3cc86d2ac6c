"""What the other side refused is counted in the ledger, and listed."""

from alembic import op

from migrations.run import execute_file

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index, the counts and the rights to see them."""
    execute_file(op.get_bind(), "schema/0011/refused.sql")
