"""What the head of the chat shows: who took the talk, and nobody before that or after."""

from collections.abc import Callable

from tests.people import World
from tests.web.widget.conftest import Browser
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM, Actor
from ticketdesk.core.db import db
from ticketdesk.tickets import assignment, progress

Comes = Callable[..., Browser]


def test_who_took_the_talk_is_named(world: World, comes: Comes) -> None:
    world.alice.name = "Zoë Ångström"
    browser = comes()
    browser.says("Hello")
    assert browser.get("talk").headers["X-With"] == ""
    assignment.assign(browser.ticket, world.alice, by=SYSTEM, at=clock.now())
    db.session.commit()
    assert browser.get("talk").headers["X-With"] == "Zo%C3%AB%20%C3%85ngstr%C3%B6m"
    progress.solve(browser.ticket, Actor("agent", world.alice.id), clock.now())
    db.session.commit()
    assert browser.get("talk").headers["X-With"] == ""
