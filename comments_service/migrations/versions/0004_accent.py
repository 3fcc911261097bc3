"""The blog's accent, so that the service's own pages are set in it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("site") as batch:
        batch.add_column(sa.Column("accent", sa.JSON(), nullable=False, server_default="[]"))
    # The default served the row that was there; the model gives every new one its own.
    with op.batch_alter_table("site") as batch:
        batch.alter_column("accent", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("site") as batch:
        batch.drop_column("accent")
