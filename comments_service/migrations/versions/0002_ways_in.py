"""Ways in: passkeys, second factors, providers; what a profile says; steps that work once."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.DateTime(timezone=True)


def purpose(*words: str) -> sa.Enum:
    return sa.Enum(*words, name="purpose", native_enum=False, create_constraint=True, length=16)


before = ("verify", "reset", "owner")
after = ("verify", "reset", "link", "email", "owner", "second", "handoff", "state")


def upgrade() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", number, nullable=False),
        sa.Column("account_id", number, nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", number, nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_passkeys_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkeys_credential_id")),
    )
    op.create_index(op.f("ix_passkeys_account_id"), "passkeys", ["account_id"])
    op.create_table(
        "authenticators",
        sa.Column("account_id", number, nullable=False, autoincrement=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", moment, nullable=True),
        sa.Column("last_step", number, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_authenticators_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_authenticators")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", number, nullable=False),
        sa.Column("account_id", number, nullable=False),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_recovery_codes_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_account_id"), "recovery_codes", ["account_id"])
    with op.batch_alter_table("accounts") as batch:
        batch.alter_column("email", existing_type=sa.String(length=254), nullable=True)
        batch.alter_column("email_key", existing_type=sa.String(length=254), nullable=True)
        batch.add_column(sa.Column("bio", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("link", sa.String(length=400), nullable=True))
        batch.add_column(sa.Column("shown", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("identities") as batch:
        batch.alter_column(
            "kind", existing_type=sa.String(length=16), type_=sa.String(length=200), nullable=False
        )
        batch.add_column(
            sa.Column("label", sa.String(length=200), nullable=False, server_default="")
        )
    with op.batch_alter_table("sessions") as batch:
        batch.add_column(sa.Column("way", sa.String(length=200), nullable=False, server_default=""))
        batch.add_column(sa.Column("guest_id", number, nullable=True))
        batch.add_column(sa.Column("proved_at", moment, nullable=True))
        batch.add_column(sa.Column("strong_at", moment, nullable=True))
        batch.create_foreign_key(
            op.f("fk_sessions_guest_id"), "sessions", ["guest_id"], ["id"], ondelete="SET NULL"
        )
        batch.create_index(op.f("ix_sessions_guest_id"), ["guest_id"])
    with op.batch_alter_table("tokens") as batch:
        batch.alter_column("purpose", existing_type=purpose(*before), type_=purpose(*after))
        batch.add_column(sa.Column("email", sa.String(length=254), nullable=True))
        batch.add_column(sa.Column("code_hash", sa.LargeBinary(length=32), nullable=True))
        batch.add_column(sa.Column("tries", number, nullable=False, server_default="0"))
        batch.add_column(sa.Column("facts", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("outbox") as batch:
        batch.add_column(
            sa.Column("fleeting", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("site") as batch:
        batch.add_column(sa.Column("discussions", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("threads") as batch:
        batch.add_column(sa.Column("category", sa.Text(), nullable=False, server_default=""))
    op.create_index(
        "ix_comments_thread_id_status_created_at",
        "comments",
        ["thread_id", "status", "created_at"],
    )
    op.drop_index("ix_comments_thread_id_status", "comments")
    # New rows say all of it themselves; the values were for the rows that were there.
    for table, names in (
        ("accounts", ("bio", "shown")),
        ("identities", ("label",)),
        ("sessions", ("way",)),
        ("tokens", ("tries", "facts")),
        ("site", ("discussions",)),
        ("threads", ("category",)),
        ("outbox", ("fleeting",)),
    ):
        with op.batch_alter_table(table) as batch:
            for name in names:
                batch.alter_column(name, server_default=None)


def downgrade() -> None:
    # What the earlier version does not know cannot stay: accounts without an address, other steps.
    op.execute(sa.text("DELETE FROM tokens WHERE purpose NOT IN ('verify', 'reset', 'owner')"))
    op.execute(sa.text("UPDATE accounts SET email = '', email_key = public_id WHERE email IS NULL"))
    op.create_index("ix_comments_thread_id_status", "comments", ["thread_id", "status"])
    op.drop_index("ix_comments_thread_id_status_created_at", "comments")
    with op.batch_alter_table("threads") as batch:
        batch.drop_column("category")
    with op.batch_alter_table("site") as batch:
        batch.drop_column("discussions")
    with op.batch_alter_table("outbox") as batch:
        batch.drop_column("fleeting")
    with op.batch_alter_table("tokens") as batch:
        for name in ("facts", "tries", "code_hash", "email"):
            batch.drop_column(name)
        batch.alter_column("purpose", existing_type=purpose(*after), type_=purpose(*before))
    with op.batch_alter_table("sessions") as batch:
        batch.drop_index(op.f("ix_sessions_guest_id"))
        batch.drop_constraint(op.f("fk_sessions_guest_id"), type_="foreignkey")
        for name in ("strong_at", "proved_at", "guest_id", "way"):
            batch.drop_column(name)
    op.execute(sa.text("DELETE FROM identities WHERE kind <> 'password'"))
    with op.batch_alter_table("identities") as batch:
        batch.drop_column("label")
        batch.alter_column(
            "kind", existing_type=sa.String(length=200), type_=sa.String(length=16), nullable=False
        )
    with op.batch_alter_table("accounts") as batch:
        for name in ("shown", "link", "bio"):
            batch.drop_column(name)
        batch.alter_column("email_key", existing_type=sa.String(length=254), nullable=False)
        batch.alter_column("email", existing_type=sa.String(length=254), nullable=False)
    for table in ("recovery_codes", "authenticators", "passkeys"):
        op.drop_table(table)
