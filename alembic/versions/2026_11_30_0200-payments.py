"""Payments on their way, and what vendors may pay with

A payment is stored before it leaves, with its key at the target system, so that a lost answer, a
crash or an approval that takes its time never moves money twice. What is paid and to whom is
sealed. Vendors may pay nothing until a row in payment_settings says so.

What it does to existing rows: nothing.

Revision: c3a9f5d2e781
Follows: 5be1d7c94f20
"""

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision = "c3a9f5d2e781"
down_revision = "5be1d7c94f20"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment_orders",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("key_digest", sa.String(), nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("likeness", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("payee", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("confirmed_by", sa.String(), nullable=True),
        sa.Column("state", sa.LargeBinary(), nullable=True),
        sa.Column("transfer_id", sa.String(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_payment_orders_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_orders")),
        sa.UniqueConstraint(
            "account_id", "key_digest", name=op.f("uq_payment_orders_account_id_key_digest")
        ),
        sa.UniqueConstraint(
            "account_id", "transfer_id", name=op.f("uq_payment_orders_account_id_transfer_id")
        ),
    )
    op.create_index("ix_payment_orders_due", "payment_orders", ["due_at"])
    op.create_index("ix_payment_orders_day", "payment_orders", ["tenant_id", "day"])
    op.create_table(
        "payment_settings",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("per_payment_cents", sa.BigInteger(), nullable=True),
        sa.Column("per_day_cents", sa.BigInteger(), nullable=True),
        sa.Column("per_payee_cents", sa.BigInteger(), nullable=True),
        sa.Column("four_eyes", sa.Boolean(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_payment_settings_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_payment_settings")),
    )


def downgrade() -> None:
    op.drop_table("payment_settings")
    op.drop_table("payment_orders")
