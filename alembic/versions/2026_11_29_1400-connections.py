"""Connections: consents, which several customers of one vendor may share

An account is one customer of one vendor: tenant, target, organisation and the vendor's reference.
Tokens and subscriptions at the provider belong to a connection: tenant, target, organisation and
the person who consented.

What it does to existing rows: every account that has tokens or a subscription at the provider gets
a connection with the account's own id, since sealed values are bound to that id; tokens and
subscriptions move to it as they are. Going down fails while two accounts share an organisation, and
deletes connections.

Revision: 5e0a94d2b7c1
Follows: c31e7a90b5d4
"""

import sqlalchemy as sa
from alembic import op

revision = "5e0a94d2b7c1"
down_revision = "c31e7a90b5d4"
branch_labels = None
depends_on = None

_REFERRED = sa.text("reference IS NOT NULL")
_PLAIN = sa.text("reference IS NULL")
_ACCOUNTS_KEY = "uq_accounts_tenant_id_target_organization_id"


def upgrade() -> None:
    op.create_table(
        "connections",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("organization_id", sa.String(), nullable=False),
        sa.Column("membership_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_connections_tenant_id_tenants")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connections")),
        sa.UniqueConstraint(
            "tenant_id",
            "target",
            "organization_id",
            "membership_id",
            "kind",
            name=op.f("uq_connections_tenant_id_target_organization_id_membership_id_kind"),
        ),
    )
    op.execute(
        "INSERT INTO connections "
        "SELECT accounts.id, tenant_id, target, organization_id, "
        "CASE WHEN tokens.kind = 'API_KEY' THEN '' ELSE coalesce(membership_id, '') END, "
        "coalesce(tokens.kind, 'OAUTH'), linked_at "
        "FROM accounts LEFT JOIN tokens ON tokens.account_id = accounts.id "
        "WHERE tokens.account_id IS NOT NULL OR EXISTS "
        "(SELECT 1 FROM upstream_subscriptions AS u WHERE u.account_id = accounts.id)"
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("connection_id", sa.String(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_accounts_connection_id_connections"), "connections", ["connection_id"], ["id"]
        )
        batch_op.drop_constraint(_ACCOUNTS_KEY, type_="unique")
    op.execute("UPDATE accounts SET connection_id = id WHERE id IN (SELECT id FROM connections)")
    op.create_index(op.f("ix_accounts_connection_id"), "accounts", ["connection_id"])
    op.create_index(
        "uq_accounts_reference",
        "accounts",
        ["tenant_id", "target", "organization_id", "reference"],
        unique=True,
        sqlite_where=_REFERRED,
        postgresql_where=_REFERRED,
    )
    op.create_index(
        "uq_accounts_without_reference",
        "accounts",
        ["tenant_id", "target", "organization_id"],
        unique=True,
        sqlite_where=_PLAIN,
        postgresql_where=_PLAIN,
    )
    _move("tokens", "account_id", "accounts", "connection_id", "connections")
    _move(
        "upstream_subscriptions",
        "account_id",
        "accounts",
        "connection_id",
        "connections",
        key="purpose",
    )


def downgrade() -> None:
    _move(
        "upstream_subscriptions",
        "connection_id",
        "connections",
        "account_id",
        "accounts",
        key="purpose",
    )
    _move("tokens", "connection_id", "connections", "account_id", "accounts")
    op.drop_index("uq_accounts_without_reference", table_name="accounts")
    op.drop_index("uq_accounts_reference", table_name="accounts")
    op.drop_index(op.f("ix_accounts_connection_id"), table_name="accounts")
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_accounts_connection_id_connections"), type_="foreignkey")
        batch_op.drop_column("connection_id")
        batch_op.create_unique_constraint(
            op.f(_ACCOUNTS_KEY), ["tenant_id", "target", "organization_id"]
        )
    op.drop_table("connections")


def _move(table: str, old: str, owners: str, new: str, new_owners: str, key: str = "") -> None:
    """Have a table's rows belong to another one; the values of the column stay what they are.

    Going down, they become ids of accounts again: those of connections that came from an account
    already are, the others become the id of their oldest account.
    """
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(op.f(f"fk_{table}_{old}_{owners}"), type_="foreignkey")
        if key:
            batch_op.drop_constraint(op.f(f"uq_{table}_{old}_{key}"), type_="unique")
        batch_op.alter_column(old, new_column_name=new)
    if new_owners == "accounts":
        op.execute(
            f"UPDATE {table} SET account_id = (SELECT min(accounts.id) FROM accounts "  # noqa: S608
            f"WHERE accounts.connection_id = {table}.account_id)"
        )
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.create_foreign_key(
            op.f(f"fk_{table}_{new}_{new_owners}"), new_owners, [new], ["id"]
        )
        if key:
            batch_op.create_unique_constraint(op.f(f"uq_{table}_{new}_{key}"), [new, key])
