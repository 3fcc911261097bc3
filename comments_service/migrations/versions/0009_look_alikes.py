"""Names are reserved by what they look like (UTS 39); a link's address is found by an index."""

import sqlalchemy as sa
from alembic import op

from comments_service.accounts import names

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None

accounts = sa.table(
    "accounts", sa.column("id", sa.BigInteger), sa.column("name"), sa.column("name_key")
)


def upgrade() -> None:
    op.create_index("ix_tokens_email_purpose", "tokens", ["email", "purpose"])
    connection = op.get_bind()
    taken: set[str] = set()
    new: list[tuple[int, str]] = []
    for row in connection.execute(sa.select(accounts).order_by(accounts.c.id)):
        key = names.key(row.name)
        if key in taken:
            # Two that look alike and are here already keep their names; the earlier one's is reserved.
            key = f"{key[:300]}#{row.id}"
        taken.add(key)
        if key != row.name_key:
            new.append((row.id, key))
    # First out of each other's way: a key may be what another account had until now.
    for number, _ in new:
        _store(connection, number, f"#{number}")
    for number, key in new:
        _store(connection, number, key)


def _store(connection: sa.Connection, number: int, key: str) -> None:
    connection.execute(sa.update(accounts).where(accounts.c.id == number).values(name_key=key))


def downgrade() -> None:
    # The keys stay: the earlier service finds fewer look-alikes with them, and nothing wrong.
    op.drop_index("ix_tokens_email_purpose", table_name="tokens")
