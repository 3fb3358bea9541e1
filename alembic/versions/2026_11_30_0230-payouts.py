"""Payouts: files of many payments

A file of payments is stored line by line before any of it leaves, each line with a key of its own,
so that a run that was interrupted goes on where it was and pays nothing twice. What lines say is
sealed.

What it does to existing rows: nothing.

Revision: c0a4d2f61e87
Follows: c3a9f5d2e781
"""

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision = "c0a4d2f61e87"
down_revision = "c3a9f5d2e781"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payouts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("key_digest", sa.String(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_payouts_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts")),
        sa.UniqueConstraint(
            "account_id", "key_digest", name=op.f("uq_payouts_account_id_key_digest")
        ),
    )
    op.create_index("ix_payouts_due", "payouts", ["status", "due_at"])
    op.create_index("ix_payouts_digest", "payouts", ["account_id", "digest"])
    op.create_table(
        "payout_lines",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("payout_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.Column("batch", sa.Integer(), nullable=True),
        sa.Column("result_id", sa.String(), nullable=True),
        sa.Column("begun_at", UtcDateTime(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_payout_lines_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["payout_id"], ["payouts.id"], name=op.f("fk_payout_lines_payout_id_payouts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_lines")),
        sa.UniqueConstraint("payout_id", "number", name=op.f("uq_payout_lines_payout_id_number")),
    )
    op.create_index(op.f("ix_payout_lines_account_id"), "payout_lines", ["account_id"])
    op.create_index("ix_payout_lines_state", "payout_lines", ["payout_id", "state", "number"])
    op.create_index("ix_payout_lines_batch", "payout_lines", ["payout_id", "batch"])


def downgrade() -> None:
    op.drop_table("payout_lines")
    op.drop_table("payouts")
