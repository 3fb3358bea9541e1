"""Rate budgets

The ledgers of rate limits that processes share.

What it does to existing rows: nothing.

Revision: 2b9e6f03d714
Follows: c41f8a27d6b0
"""

import sqlalchemy as sa
from alembic import op

revision = "2b9e6f03d714"
down_revision = "c41f8a27d6b0"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rate_budgets",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("ledger", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rate_budgets")),
    )


def downgrade() -> None:
    op.drop_table("rate_budgets")
