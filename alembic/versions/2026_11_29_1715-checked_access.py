"""When a refused access that can't be renewed was last checked

An access that one answer refused is checked once before the account is ended, and at most once
a minute, whichever process asks.

What it does to existing rows: they were never checked, so the column is empty.

Revision: 3d9be5c07a14
Follows: 7c4f0a91d2e6
"""

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision = "3d9be5c07a14"
down_revision = "7c4f0a91d2e6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tokens", sa.Column("checked_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("tokens", "checked_at")
