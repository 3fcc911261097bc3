"""Comments that are notes, each about words of the article, and threads that take them or not."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("comments", sa.Column("passage", sa.JSON(), nullable=True))
    op.add_column(
        "threads", sa.Column("notes", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.create_index(
            "ix_comments_noted",
            ["thread_id", "place"],
            unique=False,
            sqlite_where=sa.text("passage IS NOT NULL"),
            postgresql_where=sa.text("passage IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_comments_noted",
            sqlite_where=sa.text("passage IS NOT NULL"),
            postgresql_where=sa.text("passage IS NOT NULL"),
        )
    op.execute(sa.text("ALTER TABLE threads DROP COLUMN notes"))
    op.execute(sa.text("ALTER TABLE comments DROP COLUMN passage"))
