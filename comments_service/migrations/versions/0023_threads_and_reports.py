"""Pinned comments, what moderators rule for a thread and move between two, and what readers report."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_words = sa.String(length=16)


def _partial(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "comments", columns, sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", number, nullable=False),
        sa.Column("comment_id", number, nullable=False),
        sa.Column("version", number, nullable=False),
        sa.Column("account_id", number, nullable=True),
        sa.Column("session_id", number, nullable=True),
        sa.Column("network", sa.String(length=32), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "spam",
                "abuse",
                "private",
                "other",
                name="reportkind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_reports_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_reports_comment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_reports_session_id"), ondelete="SET NULL"
        ),
        sa.UniqueConstraint(
            *("comment_id", "version", "account_id"),
            name=op.f("uq_reports_comment_id_version_account_id"),
        ),
        sa.UniqueConstraint(
            *("comment_id", "version", "session_id"),
            name=op.f("uq_reports_comment_id_version_session_id"),
        ),
    )
    guests = sa.text("account_id IS NULL")
    op.create_index(
        "uq_reports_of_network",
        "reports",
        ["comment_id", "version", "network"],
        unique=True,
        sqlite_where=guests,
        postgresql_where=guests,
    )
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reports_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_reports_session_id"), ["session_id"], unique=False)

    op.create_table(
        "thread_decisions",
        sa.Column("id", number, nullable=False),
        sa.Column("thread_id", sa.String(length=128), nullable=False),
        sa.Column(
            "act",
            sa.Enum(
                "rule",
                "lock",
                "unlock",
                "pin",
                "unpin",
                "move",
                "merge",
                "undo",
                name="threadact",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "policy",
            sa.Enum(
                "open",
                "held",
                "closed",
                "off",
                name="policy",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column("comment_ids", sa.JSON(), nullable=False),
        sa.Column("to_thread_id", sa.String(length=128), nullable=True),
        sa.Column("parent_id", number, nullable=True),
        sa.Column("moderator_id", number, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("undoes_id", number, nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["accounts.id"], name=op.f("fk_thread_decisions_moderator_id")
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("fk_thread_decisions_thread_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_thread_id"], ["threads.id"], name=op.f("fk_thread_decisions_to_thread_id")
        ),
        sa.ForeignKeyConstraint(
            ["undoes_id"], ["thread_decisions.id"], name=op.f("fk_thread_decisions_undoes_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread_decisions")),
        sa.UniqueConstraint("undoes_id", name=op.f("uq_thread_decisions_undoes_id")),
    )
    with op.batch_alter_table("thread_decisions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_thread_decisions_moderator_id"), ["moderator_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_thread_decisions_thread_id"), ["thread_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_thread_decisions_to_thread_id"), ["to_thread_id"], unique=False
        )

    # No column here is checked by the database: SQLite would copy every row for it.
    op.add_column("comments", sa.Column("pinned_at", sa.DateTime(timezone=True)))
    op.add_column("comments", sa.Column("reports", number, nullable=False, server_default="0"))
    _partial("ix_comments_pinned", ["thread_id"], "pinned_at IS NOT NULL")
    _partial("ix_comments_reported", ["id"], "reports > 0")
    op.add_column(
        "threads", sa.Column("article_policy", _words, nullable=False, server_default="open")
    )
    op.add_column("threads", sa.Column("article_closes_at", sa.DateTime(timezone=True)))
    for name in ("policy_written", "closing_written"):
        flag = sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        op.add_column("threads", flag)
    op.add_column("threads", sa.Column("ruling", _words))
    op.add_column("threads", sa.Column("locked_at", sa.DateTime(timezone=True)))
    op.add_column("threads", sa.Column("merged_into", sa.String(length=128)))
    op.execute(sa.text("UPDATE threads SET article_policy = policy, article_closes_at = closes_at"))


def downgrade() -> None:
    with op.batch_alter_table("threads", schema=None) as batch_op:
        batch_op.drop_column("merged_into")
        batch_op.drop_column("locked_at")
        batch_op.drop_column("ruling")
        batch_op.drop_column("closing_written")
        batch_op.drop_column("policy_written")
        batch_op.drop_column("article_closes_at")
        batch_op.drop_column("article_policy")

    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_comments_reported",
            sqlite_where=sa.text("reports > 0"),
            postgresql_where=sa.text("reports > 0"),
        )
        batch_op.drop_index(
            "ix_comments_pinned",
            sqlite_where=sa.text("pinned_at IS NOT NULL"),
            postgresql_where=sa.text("pinned_at IS NOT NULL"),
        )
        batch_op.drop_column("reports")
        batch_op.drop_column("pinned_at")

    with op.batch_alter_table("thread_decisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_thread_decisions_to_thread_id"))
        batch_op.drop_index(batch_op.f("ix_thread_decisions_thread_id"))
        batch_op.drop_index(batch_op.f("ix_thread_decisions_moderator_id"))

    op.drop_table("thread_decisions")
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_reports_session_id"))
        batch_op.drop_index(batch_op.f("ix_reports_account_id"))

    op.drop_table("reports")
