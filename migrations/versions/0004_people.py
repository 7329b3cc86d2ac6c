"""People apart from what WhatsApp calls them; echoes, wishes and notices; what a reply is about."""

from alembic import op

from migrations.run import execute_file

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FILES = ("customers", "messages", "facts")


def upgrade() -> None:
    """Make a person of each name in `identities`, then room for what is new."""
    for name in FILES:
        execute_file(op.get_bind(), f"schema/0004/{name}.sql")
