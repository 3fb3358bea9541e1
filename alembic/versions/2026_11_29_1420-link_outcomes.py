"""Link outcomes

A browser that comes back once more with the same link is shown how it ended. An index finds the
links that were begun on a page.

What it does to existing rows: nothing; a link that ended before has no outcome, and a browser that
comes back with it is told that it was used.

Revision: 8c27f1e5a093
Follows: 5e0a94d2b7c1
"""

import sqlalchemy as sa
from alembic import op

revision = "8c27f1e5a093"
down_revision = "5e0a94d2b7c1"
branch_labels = None
depends_on = None

_COLUMNS = ("return_digest", "outcome", "outcome_message", "linked_account_id", "handed")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("links", sa.Column(name, sa.String(), nullable=True))
    op.create_index(op.f("ix_links_page_id"), "links", ["page_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_links_page_id"), table_name="links")
    with op.batch_alter_table("links", schema=None) as batch_op:
        for name in _COLUMNS:
            batch_op.drop_column(name)
