"""Who is told of a comment."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def purpose(*words: str) -> sa.Enum:
    return sa.Enum(*words, name="purpose", native_enum=False, create_constraint=True, length=16)


before = (
    *("verify", "reset", "link", "email", "owner", "totp", "handoff"),
    *("provider", "name", "passkey", "new-passkey"),
)
after = (*before, "decide", "subscribe")
number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("tokens") as batch:
        batch.alter_column("purpose", existing_type=purpose(*before), type_=purpose(*after))
    op.create_table(
        "recipients",
        sa.Column("id", number, nullable=False),
        sa.Column("account_id", number, nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("email_key", sa.String(length=254), nullable=True),
        sa.Column("lang", sa.String(length=35), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("all_off", sa.Boolean(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "account_id IS NOT NULL OR email IS NOT NULL",
            name=op.f("ck_recipients_account_or_email"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_recipients_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipients")),
        sa.UniqueConstraint("account_id", name=op.f("uq_recipients_account_id")),
        sa.UniqueConstraint("email_key", name=op.f("uq_recipients_email_key")),
    )
    op.create_table(
        "preferences",
        sa.Column("id", number, nullable=False),
        sa.Column("recipient_id", number, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column(
            "choice",
            sa.Enum(
                "at once",
                "gathered",
                "daily",
                "never",
                name="choice",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"],
            ["recipients.id"],
            name=op.f("fk_preferences_recipient_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preferences")),
        sa.UniqueConstraint("recipient_id", "kind", name=op.f("uq_preferences_recipient_id_kind")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", number, nullable=False),
        sa.Column("recipient_id", number, nullable=False),
        sa.Column("thread_id", sa.String(length=128), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recipient_id"],
            ["recipients.id"],
            name=op.f("fk_subscriptions_recipient_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("fk_subscriptions_thread_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
        sa.UniqueConstraint(
            "recipient_id",
            "thread_id",
            "kind",
            name=op.f("uq_subscriptions_recipient_id_thread_id_kind"),
        ),
    )
    op.create_index("ix_subscriptions_thread_id_kind", "subscriptions", ["thread_id", "kind"])
    op.create_index(
        "uq_subscriptions_everywhere",
        "subscriptions",
        ["recipient_id", "kind"],
        unique=True,
        sqlite_where=sa.text("thread_id IS NULL"),
        postgresql_where=sa.text("thread_id IS NULL"),
    )
    op.create_table(
        "notifications",
        sa.Column("id", number, nullable=False),
        sa.Column("recipient_id", number, nullable=False),
        sa.Column("comment_id", number, nullable=False),
        sa.Column(
            "moment",
            sa.Enum(
                "waiting",
                "published",
                "rejected",
                "deleted",
                name="moment",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("email_id", number, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments.id"],
            name=op.f("fk_notifications_comment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["email_id"], ["outbox.id"], name=op.f("fk_notifications_email_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"],
            ["recipients.id"],
            name=op.f("fk_notifications_recipient_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notifications")),
        sa.UniqueConstraint(
            "recipient_id",
            "comment_id",
            "moment",
            name=op.f("uq_notifications_recipient_id_comment_id_moment"),
        ),
    )
    op.create_index("ix_notifications_comment_id", "notifications", ["comment_id"])
    op.create_index("ix_notifications_email_id", "notifications", ["email_id"])
    # One by one: as a batch, SQLite would copy every comment. What is there already is told to nobody.
    op.add_column("comments", sa.Column("untold", sa.String(length=16)))
    op.create_index(
        "ix_comments_untold",
        "comments",
        ["id"],
        sqlite_where=sa.text("untold IS NOT NULL"),
        postgresql_where=sa.text("untold IS NOT NULL"),
    )
    op.add_column(
        "decisions", sa.Column("tell", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.execute(sa.text("ALTER TABLE decisions DROP COLUMN tell"))
    op.drop_index("ix_comments_untold", "comments")
    op.execute(sa.text("ALTER TABLE comments DROP COLUMN untold"))
    for table in ("notifications", "subscriptions", "preferences", "recipients"):
        op.drop_table(table)
    op.execute(sa.text("DELETE FROM tokens WHERE purpose IN ('decide', 'subscribe')"))
    with op.batch_alter_table("tokens") as batch:
        batch.alter_column("purpose", existing_type=purpose(*after), type_=purpose(*before))
