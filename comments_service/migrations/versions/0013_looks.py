"""The blog's own icon, logo, footer and style sheets, which the service's own pages take over."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("site") as batch:
        batch.add_column(sa.Column("looks", sa.JSON(), nullable=False, server_default="{}"))
    # The default served the row that was there; the model gives every new one its own.
    with op.batch_alter_table("site") as batch:
        batch.alter_column("looks", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("site") as batch:
        batch.drop_column("looks")
