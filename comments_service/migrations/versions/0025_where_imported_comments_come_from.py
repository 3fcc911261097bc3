"""Where imported comments come from."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("imported_from", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("imported_id", sa.String(length=200), nullable=True))
        batch_op.create_index(
            "ix_comments_imported",
            ["imported_from", "imported_id"],
            unique=True,
            sqlite_where=sa.text("imported_from IS NOT NULL"),
            postgresql_where=sa.text("imported_from IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_comments_imported",
            sqlite_where=sa.text("imported_from IS NOT NULL"),
            postgresql_where=sa.text("imported_from IS NOT NULL"),
        )
        batch_op.drop_column("imported_id")
        batch_op.drop_column("imported_from")
