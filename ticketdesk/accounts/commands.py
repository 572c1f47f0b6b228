"""People on the command line: the way in when nobody can sign in yet."""

import click
from flask import current_app
from flask.cli import AppGroup

from ticketdesk.accounts import addresses, people
from ticketdesk.accounts.agent import Agent
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.config import Config
from ticketdesk.core.db import db
from ticketdesk.core.errors import Refused

ROLES = {"admin": "administrator", "administrator": "administrator", "supervisor": "supervisor", "agent": "agent"}

user = AppGroup("user", help="People who sign in.")


@user.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(list(ROLES)), default="agent", show_default=True)
@click.option("--name", default="", help="What to call them; the address when left out.")
def create(email: str, role: str, name: str) -> None:
    """Make a person, and print a link by which they choose a password and sign in."""
    at = clock.now()
    try:
        agent = people.create(email, name, ROLES[role], SYSTEM, at)
        secret = people.invite(agent, SYSTEM, at)
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from refusal
    db.session.commit()
    click.echo(link(secret))


@user.command("link")
@click.argument("email")
def new_link(email: str) -> None:
    """Print another link for someone who is there already, which makes earlier ones void."""
    at = clock.now()
    try:
        agent = db.session.query(Agent).filter_by(email=addresses.normalised(email)).one_or_none()
        if agent is None:
            raise click.ClickException("Nobody has this address.")
        secret = people.invite(agent, SYSTEM, at)
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from refusal
    db.session.commit()
    click.echo(link(secret))


def link(secret: str) -> str:
    """The whole address of a one-time link; from the configuration, never from a request."""
    config: Config = current_app.extensions["ticketdesk.config"]
    return f"{config.public_url}/sign-in/{secret}"
