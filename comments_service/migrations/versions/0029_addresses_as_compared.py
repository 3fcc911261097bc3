"""Addresses beside comments, in links and in the outbox as they are compared, and accounts by their role: found by
an index.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# Each with the column that holds the address as it was typed.
TABLES = (
    ("comments", "email", "email_key"),
    ("tokens", "email", "email_key"),
    ("outbox", "recipient", "recipient_key"),
)
GIVEN = "email_key IS NOT NULL"
# Rows that are read and written at a time.
MANY = 1_000


def upgrade() -> None:
    for table, address, key in TABLES:
        # One by one: as a batch, SQLite would copy every row.
        op.add_column(table, sa.Column(key, sa.Text()))
        _fill(table, address, key)
    given = sa.text(GIVEN)
    op.create_index(
        *("ix_comments_email_key", "comments", ["email_key"]),
        sqlite_where=given,
        postgresql_where=given,
    )
    op.create_index("ix_tokens_email_key_purpose", "tokens", ["email_key", "purpose"])
    op.drop_index("ix_tokens_email_purpose", table_name="tokens")
    op.create_index("ix_outbox_recipient_key", "outbox", ["recipient_key"])
    op.create_index("ix_accounts_role", "accounts", ["role"])


def _fill(name: str, address: str, key: str) -> None:
    """Here and not by the database, whose small letters are not those of every script."""
    table = sa.table(name, sa.column("id", sa.BigInteger), sa.column(address), sa.column(key))
    change = sa.update(table).where(table.c.id == sa.bindparam("row"))
    change = change.values({key: sa.bindparam("compared")})
    for rows in _batches(table, address):
        given = [{"row": row[0], "compared": row[1].strip().casefold()} for row in rows]
        op.get_bind().execute(change, given)


def _batches(table: sa.TableClause, address: str) -> Iterator[Any]:
    chosen = sa.select(table.c.id, table.c[address]).where(table.c[address] != "")
    chosen = chosen.order_by(table.c.id).limit(MANY)
    last = 0
    while rows := op.get_bind().execute(chosen.where(table.c.id > last)).all():
        yield rows
        last = rows[-1][0]


def downgrade() -> None:
    op.drop_index("ix_accounts_role", table_name="accounts")
    op.drop_index("ix_outbox_recipient_key", table_name="outbox")
    op.create_index("ix_tokens_email_purpose", "tokens", ["email", "purpose"])
    op.drop_index("ix_tokens_email_key_purpose", table_name="tokens")
    op.drop_index("ix_comments_email_key", table_name="comments")
    for table, _, key in reversed(TABLES):
        op.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN {key}"))
