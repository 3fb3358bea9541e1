"""Copies of accounts' records

What it does to existing rows: nothing.

Revision: 5f266ca8ac09
Follows: c0a4d2f61e87
"""

import sqlalchemy as sa
from alembic import op

from storage.base import UtcDateTime

revision = "5f266ca8ac09"
down_revision = "c0a4d2f61e87"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "copied_documents",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("file_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("path", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_copied_documents_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint(
            "account_id",
            "resource",
            "destination",
            "record_id",
            "file_id",
            name=op.f("pk_copied_documents"),
        ),
    )
    op.create_index(
        "ix_copied_documents_due", "copied_documents", ["destination", "status", "due_at"]
    )

    op.create_table(
        "copied_records",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_copied_records_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "resource", "destination", "record_id", name=op.f("pk_copied_records")
        ),
    )
    op.create_table(
        "copies",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("changed_until", UtcDateTime(), nullable=True),
        sa.Column("newest_at", UtcDateTime(), nullable=True),
        sa.Column("first_from", UtcDateTime(), nullable=True),
        sa.Column("compared_at", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_copies_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "resource", "destination", name=op.f("pk_copies")),
    )
    op.create_index("ix_copies_due", "copies", ["destination", "due_at"])

    op.create_table(
        "copy_runs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("destination", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.Column("unreadable", sa.Integer(), nullable=False),
        sa.Column("downloaded", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_copy_runs_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copy_runs")),
    )
    op.create_index("ix_copy_runs_account", "copy_runs", ["account_id", "id"])
    op.create_index("ix_copy_runs_open", "copy_runs", ["destination", "status"])


def downgrade() -> None:
    op.drop_index("ix_copy_runs_open", table_name="copy_runs")
    op.drop_index("ix_copy_runs_account", table_name="copy_runs")

    op.drop_table("copy_runs")
    op.drop_index("ix_copies_due", table_name="copies")

    op.drop_table("copies")
    op.drop_table("copied_records")
    op.drop_index("ix_copied_documents_due", table_name="copied_documents")

    op.drop_table("copied_documents")
