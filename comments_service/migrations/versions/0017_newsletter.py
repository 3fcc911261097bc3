"""The articles that are known, which e-mail tells whom of them, and which feed they are in."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("feed_id", sa.Text(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("feed_id", name=op.f("uq_articles_feed_id")),
    )
    op.create_table(
        "article_emails",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("email_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "recipient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "article_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["articles.id"],
            name=op.f("fk_article_emails_article_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["email_id"], ["outbox.id"], name=op.f("fk_article_emails_email_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["recipient_id"],
            ["recipients.id"],
            name=op.f("fk_article_emails_recipient_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_emails")),
        sa.UniqueConstraint(
            "recipient_id", "article_id", name=op.f("uq_article_emails_recipient_id_article_id")
        ),
    )
    with op.batch_alter_table("article_emails", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_article_emails_article_id"), ["article_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_article_emails_email_id"), ["email_id"], unique=False)

    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.add_column(sa.Column("newsletter", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("newsletter_since", sa.DateTime(timezone=True), nullable=True)
        )
    # The default served the row that was there; the model gives every new one its own.
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.alter_column("newsletter", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("site", schema=None) as batch_op:
        batch_op.drop_column("newsletter_since")
        batch_op.drop_column("newsletter")

    with op.batch_alter_table("article_emails", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_article_emails_email_id"))
        batch_op.drop_index(batch_op.f("ix_article_emails_article_id"))

    op.drop_table("article_emails")
    op.drop_table("articles")
