"""The search from the command line."""

from click.testing import CliRunner
from sqlalchemy import delete, func, select

from tests.people import World, open_for
from ticketdesk.core.db import db
from ticketdesk.tickets import receiving
from ticketdesk.tickets.commands import rebuild_command
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.search_row import SearchRow


def test_everything_is_made_findable_anew(world: World) -> None:
    ticket = open_for(world, world.care_queue)
    for words in ("The armrest", "It came off"):
        receiving.receive(ticket, world.dana, Letter("email", words), ticket.opened_at)
    db.session.execute(delete(SearchRow))
    db.session.commit()
    ran = CliRunner().invoke(rebuild_command, [])
    assert ran.exit_code == 0, ran.output
    assert "2 messages can be found." in ran.output
    assert db.session.scalar(select(func.count()).select_from(SearchRow)) == 2
