"""Several keys, an audit trail and page styles

What it does to existing rows: API keys get every permission, account keys the name "first"; both
work on, and were never used as far as is known. Audit trail and page styles start empty. Going down
drops both, and permissions, names, ends and times of use; a key that was to end is revoked then,
since the older version knows of no ends, and a key with fewer than all permissions is revoked too.

Revision: 7c1f0a9d52e4
Follows: 516d5185aeb8
"""

import sqlalchemy as sa
from alembic import op

revision = "7c1f0a9d52e4"
down_revision = "516d5185aeb8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Defaults stay in the database, so that the version before can still add keys while both run.
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "permissions",
                sa.String(),
                server_default="read write payments admin",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("account_keys", schema=None) as batch_op:
        batch_op.add_column(sa.Column("name", sa.String(), server_default="first", nullable=False))
        batch_op.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "audit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=True),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_tenant", ["tenant_id", "at"], unique=False)
        batch_op.create_index("ix_audit_at", ["at"], unique=False)
    op.create_table(
        "page_styles",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("logo_svg", sa.String(), nullable=True),
        sa.Column("logo_png", sa.String(), nullable=True),
        sa.Column("colors", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_page_styles_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_page_styles")),
    )
    for statement in _guards():
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("page_styles")
    op.drop_table("audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuses_changes()")
    for table in ("account_keys", "api_keys"):
        op.execute(
            f"UPDATE {table} SET revoked_at = ends_at "  # noqa: S608  (names from the line above)
            "WHERE revoked_at IS NULL AND ends_at IS NOT NULL"
        )
    op.execute(
        "UPDATE api_keys SET revoked_at = CURRENT_TIMESTAMP "
        "WHERE revoked_at IS NULL AND permissions <> 'read write payments admin'"
    )
    with op.batch_alter_table("account_keys", schema=None) as batch_op:
        batch_op.drop_column("ends_at")
        batch_op.drop_column("last_used_at")
        batch_op.drop_column("name")
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.drop_column("ends_at")
        batch_op.drop_column("last_used_at")
        batch_op.drop_column("permissions")


def _guards() -> list[str]:
    """Triggers that refuse to change or delete an entry, whoever asks."""
    if op.get_bind().dialect.name != "postgresql":
        return [
            f"CREATE TRIGGER audit_no_{change.lower()} BEFORE {change} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
            for change in ("UPDATE", "DELETE")
        ]
    return [
        "CREATE FUNCTION audit_refuses_changes() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$",
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses_changes()",
    ]
