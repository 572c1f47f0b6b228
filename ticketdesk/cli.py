"""The command groups."""

import signal
import threading

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate.cli import db as migrations

from ticketdesk import schedule
from ticketdesk.accounts.commands import user
from ticketdesk.channels.email.commands import mail
from ticketdesk.core import clock, jobs
from ticketdesk.core.servers.beneath import with_servers
from ticketdesk.demo import seeding
from ticketdesk.sla.commands import sla_commands
from ticketdesk.tickets.commands import search_commands


@click.command("worker")
@click.option("--lane", type=click.Choice(jobs.LANES), default=jobs.LANES[0], show_default=True)
@click.option("--alone", is_flag=True, help="Do what was in the hands of a worker as it died, one by one, and end.")
@with_appcontext
def worker_command(lane: str, *, alone: bool) -> None:
    """Work in the background on one lane until stopped."""
    (jobs.work_alone if alone else jobs.serve)(current_app._get_current_object(), lane)  # type: ignore[attr-defined]


@click.command("schedule")
@with_appcontext
def schedule_command() -> None:
    """Run the periodic jobs until stopped."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    schedule.serve(current_app._get_current_object(), stop)  # type: ignore[attr-defined]


@click.command("demo")
@with_appcontext
def demo_command() -> None:
    """Fill an empty database with a company to try things with; does nothing where people work already."""
    if seeding.seed(clock.now()):
        click.echo("A company with its tickets has moved in.")


NEED_SERVERS: tuple[click.Command, ...] = (
    worker_command,
    schedule_command,
    demo_command,
    user,
    sla_commands,
    search_commands,
    migrations,
    mail.commands["serve"],
)
"""Use the running embedded servers, or start them for the command; the other commands of mail see to it themselves."""


def register(app: Flask) -> None:
    """Give the app its commands."""
    for command in NEED_SERVERS:
        with_servers(command)
    for command in (worker_command, schedule_command, demo_command, user, sla_commands, search_commands, mail):
        app.cli.add_command(command)
