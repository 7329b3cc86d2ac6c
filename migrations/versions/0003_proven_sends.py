"""Whether a status has already told the fate of the send that is in flight."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column; a constant default rewrites no rows."""
    op.execute("alter table message_tracking add column proven boolean not null default false")
