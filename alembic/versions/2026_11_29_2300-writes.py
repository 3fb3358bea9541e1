"""What was asked to be written at target systems, and jobs

Every write is recorded before it leaves, so that a lost answer, a crash or a repeated request never
makes a second document. Requests and answers are sealed, and kept for a day. Jobs are work that takes longer than a request may.

What it does to existing rows: nothing.

Revision: 5be1d7c94f20
Follows: a52c9e71d0b8
"""

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision = "5be1d7c94f20"
down_revision = "a52c9e71d0b8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "writes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=True),
        sa.Column("key_digest", sa.String(), nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("made_id", sa.String(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_writes_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_writes")),
        sa.UniqueConstraint(
            "account_id",
            "operation",
            "key_digest",
            name=op.f("uq_writes_account_id_operation_key_digest"),
        ),
        sa.UniqueConstraint(
            "account_id",
            "operation",
            "made_id",
            name=op.f("uq_writes_account_id_operation_made_id"),
        ),
    )
    op.create_index("ix_writes_open", "writes", ["status", "lease_until"])
    op.create_index("ix_writes_alike", "writes", ["account_id", "operation", "fingerprint"])
    op.create_table(
        "write_turns",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("write_id", sa.String(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_write_turns_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "record_id", name=op.f("pk_write_turns")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key_digest", sa.String(), nullable=True),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_jobs_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint(
            "account_id", "kind", "key_digest", name=op.f("uq_jobs_account_id_kind_key_digest")
        ),
    )
    op.create_index(op.f("ix_jobs_account_id"), "jobs", ["account_id"])
    op.create_index("ix_jobs_due", "jobs", ["status", "due_at"])


def downgrade() -> None:
    op.drop_table("jobs")
    op.drop_table("write_turns")
    op.drop_table("writes")
