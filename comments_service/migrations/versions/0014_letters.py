"""E-mails with an HTML part, or worded when they are sent, and the addresses that refuse them."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refused_addresses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_addresses")),
        sa.UniqueConstraint("address", name=op.f("uq_refused_addresses_address")),
    )
    texts = {"nullable": False, "server_default": ""}
    with op.batch_alter_table("outbox") as batch:
        batch.add_column(sa.Column("kind", sa.String(length=40), nullable=True))
        batch.add_column(sa.Column("lang", sa.String(length=35), **texts))
        batch.add_column(sa.Column("html", sa.Text(), **texts))
        # What waits was asked for a moment ago, mostly, and no address has refused anything yet.
        batch.add_column(
            sa.Column("asked_for", sa.Boolean(), nullable=False, server_default=sa.true())
        )
    # The defaults served the rows that were there; the model gives every new one its own.
    with op.batch_alter_table("outbox") as batch:
        for column in ("lang", "html", "asked_for"):
            batch.alter_column(column, server_default=None)


def downgrade() -> None:
    # Nobody could word them.
    op.execute(sa.text("DELETE FROM outbox WHERE kind IS NOT NULL"))
    with op.batch_alter_table("outbox") as batch:
        for column in ("asked_for", "html", "lang", "kind"):
            batch.drop_column(column)
    op.drop_table("refused_addresses")
