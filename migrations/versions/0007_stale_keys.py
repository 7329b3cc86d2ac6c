"""Keys of Redis to be forgotten, kept until Redis agrees; a credential that ends soon."""

from alembic import op

from migrations.run import execute_file

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and the word for a credential that is good and ends soon."""
    execute_file(op.get_bind(), "schema/0007/tenancy.sql")
