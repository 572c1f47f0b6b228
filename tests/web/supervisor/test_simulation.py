"""A simulation's pages: its bar, its figures, the tickets that change, its spreadsheets, and adopting it."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from tests.web.desk.conftest import counted
from tests.web.supervisor.conftest import Ask
from tests.web.supervisor.simulated import filled, run_all
from ticketdesk.calendars.calendar import CalendarVersion
from ticketdesk.core.db import db
from ticketdesk.sla import editing
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.simulation import SlaFlip, SlaSimulation
from ticketdesk.tickets.ticket import Ticket

MINUTES = timedelta(minutes=1)
Simulate = Callable[..., SlaSimulation]


@pytest.fixture
def simulate(browser: Callable[[str], FlaskClient], ask: Ask) -> Simulate:
    """Somebody simulates first answers within so many minutes, counted round the clock; four hours are in force."""

    def simulate(who: str = "sam", minutes: int = 60, finished: bool = True) -> SlaSimulation:
        policy_id = db.session.scalars(select(SlaPolicy.id)).one()
        address = f"/supervisor/simulator/policy/{policy_id}"
        client = browser(who)
        form = filled(client.get(address).text)
        form |= {"normal-first_response-amount": str(minutes), "normal-first_response-unit": "minutes"}
        assert client.post(address, data=form).status_code == 303
        if finished:
            run_all()
        return db.session.scalars(select(SlaSimulation).order_by(SlaSimulation.id.desc()).limit(1)).one()

    return simulate


@pytest.fixture(autouse=True)
def _open_always(ask: Ask) -> None:
    """Tests run at any hour: the clocks of the standard policy never stand still."""
    week = [[[0, 1440]]] * 7
    db.session.execute(db.update(CalendarVersion).values(week=week))
    db.session.commit()


def address(simulation: SlaSimulation, rest: str = "") -> str:
    return f"/supervisor/simulations/{simulation.id}{rest}"


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


READING = ("", "/progress", "/tickets", "/tickets.csv", "/attainment.csv", "/targets.csv")


@pytest.mark.parametrize("rest", READING)
def test_who_may_look(browser: Callable[[str], FlaskClient], simulate: Simulate, rest: str) -> None:
    of_sam, of_ada = simulate("sam"), simulate("ada")
    assert browser("sam").get(address(of_sam, rest)).status_code == 200
    assert browser("ada").get(address(of_sam, rest)).status_code == 200
    assert browser("sam").get(address(of_ada, rest)).status_code == 404
    assert browser("alice").get(address(of_sam, rest)).status_code == 403
    assert browser("sam").get(f"/supervisor/simulations/999999{rest}").status_code == 404
    assert browser("sam").post(address(of_sam, rest)).status_code == 405


@pytest.mark.parametrize("act", ["cancelling", "deletion", "adoption"])
def test_who_may_act(browser: Callable[[str], FlaskClient], simulate: Simulate, act: str) -> None:
    of_ada, of_sam = simulate("ada"), simulate("sam")
    assert browser("sam").post(address(of_ada, f"/{act}")).status_code == (403 if act == "adoption" else 404)
    assert browser("sam").post(address(of_sam, f"/{act}")).status_code == (403 if act == "adoption" else 303)
    assert browser("alice").post(address(of_ada, f"/{act}")).status_code == 403
    assert browser("ada").post(address(of_ada, f"/{act}")).status_code == 303


def test_both_sides_and_what_it_means(sam: FlaskClient, simulate: Simulate, ask: Ask) -> None:
    """Answered after 30, 90 and 120 minutes: four hours hold all of them, one hour the first."""
    for minutes in (30, 90, 120):
        ask(f"After {minutes}", ago=timedelta(hours=20), answered=minutes * MINUTES)
    page = sam.get(address(simulate())).text
    assert "2 answers would have become late, 0 in time, of 3." in page
    assert "May well be chance (p = 0.50)" in page
    assert "How this is reckoned" in page
    assert re.search(r"100\.0 %.*33\.3 %", page, re.S)
    tightest = rows(sam.get(address(simulate(), "/targets.csv")).data)
    assert ("first_response", "normal", "3600", "3", "7200", "7200") in [
        (
            row["metric"],
            row["priority"],
            row["draft_s"],
            row["measured"],
            row["held_90_percent_s"],
            row["held_95_percent_s"],
        )
        for row in tightest
    ]


def test_a_draft_equal_to_the_present_changes_nothing(sam: FlaskClient, simulate: Simulate, ask: Ask) -> None:
    ask("One", ago=timedelta(hours=20), answered=30 * MINUTES)
    found = simulate(minutes=240)
    page = sam.get(address(found)).text
    assert "The only verdict stays what it was." in page
    assert "The draft makes no difference here." in page
    assert "No verdict changes" in sam.get(address(found, "/tickets")).text


def test_tickets_that_change_lead_to_the_ticket_with_both_due_times(
    sam: FlaskClient, simulate: Simulate, ask: Ask
) -> None:
    late = ask("Would be late", ago=timedelta(hours=20), answered=90 * MINUTES)
    ask("In time both ways", ago=timedelta(hours=20), answered=30 * MINUTES)
    found = simulate()
    page = sam.get(address(found, "/tickets?metric=first_response&becomes=late")).text
    assert f'href="/desk/tickets/{late.number}"' in page
    assert "In time both ways" not in page
    flip = db.session.scalars(select(SlaFlip)).one()
    assert flip.was_due_at is not None and flip.would_due_at is not None
    assert flip.was_due_at - flip.would_due_at == 3 * timedelta(hours=1)
    assert flip.was_due_at.isoformat() in page and flip.would_due_at.isoformat() in page
    assert "Would be late" not in sam.get(address(found, "/tickets?becomes=in-time")).text
    [row] = rows(sam.get(address(found, "/tickets.csv")).data)
    assert (row["subject"], row["becomes"], row["was_target_s"], row["would_target_s"]) == (
        "Would be late",
        "late",
        "14400",
        "3600",
    )


def test_a_ticket_that_one_no_longer_sees_is_not_shown(
    sam: FlaskClient, simulate: Simulate, ask: Ask, world: World
) -> None:
    ask("Moved away", ago=timedelta(hours=20), answered=90 * MINUTES)
    found = simulate()
    assert "Moved away" in sam.get(address(found, "/tickets")).text
    db.session.execute(db.update(Ticket).values(queue_id=world.orders_queue.id))
    db.session.commit()
    for rest in ("/tickets", "/tickets.csv"):
        assert "Moved away" not in sam.get(address(found, rest)).text


@pytest.mark.parametrize("subject", ["=1+1", "+1", "-1", "@SUM(1)", '=HYPERLINK("http://a.example","x")'])
def test_a_subject_cannot_come_alive(sam: FlaskClient, simulate: Simulate, ask: Ask, subject: str) -> None:
    """R10, IN-07."""
    ask(subject, ago=timedelta(hours=20), answered=90 * MINUTES)
    found = sam.get(address(simulate(), "/tickets.csv"))
    assert found.headers["Content-Disposition"].startswith("attachment")
    assert rows(found.data)[0]["subject"] == f"'{subject}"


def test_the_list_goes_on(sam: FlaskClient, simulate: Simulate, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticketdesk.web.supervisor.simulation_flips.PAGE", 2)
    for number in range(5):
        ask(f"Number {number}", ago=timedelta(hours=20), answered=90 * MINUTES)
    where: str | None = address(simulate(), "/tickets?becomes=late")
    seen: list[str] = []
    while where:
        page = sam.get(where).text
        seen += re.findall(r"Number (\d)", page)
        following = re.search(r'href="([^"]*after=[^"]*)"', page)
        where = following.group(1).replace("&amp;", "&") if following else None
    assert seen == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    "words", ["metric=subject", "becomes=never", "after=-1", "after=x", "after=99999999999999999999"]
)
def test_senseless_words_change_nothing(sam: FlaskClient, simulate: Simulate, words: str) -> None:
    found = simulate()
    for rest in ("", "/tickets", "/tickets.csv"):
        assert sam.get(f"{address(found, rest)}?{words}").status_code == 200


def test_parts_of_the_work(sam: FlaskClient, simulate: Simulate, ask: Ask) -> None:
    ask("One", ago=timedelta(hours=20), answered=90 * MINUTES)
    found = rows(sam.get(address(simulate(), "/attainment.csv")).data)
    first = {(row["by"], row["name"]): row for row in found if row["metric"] == "first_response"}
    assert set(first) == {("all", "First response"), ("queue", "Care"), ("channel", "Mail"), ("priority", "Normal")}
    assert [(row["was_in_target"], row["draft_in_target"], row["became_late"]) for row in first.values()] == [
        ("1", "0", "1")
    ] * 4


def test_the_bar_while_it_runs_and_cancelling(sam: FlaskClient, simulate: Simulate, ask: Ask) -> None:
    ask("One", ago=timedelta(hours=20), answered=90 * MINUTES)
    found = simulate(finished=False)
    page = sam.get(address(found)).text
    assert 'role="status"' in page
    assert "<progress" in page
    assert "progress.js" in page
    assert 'data-state="going"' in sam.get(address(found, "/progress")).text
    assert sam.post(address(found, "/cancelling")).status_code == 303
    run_all()
    assert 'data-state="over"' in sam.get(address(found, "/progress")).text
    page = sam.get(address(found)).text
    assert "It was cancelled after 0 tickets." in page
    assert "progress.js" not in page


def test_deleting(sam: FlaskClient, simulate: Simulate) -> None:
    found = simulate()
    where = address(found)
    assert sam.post(where + "/deletion").status_code == 303
    assert sam.get(where).status_code == 404
    assert sam.post(where + "/deletion").status_code == 404


def test_an_administrator_adopts_a_draft_after_seeing_what_changes(
    ada: FlaskClient, browser: Callable[[str], FlaskClient], simulate: Simulate
) -> None:
    found = simulate("sam")
    assert browser("sam").get(address(found, "/adoption")).status_code == 403
    assert "Adopt this draft" not in browser("sam").get(address(found)).text
    page = ada.get(address(found, "/adoption")).text
    assert "Normal: first response" in page
    assert re.search(r"<td>4 h</td><td><b[^>]*>1 h</b></td>", page)
    assert "High:" not in page
    before = editing.in_force(found.policy_id or 0)
    assert ada.post(address(found, "/adoption")).status_code == 303
    after = editing.in_force(found.policy_id or 0)
    assert (after.number, after.targets["normal"]["first_response"]) == (before.number + 1, 3600)
    assert (after.warn_percent, after.pause_categories, after.steps) == (
        before.warn_percent,
        before.pause_categories,
        before.steps,
    )
    again = ada.post(address(found, "/adoption"))
    assert (again.status_code, "put in force before" in again.text) == (409, True)
    assert editing.in_force(found.policy_id or 0).number == after.number


def test_a_draft_whose_base_has_changed_is_not_adopted(ada: FlaskClient, simulate: Simulate, world: World) -> None:
    first, second = simulate("ada"), simulate("ada", minutes=30)
    assert ada.post(address(first, "/adoption")).status_code == 303
    refused = ada.post(address(second, "/adoption"))
    assert (refused.status_code, "the draft began from version 1" in refused.text) == (409, True)
    unfinished = simulate("ada", finished=False)
    assert ada.post(address(unfinished, "/adoption")).status_code == 409


def test_hours_are_adopted_too(ada: FlaskClient, ask: Ask) -> None:
    calendar_id = db.session.execute(db.text("SELECT id FROM calendars")).scalar_one()
    where = f"/supervisor/simulator/hours/{calendar_id}"
    form = filled(ada.get(where).text)
    sent = ada.post(where, data={**form, "sunday": "closed", "dates": "2026-12-25 closed"})
    run_all()
    page = ada.get(sent.headers["Location"] + "/adoption").text
    assert "Sunday" in page and "2026-12-25" in page and "Monday" not in page
    assert ada.post(sent.headers["Location"] + "/adoption").status_code == 303
    week = db.session.execute(db.text("SELECT week FROM calendar_versions ORDER BY number DESC LIMIT 1")).scalar_one()
    assert week[5:] == [[[0, 1440]], []]


def test_the_page_asks_little(sam: FlaskClient, simulate: Simulate, ask: Ask) -> None:
    for number in range(6):
        ask(f"Number {number}", ago=timedelta(hours=20), answered=(80 + number) * MINUTES)
    found = simulate()
    for rest in ("", "/tickets"):
        sam.get(address(found, rest))
        with counted() as ran:
            assert sam.get(address(found, rest)).status_code == 200
        assert len(ran) <= 15, ran
