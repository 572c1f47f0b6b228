"""What was promised, counted for supervisors, with the tickets behind each figure."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser

from tests.people import World
from tests.sla.promises import answer, asked
from ticketdesk.core.db import db
from ticketdesk.reports import promises
from ticketdesk.reports.measuring import Scope
from ticketdesk.reports.periods import Period
from ticketdesk.reports.promises import ONLY, Promises
from ticketdesk.sla import judging, passing, promising
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.tickets import flags, merging, moving, progress
from ticketdesk.tickets.ticket import Ticket

BEHIND = "/supervisor/times/promises"
FILE = "/supervisor/times/promises.csv"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)


@pytest.fixture
def lives(world: World, policy: SlaPolicy) -> dict[str, Ticket]:
    """One ticket of each outcome, and some that are counted nowhere."""
    made = {}
    for name in ("kept", "told", "broken", "late", "open", "solved", "spam", "merged", "elsewhere"):
        ticket = made[name] = asked(world, NOW)
        promise = promising.make(ticket, "form", NOW)
        assert promise is not None
        if name in ("told", "late"):
            turn = judging.moved(promise.standing, NOW + 6 * HOUR, NOW + 3 * HOUR, "told", told=True)
            promising.take(ticket, promise, turn)
    alice = world.alice.actor
    answer(world, made["kept"], NOW + HOUR)
    answer(world, made["told"], NOW + 5 * HOUR)
    answer(world, made["elsewhere"], NOW + HOUR)
    moving.move(made["elsewhere"], world.orders_queue, alice, NOW + HOUR)
    progress.solve(made["solved"], alice, NOW + HOUR)
    flags.mark_spam(made["spam"], alice, NOW + HOUR)
    merging.merge(made["merged"], made["kept"], alice, NOW + 2 * HOUR, widen=True)
    passing.judge_passed(NOW + 7 * HOUR)
    last = made["open"] = asked(world, NOW + 6 * HOUR)
    promising.make(last, "form", NOW + 6 * HOUR)
    db.session.commit()
    return made


def scope(world: World, who: str) -> Scope:
    return Scope(world.agent(who), Period(NOW.date(), NOW.date(), "UTC"))


def test_each_is_counted_once(world: World, lives: dict[str, Ticket]) -> None:
    found = promises.summary(scope(world, "sam"))
    assert found == Promises(made=6, kept=1, told=2, kept_later=1, broken=3, open=1)
    assert found.share is not None
    assert (found.share.part, found.share.whole) == (1, 5)
    assert promises.summary(scope(world, "ada")).kept == 2, "of all queues"


@pytest.mark.parametrize("only", ONLY)
def test_each_figure_leads_to_its_promises(world: World, lives: dict[str, Ticket], only: str) -> None:
    found = promises.behind(scope(world, "sam"), only)
    assert len(found) == getattr(promises.summary(scope(world, "sam")), only)
    hidden = {lives[name].number for name in ("spam", "merged", "solved", "elsewhere")}
    assert not hidden & {row.number for row in found}


@pytest.mark.parametrize("address", [BEHIND, FILE])
def test_who_may_look(browser: Callable[[str], FlaskClient], address: str) -> None:
    assert browser("sam").get(address).status_code == 200
    assert browser("alice").get(address).status_code == 403
    assert browser("sam").post(address).status_code == 405
    assert browser("sam").get(f"{address}?only=nonsense").status_code == 200


def test_the_pages_show_them(browser: Callable[[str], FlaskClient], lives: dict[str, Ticket]) -> None:
    sam, days = browser("sam"), "from=2026-03-04&to=2026-03-04"
    body = LexborHTMLParser(sam.get(f"/supervisor/times?{days}").text).body
    assert body is not None
    (table,) = body.css("div[aria-label=Promises] table")
    cells = [cell.text(strip=True) for cell in table.css("td")]
    assert cells[:6] == ["6", "1", "2", "1", "3", "1"]
    assert cells[6].startswith("20")
    shown = sam.get(f"{BEHIND}?{days}&only=told").text
    assert f"#{lives['told'].number}" in shown
    assert f"#{lives['kept'].number}<" not in shown
    content = sam.get(f"{FILE}?{days}&only=told").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content, newline="")))
    assert {row["state"] for row in rows} == {"kept", "broken"}
    assert {row["ticket"] for row in rows} == {str(lives["told"].number), str(lives["late"].number)}


def test_they_come_in_pages(
    browser: Callable[[str], FlaskClient], lives: dict[str, Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticketdesk.web.supervisor.promises.PAGE", 4)
    sam, days = browser("sam"), "from=2026-03-04&to=2026-03-04"
    page = LexborHTMLParser(sam.get(f"{BEHIND}?{days}").text)
    assert len(page.css("tbody tr")) == 4
    (older,) = [link.attributes["href"] for link in page.css("a") if "before=" in (link.attributes["href"] or "")]
    assert len(LexborHTMLParser(sam.get(older or "").text).css("tbody tr")) == 2
