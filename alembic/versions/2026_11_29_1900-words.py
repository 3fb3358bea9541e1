"""Names of columns and tables that say what they hold

`deleted_at` of subscriptions and of tenants' webhooks was `ended_at`; `emitted_until` of known
records was `told_at`; the table `periodic_tasks` was `duties`.

What it does to existing rows: nothing. Indexes follow the names of their columns. The code of the
release before can't read the tables under these names, so stop its processes first.

Revision: a52c9e71d0b8
Follows: 3d9be5c07a14
"""

from alembic import op

revision = "a52c9e71d0b8"
down_revision = "3d9be5c07a14"
branch_labels = None
depends_on = None

COLUMNS = (
    ("subscriptions", "ended_at", "deleted_at"),
    ("tenant_webhooks", "ended_at", "deleted_at"),
    ("known_records", "told_at", "emitted_until"),
)


def upgrade() -> None:
    for table, old, new in COLUMNS:
        _rename_column(table, old, new)
    _rename_table("duties", "periodic_tasks")


def downgrade() -> None:
    _rename_table("periodic_tasks", "duties")
    for table, old, new in COLUMNS:
        _rename_column(table, new, old)


def _rename_column(table: str, old: str, new: str) -> None:
    """Rename in place: SQLite and PostgreSQL both take the conditions of indexes along."""
    op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")


def _rename_table(old: str, new: str) -> None:
    op.rename_table(old, new)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT pk_{old} TO pk_{new}")
