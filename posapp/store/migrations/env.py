"""Runs the steps on the connection it is given; it never opens a file itself."""

from __future__ import annotations

from alembic import context

from posapp.store.tables import METADATA


def migrate() -> None:
    """Apply the wanted steps inside the caller's connection."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=METADATA,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


migrate()
