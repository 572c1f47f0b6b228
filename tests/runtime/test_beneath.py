"""A command on the command line finds a database."""

from pathlib import Path

import click
import psycopg
from flask import Flask

from ticketdesk.core.config import load
from ticketdesk.core.servers.beneath import with_servers
from ticketdesk.core.servers.places import places
from ticketdesk.core.servers.postgres import Postgres


def test_the_command_of_a_group_has_a_database(folder: Path) -> None:
    config = load({}, folder)
    app = Flask("small")
    app.extensions["ticketdesk.config"] = config
    group = click.Group("ask")

    @group.command("one")
    def one() -> None:
        with psycopg.connect(config.libpq_url) as connection:
            click.echo(connection.execute("SELECT 41 + 1").fetchone())

    app.cli.add_command(with_servers(with_servers(group), with_redis=False))
    result = app.test_cli_runner().invoke(args=["ask", "one"])
    assert result.exit_code == 0, result.output
    assert "(42,)" in result.output
    assert not Postgres(places(config.var)).answers()
