"""The search from the command line."""

import click
from flask.cli import AppGroup

from ticketdesk.core.db import db
from ticketdesk.tickets import indexing, spelling

AT_ONCE = 5_000

search_commands = AppGroup("search", help="What the search of the desk reads.")


@search_commands.command("rebuild")
def rebuild_command() -> None:
    """Make the words of all messages findable anew, in sets; everybody can go on working meanwhile."""
    made, last = 0, indexing.last_message()
    for first in range(0, last + 1, AT_ONCE):
        made += indexing.rebuild(first, first + AT_ONCE - 1)
        db.session.commit()
    spelling.learn()
    db.session.commit()
    click.echo(f"{made:,} messages can be found.")
