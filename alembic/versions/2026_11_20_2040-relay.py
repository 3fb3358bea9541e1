"""The relay: states of endpoints, the log, replays, and what is known of changes

Columns for pausing, rotation, order and joining of events; headers and bodies in the log; jobs that
send again; watermarks and known records for finding changes by asking; duties that processes share.

What it does to existing rows: subscriptions are active, deliveries and events are what they were.
Going down deletes deliveries that were held or joined, and replays.

Revision: 9d51b2c7e840
Follows: 2b9e6f03d714
"""

import sqlalchemy as sa
from alembic import op

revision = "9d51b2c7e840"
down_revision = "2b9e6f03d714"
branch_labels = None
depends_on = None

_PENDING = sa.text("status = 'PENDING'")


def _moment(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "replays",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("criteria", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=True),
        _moment("created_at", nullable=False),
        _moment("updated_at", nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        _moment("lease_until"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_replays_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_replays_subscription_id_subscriptions"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replays")),
    )
    op.create_index(op.f("ix_replays_subscription_id"), "replays", ["subscription_id"])
    op.create_table(
        "watermarks",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        _moment("changed_until", nullable=False),
        _moment("since", nullable=False),
        _moment("due_at", nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        _moment("polled_at"),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        _moment("lease_until"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_watermarks_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "resource", name=op.f("pk_watermarks")),
    )
    op.create_index("ix_watermarks_due", "watermarks", ["due_at"])
    op.create_table(
        "known_records",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("resource_id", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        _moment("told_at", nullable=False),
        _moment("read_at"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_known_records_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "resource", "resource_id", name=op.f("pk_known_records")
        ),
    )
    op.create_table(
        "duties",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        _moment("until", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_duties")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("source", sa.String(), nullable=False, server_default="WEBHOOK")
        )
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("request_headers", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("response_headers", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("response_body", sa.String(), nullable=True))
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("previous_secret", sa.LargeBinary(), nullable=True))
        batch_op.add_column(_moment("previous_until"))
        batch_op.add_column(
            sa.Column("ordered", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(
            sa.Column("coalesce_seconds", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.add_column(
            sa.Column("state", sa.String(), nullable=False, server_default="ACTIVE")
        )
        batch_op.add_column(sa.Column("state_reason", sa.String(), nullable=True))
        batch_op.add_column(_moment("failing_since"))
        batch_op.add_column(_moment("next_probe_at"))
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_deliveries_subscription_id"))
        batch_op.add_column(
            sa.Column("origin", sa.String(), nullable=False, server_default="EVENT")
        )
        batch_op.add_column(sa.Column("replay_id", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("record_key", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("merged_into", sa.String(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_deliveries_replay_id_replays"), "replays", ["replay_id"], ["id"]
        )
        batch_op.create_index("ix_deliveries_log", ["subscription_id", "id"])
        batch_op.create_index(
            "ix_deliveries_record",
            ["subscription_id", "record_key"],
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        )


def downgrade() -> None:
    op.execute(
        "DELETE FROM attempts WHERE delivery_id IN "
        "(SELECT id FROM deliveries WHERE status IN ('HELD', 'MERGED'))"
    )
    op.execute("DELETE FROM deliveries WHERE status IN ('HELD', 'MERGED')")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_record")
        batch_op.drop_index("ix_deliveries_log")
        batch_op.drop_constraint(op.f("fk_deliveries_replay_id_replays"), type_="foreignkey")
        batch_op.drop_column("merged_into")
        batch_op.drop_column("record_key")
        batch_op.drop_column("replay_id")
        batch_op.drop_column("origin")
        batch_op.create_index(op.f("ix_deliveries_subscription_id"), ["subscription_id"])
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        for column in (
            "next_probe_at",
            "failing_since",
            "state_reason",
            "state",
            "coalesce_seconds",
            "ordered",
            "previous_until",
            "previous_secret",
        ):
            batch_op.drop_column(column)
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_column("response_body")
        batch_op.drop_column("response_headers")
        batch_op.drop_column("request_headers")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_column("source")
    op.drop_table("duties")
    op.drop_table("known_records")
    op.drop_index("ix_watermarks_due", table_name="watermarks")
    op.drop_table("watermarks")
    op.drop_index(op.f("ix_replays_subscription_id"), table_name="replays")
    op.drop_table("replays")
