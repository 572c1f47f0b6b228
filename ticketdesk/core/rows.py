"""Rows that people set up on screens: held while they are changed, and what a change has changed."""

from collections.abc import Mapping
from typing import TypeVar

from ticketdesk.core.db import Model, db

Row = TypeVar("Row", bound=Model)


def held(model: type[Row], row_id: int) -> Row:
    """The row as it is now, held until the end of the transaction; raises NoResultFound."""
    return db.session.get_one(model, row_id, populate_existing=True, with_for_update={"key_share": True})


def apply(row: Model, values: Mapping[str, object]) -> list[str]:
    """Give a row these values; the names of those that were other ones before, in order."""
    changed = sorted(name for name, value in values.items() if getattr(row, name) != value)
    for name in changed:
        setattr(row, name, values[name])
    return changed
