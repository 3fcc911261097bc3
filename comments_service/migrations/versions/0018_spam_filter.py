"""What the spam filter learned, what other services are asked, and what near copies of a text are found by."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BANDS = (1, 2, 3, 4)


def number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "spam_words",
        sa.Column("number", number(), autoincrement=False, nullable=False),
        sa.Column("spam", number(), nullable=False),
        sa.Column("genuine", number(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_spam_words")),
    )
    op.create_table(
        "spam_examples",
        sa.Column("id", number(), nullable=False),
        sa.Column("comment_id", number(), nullable=True),
        sa.Column("spam", sa.Boolean(), nullable=False),
        sa.Column("features", sa.LargeBinary(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments.id"],
            name=op.f("fk_spam_examples_comment_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spam_examples")),
        sa.UniqueConstraint("comment_id", name=op.f("uq_spam_examples_comment_id")),
    )
    op.create_table(
        "spam_questions",
        sa.Column("id", number(), nullable=False),
        sa.Column("comment_id", number(), nullable=False),
        sa.Column("service", sa.String(length=16), nullable=False),
        sa.Column(
            "question",
            sa.Enum(
                "check",
                "is_spam",
                "is_genuine",
                name="question",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", number(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"],
            ["comments.id"],
            name=op.f("fk_spam_questions_comment_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spam_questions")),
    )
    op.create_index("ix_spam_questions_comment_id", "spam_questions", ["comment_id"])
    op.create_index("ix_spam_questions_next_attempt_at", "spam_questions", ["next_attempt_at"])
    op.create_index("ix_decisions_made_at", "decisions", ["made_at"])
    for band in BANDS:
        op.add_column("comments", sa.Column(f"near_{band}", number()))
        doubted = sa.text(f"near_{band} IS NOT NULL AND status IN ('pending', 'rejected')")
        op.create_index(
            f"ix_comments_near_{band}",
            "comments",
            [f"near_{band}", "created_at"],
            sqlite_where=doubted,
            postgresql_where=doubted,
        )


def downgrade() -> None:
    op.drop_index("ix_decisions_made_at", "decisions")
    for band in BANDS:
        op.drop_index(f"ix_comments_near_{band}", "comments")
        # SQLite would copy the whole table for what Alembic makes of it.
        op.execute(sa.text(f"ALTER TABLE comments DROP COLUMN near_{band}"))
    op.drop_table("spam_questions")
    op.drop_table("spam_examples")
    op.drop_table("spam_words")
