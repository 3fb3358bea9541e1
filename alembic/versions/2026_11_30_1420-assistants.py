"""What people allowed to assistants

What it does to existing rows: nothing.

Revision: 3d7a90b4c6e1
Follows: 8d1c6e0b7a42
"""

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision = "3d7a90b4c6e1"
down_revision = "8d1c6e0b7a42"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assistant_grants",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("api_key_id", sa.String(), nullable=False),
        sa.Column("account_key_id", sa.String(), nullable=False),
        sa.Column("client_digest", sa.String(), nullable=False),
        sa.Column("client_name", sa.String(), nullable=False),
        sa.Column("permissions", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_assistant_grants_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_assistant_grants_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assistant_grants")),
    )
    op.create_index(op.f("ix_assistant_grants_account_id"), "assistant_grants", ["account_id"])
    op.create_index(op.f("ix_assistant_grants_expires_at"), "assistant_grants", ["expires_at"])

    op.create_table(
        "assistant_tokens",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("grant_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("challenge", sa.String(), nullable=True),
        sa.Column("redirect_uri", sa.String(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_assistant_tokens_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["assistant_grants.id"],
            name=op.f("fk_assistant_tokens_grant_id_assistant_grants"),
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_assistant_tokens")),
    )
    op.create_index(op.f("ix_assistant_tokens_account_id"), "assistant_tokens", ["account_id"])
    op.create_index(op.f("ix_assistant_tokens_expires_at"), "assistant_tokens", ["expires_at"])
    op.create_index(op.f("ix_assistant_tokens_grant_id"), "assistant_tokens", ["grant_id"])


def downgrade() -> None:
    op.drop_table("assistant_tokens")
    op.drop_table("assistant_grants")
