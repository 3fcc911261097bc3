"""Notes between moderators, saved replies, moderators' edits, and decisions that were made together."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_replies",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_replies")),
    )
    op.create_table(
        "notes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "comment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("writer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("fk_notes_comment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["writer_id"], ["accounts.id"], name=op.f("fk_notes_writer_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notes_comment_id"), ["comment_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_notes_writer_id"), ["writer_id"], unique=False)

    with op.batch_alter_table("comment_revisions", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "moderator_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_comment_revisions_moderator_id"), ["moderator_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_comment_revisions_moderator_id"),
            "accounts",
            ["moderator_id"],
            ["id"],
            ondelete="SET NULL",
        )

    op.add_column(
        "comments", sa.Column("corrected", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("batch", sa.String(length=20), nullable=True))
        batch_op.create_index(batch_op.f("ix_decisions_batch"), ["batch"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("decisions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_decisions_batch"))
        batch_op.drop_column("batch")

    op.execute(sa.text("ALTER TABLE comments DROP COLUMN corrected"))
    with op.batch_alter_table("comment_revisions", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_comment_revisions_moderator_id"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_comment_revisions_moderator_id"))
        batch_op.drop_column("reason")
        batch_op.drop_column("moderator_id")

    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notes_writer_id"))
        batch_op.drop_index(batch_op.f("ix_notes_comment_id"))

    op.drop_table("notes")
    op.drop_table("saved_replies")
