"""Indexes for what is held, joined and probed

A paused subscription's backlog is found without a look at history, so are the deliveries that were
joined with another, and the paused subscriptions that may be tried again.

What it does to existing rows: nothing.

Revision: c31e7a90b5d4
Follows: 9d51b2c7e840
"""

import sqlalchemy as sa
from alembic import op

revision = "c31e7a90b5d4"
down_revision = "9d51b2c7e840"
branch_labels = None
depends_on = None

_PENDING = sa.text("status = 'PENDING'")
_HELD = sa.text("status = 'HELD'")
_WAITING = sa.text("status = 'PENDING' OR status = 'HELD'")
_JOINED = sa.text("merged_into IS NOT NULL")
_PAUSED = sa.text("state = 'PAUSED'")


def upgrade() -> None:
    op.drop_index("ix_deliveries_record", table_name="deliveries")
    op.create_index(
        "ix_deliveries_record",
        "deliveries",
        ["subscription_id", "record_key"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_index(
        "ix_deliveries_held",
        "deliveries",
        ["subscription_id", "id"],
        sqlite_where=_HELD,
        postgresql_where=_HELD,
    )
    op.create_index(
        "ix_deliveries_merged",
        "deliveries",
        ["merged_into"],
        sqlite_where=_JOINED,
        postgresql_where=_JOINED,
    )
    op.create_index(
        "ix_subscriptions_probe",
        "subscriptions",
        ["next_probe_at"],
        sqlite_where=_PAUSED,
        postgresql_where=_PAUSED,
    )


def downgrade() -> None:
    op.drop_index("ix_subscriptions_probe", table_name="subscriptions")
    op.drop_index("ix_deliveries_merged", table_name="deliveries")
    op.drop_index("ix_deliveries_held", table_name="deliveries")
    op.drop_index("ix_deliveries_record", table_name="deliveries")
    op.create_index(
        "ix_deliveries_record",
        "deliveries",
        ["subscription_id", "record_key"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
