"""Shared drafts: until when a thread is shown to those who have its address."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("threads", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shared_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_threads_shared_until",
            ["shared_until"],
            unique=False,
            sqlite_where=sa.text("listed AND shared_until IS NOT NULL"),
            postgresql_where=sa.text("listed AND shared_until IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("threads", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_threads_shared_until",
            sqlite_where=sa.text("listed AND shared_until IS NOT NULL"),
            postgresql_where=sa.text("listed AND shared_until IS NOT NULL"),
        )
        batch_op.drop_column("shared_until")
