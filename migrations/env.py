"""How Alembic reaches the database of the app."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app

from ticketdesk.core.db import Instant, db


def plain_types(kind: str, item: object, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types as the plain ones beneath, because migrations never import the product."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


def migrate() -> None:
    """Run the migrations, each in a transaction of its own; waits at most 5 s for a lock, so that work goes on."""
    with db.engine.connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = '5s'")
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_item=plain_types,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


migrate()
