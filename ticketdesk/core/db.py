"""The database: one session, one base class, and the column types every room uses."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Dialect, Identity, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry
from sqlalchemy.types import TypeDecorator

Json = dict[str, Any]


class Instant(TypeDecorator[datetime]):
    """A moment in UTC; a time without a zone is refused, because nobody could say what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the database the moment in UTC; raises ValueError for a time without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Hand back UTC whatever the server's own zone is."""
        return None if value is None else value.astimezone(UTC)


Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
"""A surrogate key; 64 bits, given by the database."""


class Base(DeclarativeBase):
    """What all models share: constraint names that migrations can rely on, and the types of columns."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            datetime: Instant(),
            str: Text(),
            int: BigInteger(),
            Json: JSONB(),
            list[Any]: JSONB(),
        },
    )


db = SQLAlchemy(model_class=Base, disable_autonaming=True)


def commit_and_keep() -> None:
    """Commit, and go on with the rows as this transaction left them, instead of reading each of them anew."""
    session = db.session()
    session.expire_on_commit = False
    try:
        session.commit()
    finally:
        session.expire_on_commit = True


if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model
