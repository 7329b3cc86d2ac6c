"""A credential says since when it is worth another try: what waits for it goes on at once."""

from alembic import op

from migrations.run import execute_file

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the moment, and let the connector see it."""
    execute_file(op.get_bind(), "schema/0012/renewed_credentials.sql")
