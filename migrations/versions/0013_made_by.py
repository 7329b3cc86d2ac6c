"""An API key says by which key it was made: it ends with that one."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. Keys of before it, and those that people make, were made by none."""
    op.execute("alter table api_keys add column made_by uuid references api_keys")
    op.execute("create index api_keys_made_by on api_keys (made_by)")
