"""Subscriptions ask for deletions

What it does to existing rows: no subscription asks for them, as before.

Revision: 1b6f0d83c7ae
Follows: 5f266ca8ac09
"""

import sqlalchemy as sa
from alembic import op

revision = "1b6f0d83c7ae"
down_revision = "5f266ca8ac09"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "subscriptions",
        sa.Column("deletions", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column("subscriptions", "deletions")
