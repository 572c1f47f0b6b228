"""Response times on the page: figures, the tickets behind them, and their spreadsheets."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.people import World
from tests.web.desk.conftest import counted
from tests.web.supervisor.conftest import Ask
from ticketdesk.reports import measuring

TIMES = "/supervisor/times"
FILES = (
    "/supervisor/times/days.csv",
    "/supervisor/times/queue.csv",
    "/supervisor/times/channel.csv",
    "/supervisor/times/priority.csv",
    "/supervisor/times/assignee.csv",
    "/supervisor/times/tickets.csv",
)


def rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a spreadsheet."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("address", [TIMES, "/supervisor/times/tickets", *FILES])
def test_who_may_look(browser: Callable[[str], FlaskClient], address: str) -> None:
    assert browser("sam").get(address).status_code == 200
    assert browser("alice").get(address).status_code == 403
    assert browser("sam").post(address).status_code == 405


def test_there_is_no_such_spreadsheet(sam: FlaskClient) -> None:
    assert sam.get("/supervisor/times/subject.csv").status_code == 404


def test_figures_and_how_they_are_reckoned(sam: FlaskClient, ask: Ask) -> None:
    ask("One", answered=timedelta(minutes=30))
    ask("Two", answered=timedelta(minutes=90))
    ask("Three")
    page = sam.get(f"{TIMES}?clock=wall").text
    assert re.search(r"1 h\s*</dd>", page)
    assert "How this is reckoned" in page
    assert "Automatic messages, notes and surveys are no answers." in page
    assert 'aria-current="true">Wall clock' in page


def test_numbers_lead_to_their_tickets(sam: FlaskClient, world: World, ask: Ask) -> None:
    ask("One", answered=timedelta(minutes=30))
    ask("Waits still")
    ask("Not sam's", world.orders_queue, answered=timedelta(minutes=30))
    page = sam.get(f"{TIMES}/tickets?metric=first_response&clock=wall").text
    assert "One" in page
    assert "30 min" in page
    assert "Waits still" in page
    assert "Not sam" not in page
    waiting = sam.get(f"{TIMES}/tickets?only=waiting").text
    assert "Waits still" in waiting
    assert "One</a>" not in waiting


def test_spreadsheets_say_the_same(sam: FlaskClient, ask: Ask) -> None:
    ask("One", answered=timedelta(minutes=30))
    ask("Waits still")
    by_queue = rows(sam.get(f"{TIMES}/queue.csv?clock=wall").data)
    assert [(row["queue"], row["answered"], row["p50_s"], row["waiting"]) for row in by_queue] == [
        ("Care", "1", "1800.0", "1")
    ]
    behind = rows(sam.get(f"{TIMES}/tickets.csv?clock=wall").data)
    assert {(row["subject"], row["seconds"]) for row in behind} == {("One", "1800.0"), ("Waits still", "")}


@pytest.mark.parametrize("subject", ["=1+1", "+1", "-1", "@SUM(1)", '=HYPERLINK("http://a.example","x")'])
def test_a_subject_cannot_come_alive(sam: FlaskClient, ask: Ask, subject: str) -> None:
    """R10, IN-07."""
    ask(subject)
    found = sam.get(f"{TIMES}/tickets.csv")
    assert found.headers["Content-Disposition"].startswith("attachment")
    assert rows(found.data)[0]["subject"] == f"'{subject}"


def test_a_list_goes_on(sam: FlaskClient, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ticketdesk.web.supervisor.times_behind.PAGE", 2)
    for number in range(5):
        ask(f"Number {number}", ago=timedelta(minutes=number + 1))
    seen: list[str] = []
    address: str | None = f"{TIMES}/tickets"
    while address:
        page = sam.get(address).text
        seen += re.findall(r"Number (\d)", page)
        following = re.search(r'href="([^"]*before=[^"]*)"', page)
        address = following.group(1).replace("&amp;", "&") if following else None
    assert list(dict.fromkeys(seen)) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    "words",
    [
        "metric=subject",
        "clock=sundial",
        "days=-1",
        "days=99999999999999999999999",
        "queue=999999",
        "queue=x",
        "from=2026-02-30&to=2026-03-01",
        "from=0001-01-01&to=9999-12-31",
        "from=2026-03-05&to=2026-03-01",
        "day=never",
        "only=everything",
    ],
)
def test_senseless_words_change_nothing(sam: FlaskClient, words: str) -> None:
    assert sam.get(f"{TIMES}?{words}").status_code == 200
    assert sam.get(f"{TIMES}/tickets?{words}").status_code == 200


@pytest.mark.parametrize("place", ["x", "2026-03-01", "2026-03-01T10:00:00,1", "2026-03-01T10:00:00+00:00,x"])
def test_no_such_place_in_the_list(sam: FlaskClient, place: str) -> None:
    assert sam.get(f"{TIMES}/tickets", query_string={"before": place}).status_code == 422


def test_a_queue_one_does_not_see_is_not_chosen(sam: FlaskClient, world: World, ask: Ask) -> None:
    ask("Hers", world.orders_queue, answered=timedelta(minutes=30))
    assert "Hers" not in sam.get(f"{TIMES}/tickets?queue={world.orders_queue.id}").text


def test_the_page_asks_little(sam: FlaskClient, ask: Ask) -> None:
    for number in range(10):
        ask(f"Number {number}", answered=timedelta(minutes=number + 1))
    sam.get(TIMES)
    with counted() as ran:
        assert sam.get(TIMES).status_code == 200
    assert len(ran) <= 15, ran


def test_every_choice_of_the_lists_exists() -> None:
    assert set(measuring.ONLY) == {"all", "answered", "late", "waiting"}
