"""Each step that a token leads to has a purpose of its own; columns are called as the field does."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def purpose(*words: str) -> sa.Enum:
    return sa.Enum(*words, name="purpose", native_enum=False, create_constraint=True, length=16)


both = ("verify", "reset", "link", "email", "owner", "handoff")
before = (*both, "second", "state")
after = (*both, "totp", "provider", "name", "passkey", "new-passkey")


def upgrade() -> None:
    # Steps of a quarter of an hour: whoever is in the midst of one begins again.
    op.execute(sa.text("DELETE FROM tokens WHERE purpose IN ('second', 'state')"))
    with op.batch_alter_table("tokens") as batch:
        batch.alter_column("purpose", existing_type=purpose(*before), type_=purpose(*after))
    op.execute(sa.text("ALTER TABLE tokens RENAME COLUMN facts TO payload"))
    op.execute(sa.text("ALTER TABLE sessions RENAME COLUMN way TO sign_in_method"))


def downgrade() -> None:
    op.execute(sa.text("ALTER TABLE sessions RENAME COLUMN sign_in_method TO way"))
    op.execute(sa.text("ALTER TABLE tokens RENAME COLUMN payload TO facts"))
    op.execute(
        sa.text(
            "DELETE FROM tokens WHERE purpose NOT IN"
            " ('verify', 'reset', 'link', 'email', 'owner', 'handoff')"
        )
    )
    with op.batch_alter_table("tokens") as batch:
        batch.alter_column("purpose", existing_type=purpose(*after), type_=purpose(*before))
