"""What a post asks of its writer and of its text is found by an index, whatever waits."""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from comments_service.db import UTCTime
from comments_service.models import html_hash, now

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

comments = sa.table(
    "comments",
    sa.column("id", sa.BigInteger),
    sa.column("html", sa.Text),
    sa.column("html_hash", sa.BigInteger),
    sa.column("created_at", UTCTime),
)


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("comments", sa.Column("html_hash", number))
    connection = op.get_bind()
    # Texts are compared with those of one day: what is older needs no hash.
    recent = sa.select(comments.c.id, comments.c.html).where(
        comments.c.created_at > now() - timedelta(days=1), comments.c.html != ""
    )
    hashed = [{"number": row.id, "hash": html_hash(row.html)} for row in connection.execute(recent)]
    if hashed:
        one = comments.c.id == sa.bindparam("number")
        connection.execute(
            sa.update(comments).where(one).values(html_hash=sa.bindparam("hash")), hashed
        )
    op.create_index("ix_comments_html_hash_created_at", "comments", ["html_hash", "created_at"])
    for writer in ("account_id", "session_id"):
        op.create_index(f"ix_comments_{writer}_status", "comments", [writer, "status"])
        op.drop_index(f"ix_comments_{writer}", "comments")


def downgrade() -> None:
    for writer in ("account_id", "session_id"):
        op.create_index(f"ix_comments_{writer}", "comments", [writer])
        op.drop_index(f"ix_comments_{writer}_status", "comments")
    op.drop_index("ix_comments_html_hash_created_at", "comments")
    op.execute(sa.text("ALTER TABLE comments DROP COLUMN html_hash"))
