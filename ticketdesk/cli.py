"""The command groups."""

import signal
import threading

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from ticketdesk import schedule
from ticketdesk.accounts.commands import user
from ticketdesk.core import jobs


@click.command("worker")
@click.option("--lane", type=click.Choice(jobs.LANES), default=jobs.LANES[0], show_default=True)
@with_appcontext
def worker_command(lane: str) -> None:
    """Work in the background on one lane until stopped."""
    jobs.serve(current_app._get_current_object(), lane)  # type: ignore[attr-defined]


@click.command("schedule")
@with_appcontext
def schedule_command() -> None:
    """Run the periodic jobs until stopped."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    schedule.serve(current_app._get_current_object(), stop)  # type: ignore[attr-defined]


COMMANDS: tuple[click.Command, ...] = (worker_command, schedule_command, user)


def register(app: Flask) -> None:
    """Give the app its commands."""
    for command in COMMANDS:
        app.cli.add_command(command)
