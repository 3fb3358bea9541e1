"""Webhooks for tenants, and unlinking

What it does to existing rows: notices get an empty column; nothing is rewritten.

Revision: 86e0f72eb343
Follows: 7c1f0a9d52e4
"""

import sqlalchemy as sa
from alembic import op

revision = "86e0f72eb343"
down_revision = "7c1f0a9d52e4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tenant_webhooks",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("callback_url", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_tenant_webhooks_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant_webhooks")),
    )
    op.create_index(
        op.f("ix_tenant_webhooks_tenant_id"), "tenant_webhooks", ["tenant_id"], unique=False
    )
    op.create_table(
        "unlinkings",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("erases", sa.Boolean(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("counts", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_unlinkings_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unlinkings")),
    )
    op.create_index(op.f("ix_unlinkings_account_id"), "unlinkings", ["account_id"], unique=False)
    op.add_column("notices", sa.Column("tenant_webhook_id", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("notices", "tenant_webhook_id")
    op.drop_index(op.f("ix_unlinkings_account_id"), table_name="unlinkings")
    op.drop_table("unlinkings")
    op.drop_index(op.f("ix_tenant_webhooks_tenant_id"), table_name="tenant_webhooks")
    op.drop_table("tenant_webhooks")
