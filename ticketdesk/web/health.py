"""Whether the product is alive, and whether it is ready to be used."""

from functools import cache
from typing import Any

from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app, jsonify
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ticketdesk.core.db import db

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """This process answers."""
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """The database answers and has the tables of this release, and Redis answers."""
    parts = {"database": False, "migrations": False, "redis": _redis_answers()}
    try:
        versions = set(db.session.scalars(text("SELECT version_num FROM alembic_version")))
        parts |= {"database": True, "migrations": versions == _heads(_folder())}
    except SQLAlchemyError:
        db.session.rollback()
        parts["database"] = _database_answers()
    return jsonify(parts), 200 if all(parts.values()) else 503


def _database_answers() -> bool:
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True


def _redis_answers() -> bool:
    redis: Any = current_app.extensions["ticketdesk.redis"]
    try:
        return bool(redis.ping())
    except (RedisError, OSError):
        return False


def _folder() -> str:
    return str(current_app.extensions["migrate"].directory)


@cache
def _heads(folder: str) -> frozenset[str]:
    return frozenset(ScriptDirectory(folder).get_heads())
