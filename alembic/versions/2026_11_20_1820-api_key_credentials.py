"""API key credentials

An account may be called for with an API key instead of tokens.

What it does to existing rows: they are marked as tokens. Going down deletes the credentials that
are API keys; their accounts must be linked again.

Revision: c41f8a27d6b0
Follows: 7d0c3b5a91e2
"""

import sqlalchemy as sa
from alembic import op

revision = "c41f8a27d6b0"
down_revision = "7d0c3b5a91e2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(), nullable=False, server_default="OAUTH"))
        batch_op.add_column(sa.Column("custom_values", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM tokens WHERE kind <> 'OAUTH'")
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.drop_column("custom_values")
        batch_op.drop_column("kind")
