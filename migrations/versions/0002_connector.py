"""What a parked event has been through: faults that count towards its end, and its age."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns; a constant default rewrites no rows."""
    op.execute(
        "alter table parked add column faults integer not null default 0,"
        " add column first_seen timestamptz not null default now()"
    )
