"""Votes on comments, and their counts beside each comment."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


BEST = "up > 0 AND parent_id IS NULL"


def _partial(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "comments", columns, sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "votes",
        sa.Column("id", number, nullable=False),
        sa.Column("comment_id", number, nullable=False),
        sa.Column("account_id", number, nullable=True),
        sa.Column("session_id", number, nullable=True),
        sa.Column("value", number, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "account_id IS NULL OR session_id IS NULL", name=op.f("ck_votes_one_voter")
        ),
        sa.CheckConstraint("value IN (-1, 1)", name=op.f("ck_votes_value")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_votes_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_votes_comment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_votes_session_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_votes")),
        sa.UniqueConstraint(
            "account_id", "comment_id", name=op.f("uq_votes_account_id_comment_id")
        ),
        sa.UniqueConstraint(
            "session_id", "comment_id", name=op.f("uq_votes_session_id_comment_id")
        ),
    )
    op.create_index("ix_votes_comment_id", "votes", ["comment_id"])
    for name in ("up", "down"):
        op.add_column("comments", sa.Column(name, number, nullable=False, server_default="0"))
    op.add_column("comments", sa.Column("score", sa.Double(), nullable=False, server_default="0"))
    op.add_column(
        "comments", sa.Column("voted", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    _partial("ix_comments_best", ["thread_id", "score"], BEST)
    _partial("ix_comments_voted", ["thread_id"], "voted")


def downgrade() -> None:
    for name in ("ix_comments_voted", "ix_comments_best"):
        op.drop_index(name, "comments")
    for column in ("voted", "score", "down", "up"):
        op.execute(sa.text(f"ALTER TABLE comments DROP COLUMN {column}"))
    op.drop_table("votes")
