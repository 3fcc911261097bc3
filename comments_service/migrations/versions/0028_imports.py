"""Files of comments that an owner has uploaded."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "imports",
        sa.Column("id", number, nullable=False),
        sa.Column("account_id", number, nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", number, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "looking", "looked", "importing", "stopped", "done", "failed",
                name="importstate", native_enum=False, create_constraint=True, length=16,
            ),
            nullable=False,
        ),
        sa.Column("wishes", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("done", number, nullable=False),
        sa.Column("found", number, nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("attempts", number, nullable=False),
        sa.Column("attempts_before", number, nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"],
            name=op.f("fk_imports_account_id"), ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )  # fmt: skip
    with op.batch_alter_table("imports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_imports_account_id"), ["account_id"], unique=False)


def downgrade() -> None:
    op.drop_table("imports")
