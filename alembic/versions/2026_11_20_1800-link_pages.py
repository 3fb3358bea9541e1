"""Link pages

A link may begin at a page of our own, and end at one.

What it does to existing rows: nothing. Going down deletes links that end at a page of our own;
links live a day at most.

Revision: 7d0c3b5a91e2
Follows: 86e0f72eb343
"""

import sqlalchemy as sa
from alembic import op

revision = "7d0c3b5a91e2"
down_revision = "86e0f72eb343"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("page_id", sa.String(), nullable=True))
        batch_op.alter_column("callback_url", existing_type=sa.String(), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM links WHERE callback_url IS NULL")
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.alter_column("callback_url", existing_type=sa.String(), nullable=False)
        batch_op.drop_column("page_id")
