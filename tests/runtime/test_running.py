"""Commands use the servers that run, else start them and stop them after."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from ticketdesk.core.config import Config, load
from ticketdesk.core.servers.places import places
from ticketdesk.core.servers.postgres import Postgres
from ticketdesk.core.servers.process import ServerError
from ticketdesk.core.servers.redis import RedisServer
from ticketdesk.core.servers.running import running


@pytest.fixture
def config(folder: Path) -> Config:
    return load({}, folder)


def nothing(words: str) -> None:
    pass


def up(config: Config) -> tuple[bool, bool]:
    home = places(config.var)
    return Postgres(home).answers(), RedisServer(home).answers()


def ask(config: Config, words: str) -> object:
    with psycopg.connect(config.libpq_url, autocommit=True) as connection:
        answer = connection.execute(words)
        row = answer.fetchone() if answer.description else None
    return row[0] if row else None


def test_started_for_the_command_and_stopped_by_the_last_one_out(config: Config) -> None:
    assert up(config) == (False, False)
    with running(config, say=nothing) as first:
        assert not first.embedded_postgres
        assert ask(first, "SELECT current_database()") == "ticketdesk"
        with Redis.from_url(first.redis_url) as cache:
            assert cache.ping()
        with running(config, say=nothing) as second:
            assert ask(second, "SELECT 1") == 1
        assert up(config) == (True, True)
    assert up(config) == (False, False)


def test_what_was_written_is_there_the_next_time(config: Config) -> None:
    with running(config, say=nothing) as here, Redis.from_url(here.redis_url) as cache:
        ask(here, "CREATE TABLE kept AS SELECT 7 AS number")
        cache.set("kept", 7)
    with running(config, say=nothing) as here, Redis.from_url(here.redis_url) as cache:
        assert ask(here, "SELECT number FROM kept") == 7
        assert cache.get("kept") == b"7"


def test_sorting_and_letters_are_the_same_everywhere(config: Config) -> None:
    with running(config, with_redis=False, say=nothing) as here:
        assert ask(here, "SHOW server_encoding") == "UTF8"
        assert ask(here, "SELECT 'B' < 'a'") is True
        assert ask(here, "SELECT lower('ÄÖ')") == "äö"
        assert up(config) == (True, False)


def test_a_note_left_by_a_killed_server_does_not_hinder(config: Config) -> None:
    home = places(config.var)
    with running(config, with_redis=False, say=nothing):
        pass
    # Its number belongs to another process now: ours.
    note = "\n".join(["1", str(home.postgres_data), "0", "5432", str(home.postgres_sockets), "", "", "ready"])
    (home.postgres_data / "postmaster.pid").write_text(note)
    assert not Postgres(home).answers()
    with running(config, with_redis=False, say=nothing) as here:
        assert ask(here, "SELECT 1") == 1


def test_data_of_another_version_is_left_alone(config: Config) -> None:
    with running(config, with_redis=False, say=nothing):
        pass
    marker = places(config.var).postgres_data / "PG_VERSION"
    marker.write_text("12\n")
    with pytest.raises(ServerError, match="made by PostgreSQL 12"), running(config, with_redis=False, say=nothing):
        pass


def test_given_addresses_start_nothing(config: Config) -> None:
    given = replace(config, embedded_postgres=False, embedded_redis=False)
    with running(given) as same:
        assert same is given
    assert not (config.var / "run").exists()
