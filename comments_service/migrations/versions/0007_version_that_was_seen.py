"""A comment's version, which a decision names; and what a moderator decided is found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("comments", sa.Column("version", number, nullable=False, server_default="1"))
    op.execute(
        sa.text(
            "UPDATE comments SET version = 1 +"
            " (SELECT count(*) FROM comment_revisions WHERE comment_id = comments.id)"
            " WHERE edited_at IS NOT NULL"
        )
    )
    op.create_index("ix_decisions_moderator_id", "decisions", ["moderator_id"])


def downgrade() -> None:
    op.drop_index("ix_decisions_moderator_id", "decisions")
    op.execute(sa.text("ALTER TABLE comments DROP COLUMN version"))
