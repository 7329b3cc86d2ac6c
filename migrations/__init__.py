"""The database's schema: tables by Alembic revisions, functions from `sql/`, applied together."""
