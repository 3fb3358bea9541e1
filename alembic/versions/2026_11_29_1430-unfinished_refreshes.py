"""Index for refreshes that were begun and not finished

Every process looks for them every few seconds.

What it does to existing rows: nothing.

Revision: 7c4f0a91d2e6
Follows: 8c27f1e5a093
"""

import sqlalchemy as sa
from alembic import op

revision = "7c4f0a91d2e6"
down_revision = "8c27f1e5a093"
branch_labels = None
depends_on = None

_UNFINISHED = sa.text("lease_until IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_tokens_unfinished",
        "tokens",
        ["lease_until"],
        sqlite_where=_UNFINISHED,
        postgresql_where=_UNFINISHED,
    )


def downgrade() -> None:
    op.drop_index("ix_tokens_unfinished", table_name="tokens")
