"""Whether a vendor wants what can't be undone to be confirmed

What it does to existing rows: nobody is asked to confirm anything, as before.

Revision: 8f21c6d0a9b3
Follows: 5be1d7c94f20
"""

import sqlalchemy as sa
from alembic import op

revision = "8f21c6d0a9b3"
down_revision = "5be1d7c94f20"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "tenants",
        sa.Column("confirms_acts", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column("tenants", "confirms_acts")
