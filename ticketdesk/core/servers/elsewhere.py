"""Databases that are not ours but were named: whether they answer, said without their passwords."""

import psycopg
from redis import Redis
from redis.exceptions import RedisError

from ticketdesk.core import logs
from ticketdesk.core.config import Config
from ticketdesk.core.servers.process import ServerError


def check_database(config: Config) -> None:
    """Raise ServerError, without the password, when the database cannot be reached."""
    try:
        with psycopg.connect(config.libpq_url, connect_timeout=5) as connection:
            version = connection.info.server_version
    except psycopg.Error as error:
        said = logs.hide_in_addresses(" ".join(str(error).split()))
        raise ServerError(f"DATABASE_URL: the database does not answer: {said}") from None
    if version < 150000:
        raise ServerError(f"DATABASE_URL: PostgreSQL {version // 10000} is too old; 15 or later is needed.")


def check_redis(config: Config) -> None:
    """Raise ServerError, without the password, when Redis cannot be reached."""
    try:
        with Redis.from_url(config.redis_url, socket_timeout=5, socket_connect_timeout=5) as client:
            client.ping()
    except (RedisError, OSError) as error:
        said = logs.hide_in_addresses(" ".join(str(error).split()))
        raise ServerError(f"REDIS_URL: Redis does not answer: {said}") from None
