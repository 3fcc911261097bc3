"""What nobody read goes: articles' old addresses, and headers of an e-mail that were never set.

The outbox's own word for what leaves no trace becomes the usual one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f("ix_aliases_thread_id"), "aliases")
    op.drop_table("aliases")
    # Both databases know these statements; a batch would copy SQLite's table for them.
    op.execute(sa.text("ALTER TABLE outbox DROP COLUMN headers"))
    op.execute(sa.text("ALTER TABLE outbox RENAME COLUMN fleeting TO ephemeral"))


def downgrade() -> None:
    op.execute(sa.text("ALTER TABLE outbox RENAME COLUMN ephemeral TO fleeting"))
    with op.batch_alter_table("outbox") as batch:
        batch.add_column(sa.Column("headers", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("outbox") as batch:
        batch.alter_column("headers", server_default=None)
    # Empty: the earlier version fills it from the next manifest that it takes over.
    op.create_table(
        "aliases",
        sa.Column("path", sa.String(length=700), nullable=False),
        sa.Column("thread_id", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("fk_aliases_thread_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("path", name=op.f("pk_aliases")),
    )
    op.create_index(op.f("ix_aliases_thread_id"), "aliases", ["thread_id"])
