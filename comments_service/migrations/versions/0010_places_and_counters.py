"""Comments know their place in reading order, threads what lists say of them: neither is counted anew."""

import sqlalchemy as sa
from alembic import op

from comments_service.comments import placing

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UNPLACED = "place IS NULL AND status = 'published'"
CLOSING = "closed_at IS NULL AND closes_at IS NOT NULL"
COUNTED = """
UPDATE threads SET
 comment_count = (SELECT count(*) FROM comments WHERE thread_id = threads.id AND status = 'published'),
 last_comment_id = (SELECT id FROM comments WHERE thread_id = threads.id AND status = 'published'
                    ORDER BY created_at DESC, id DESC LIMIT 1),
 active_at = coalesce((SELECT max(created_at) FROM comments WHERE thread_id = threads.id
                       AND status = 'published'), published_at, created_at)
WHERE listed AND policy <> 'off'
"""


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("comments", sa.Column("place", number))
    op.add_column("comments", sa.Column("revision", number, nullable=False, server_default="0"))
    op.add_column("threads", sa.Column("moved_from", number))
    op.add_column("threads", sa.Column("comment_count", number, nullable=False, server_default="0"))
    op.add_column("threads", sa.Column("last_comment_id", number))
    op.add_column("threads", sa.Column("active_at", sa.DateTime(timezone=True)))
    with op.batch_alter_table("site") as batch:
        batch.add_column(sa.Column("languages", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("lists", sa.JSON(), nullable=False, server_default="{}"))
    # The defaults served the row that was there; the model gives every new one its own.
    with op.batch_alter_table("site") as batch:
        batch.alter_column("languages", server_default=None)
        batch.alter_column("lists", server_default=None)
    op.drop_index("ix_comments_parent_id", "comments")
    op.create_index("ix_comments_answers", "comments", ["parent_id", "thread_id", "created_at"])
    op.execute(sa.text(COUNTED))
    connection = op.get_bind()
    for thread_id in connection.scalars(sa.text("SELECT id FROM threads ORDER BY id")).all():
        placing.arrange(connection, thread_id, pinned=())
    _speak(connection)
    _partial("ix_comments_thread_id_place", "comments", ["thread_id", "place"], "place IS NOT NULL")
    _partial("ix_comments_unplaced", "comments", ["thread_id"], UNPLACED)
    op.create_index("ix_comments_thread_id_revision", "comments", ["thread_id", "revision"])
    _partial("ix_threads_closing", "threads", ["closes_at"], CLOSING)
    op.create_index("ix_threads_created_at", "threads", ["created_at"])
    op.create_index("ix_threads_active_at_id", "threads", ["active_at", "id"])
    _partial("ix_threads_commented", "threads", ["active_at", "id"], "comment_count > 0")


def _speak(connection: sa.Connection) -> None:
    """Tell the site the languages of its threads, as the next manifest will."""
    site = sa.table("site", sa.column("languages", sa.JSON))
    threads = sa.table("threads", sa.column("lang"), sa.column("translations", sa.JSON))
    spoken = set()
    for row in connection.execute(sa.select(threads.c.lang, threads.c.translations)):
        spoken |= {row.lang, *(each["lang"] for each in row.translations if "lang" in each)}
    connection.execute(sa.update(site).values(languages=sorted(spoken)))


def downgrade() -> None:
    for name, table in {
        "ix_threads_commented": "threads",
        "ix_threads_active_at_id": "threads",
        "ix_threads_closing": "threads",
        "ix_threads_created_at": "threads",
        "ix_comments_thread_id_revision": "comments",
        "ix_comments_unplaced": "comments",
        "ix_comments_thread_id_place": "comments",
        "ix_comments_answers": "comments",
    }.items():
        op.drop_index(name, table)
    op.create_index("ix_comments_parent_id", "comments", ["parent_id"])
    for table, columns in {
        "comments": ("place", "revision"),
        "threads": ("moved_from", "comment_count", "last_comment_id", "active_at"),
        "site": ("languages", "lists"),
    }.items():
        for column in columns:
            op.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN {column}"))
