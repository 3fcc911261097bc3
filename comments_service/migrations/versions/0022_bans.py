"""Bans that are recorded, in place of closed accounts; and notes about people."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("network", sa.String(length=32), nullable=True),
        sa.Column("day", sa.String(length=10), nullable=True),
        sa.Column(
            "moderator_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "ended_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint(
            "account_id IS NULL OR session_id IS NULL", name=op.f("ck_bans_of_one_person")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_bans_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["accounts.id"], name=op.f("fk_bans_ended_by_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["moderator_id"],
            ["accounts.id"],
            name=op.f("fk_bans_moderator_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_bans_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bans")),
    )
    with op.batch_alter_table("bans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bans_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bans_ended_by_id"), ["ended_by_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bans_moderator_id"), ["moderator_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_bans_network"), ["network"], unique=False)
        batch_op.create_index(batch_op.f("ix_bans_session_id"), ["session_id"], unique=False)

    op.create_table(
        "person_notes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "moderator_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(account_id IS NULL) != (session_id IS NULL)",
            name=op.f("ck_person_notes_of_one_person"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_person_notes_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["moderator_id"],
            ["accounts.id"],
            name=op.f("fk_person_notes_moderator_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sessions.id"],
            name=op.f("fk_person_notes_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_notes")),
    )
    with op.batch_alter_table("person_notes", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_person_notes_account_id"), ["account_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_person_notes_moderator_id"), ["moderator_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_person_notes_session_id"), ["session_id"], unique=False
        )

    closed = "FROM accounts WHERE closed_at IS NOT NULL"
    op.execute(
        sa.text(
            "INSERT INTO bans (account_id, reason, made_at)"
            f" SELECT id, 'This was decided before reasons were kept.', closed_at {closed}"
        )
    )
    # Nobody who is banned decides on others.
    op.execute(sa.text("UPDATE accounts SET role = 'reader' WHERE closed_at IS NOT NULL"))
    # Without a copy of the table, to which half of the others point.
    op.drop_column("accounts", "closed_at")


def downgrade() -> None:
    op.add_column("accounts", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    # A time-out would become one without an end.
    op.execute(
        sa.text(
            "UPDATE accounts SET closed_at = (SELECT min(made_at) FROM bans WHERE account_id ="
            " accounts.id AND ended_at IS NULL AND ends_at IS NULL)"
        )
    )
    with op.batch_alter_table("person_notes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_notes_session_id"))
        batch_op.drop_index(batch_op.f("ix_person_notes_moderator_id"))
        batch_op.drop_index(batch_op.f("ix_person_notes_account_id"))

    op.drop_table("person_notes")
    with op.batch_alter_table("bans", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_bans_session_id"))
        batch_op.drop_index(batch_op.f("ix_bans_network"))
        batch_op.drop_index(batch_op.f("ix_bans_moderator_id"))
        batch_op.drop_index(batch_op.f("ix_bans_ended_by_id"))
        batch_op.drop_index(batch_op.f("ix_bans_account_id"))

    op.drop_table("bans")
