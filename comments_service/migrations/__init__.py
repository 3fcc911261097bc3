"""Migrations, from the first table on: numbered files in `versions/`, which Alembic runs."""
