"""The page of a survey: looking records nothing, the button does, once, and only for whoever has the link."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World, open_for, with_token
from tests.surveys.asked import asked
from ticketdesk.core import clock, links
from ticketdesk.core.db import db
from ticketdesk.surveys import opting_out
from ticketdesk.surveys.answer import SurveyAnswer
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.sending import LINK
from ticketdesk.tickets.ticket import Ticket


@pytest.fixture
def ticket(world: World) -> Ticket:
    return open_for(world, world.care_queue)


@pytest.fixture
def sent(world: World, ticket: Ticket) -> SurveyInvitation:
    return asked(world, ticket, clock.now())


@pytest.fixture
def address(sent: SurveyInvitation) -> str:
    return f"/s/{links.signed(LINK, sent.id)}"


@pytest.fixture
def dana(client: FlaskClient) -> FlaskClient:
    return with_token(client)


def answers() -> list[tuple[int, str]]:
    db.session.expire_all()
    return [(row.score, row.comment) for row in db.session.scalars(select(SurveyAnswer))]


def chosen(page: str) -> list[str]:
    return re.findall(r'type="radio" name="score" value="(\d)" checked', page)


def test_a_link_of_the_mail_shows_its_score_chosen_and_records_nothing(dana: FlaskClient, address: str) -> None:
    page = dana.get(f"{address}?score=4")
    assert page.status_code == 200
    assert chosen(page.text) == ["4"]
    assert "Very content" in page.text
    assert answers() == []
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("score", ["0", "6", "x", "", "99999999999", "-1", "²"])
def test_a_score_that_is_none_chooses_nothing(dana: FlaskClient, address: str, score: str) -> None:
    page = dana.get(address, query_string={"score": score})
    assert (page.status_code, chosen(page.text)) == (200, [])


def test_the_button_records_score_and_comment_and_thanks(dana: FlaskClient, address: str) -> None:
    answer = dana.post(address, data={"score": "4", "comment": "Quick <b>and</b> kind."})
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    assert answers() == [(4, "Quick <b>and</b> kind.")]
    page = dana.get(address).text
    assert "Thank you" in page
    assert "Quick &lt;b&gt;and&lt;/b&gt; kind." in page
    assert "Change my answer" in page


def test_a_double_click_is_one_answer(dana: FlaskClient, address: str) -> None:
    for _ in range(2):
        assert dana.post(address, data={"score": "4", "comment": ""}).status_code == 303
    assert answers() == [(4, "")]


def test_an_answer_is_changed_within_a_day_and_not_later(dana: FlaskClient, address: str) -> None:
    dana.post(address, data={"score": "4", "comment": "Quick."})
    assert chosen(dana.get(f"{address}?change=1").text) == ["4"]
    assert chosen(dana.get(f"{address}?score=2").text) == ["2"]
    dana.post(address, data={"score": "2", "comment": "It broke again."})
    assert answers() == [(2, "It broke again.")]
    row = db.session.scalars(select(SurveyAnswer)).one()
    row.answered_at -= timedelta(hours=25)
    db.session.commit()
    late = dana.post(address, data={"score": "5", "comment": ""})
    assert late.status_code == 409
    assert "can be changed for a day" in late.text
    assert answers() == [(2, "It broke again.")]
    assert "Change my answer" not in dana.get(f"{address}?change=1").text


@pytest.mark.parametrize(
    "data",
    [{}, {"score": "6"}, {"score": "x"}, {"score": "4", "comment": "x" * 4001}, {"score": "4", "owner": "1"}],
)
def test_what_does_not_fit_is_said_beside_its_field(dana: FlaskClient, address: str, data: dict[str, str]) -> None:
    page = dana.post(address, data=data)
    assert page.status_code == 422
    assert "Not saved yet" in page.text
    assert answers() == []


def test_made_up_expired_and_revoked_links_look_alike(dana: FlaskClient, sent: SurveyInvitation, address: str) -> None:
    """AZ-09."""
    unknown = dana.get(f"/s/{sent.id}-{'a' * 32}")
    other_purpose = dana.get(f"/s/{links.signed('ticket', sent.id)}")
    sent.sent_at = clock.now() - timedelta(days=31)
    db.session.commit()
    expired = dana.get(address)
    sent.sent_at, sent.revoked_at = clock.now(), clock.now()
    db.session.commit()
    revoked = dana.get(address)
    found = {re.sub(r"[0-9a-f]{12}", "", page.text) for page in (unknown, other_purpose, expired, revoked)}
    assert len(found) == 1
    assert {page.status_code for page in (unknown, other_purpose, expired, revoked)} == {404}
    assert dana.post(address, data={"score": "4"}).status_code == 404
    assert dana.post(f"{address}/unsubscribe").status_code == 404
    assert dana.get(f"{address}/unsubscribe").status_code == 404


def test_one_click_of_a_mail_program_ends_it_without_cookie_or_token(
    client: FlaskClient, world: World, address: str
) -> None:
    """RFC 8058, as a mail provider's server does it."""
    answer = client.post(f"{address}/unsubscribe", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert opting_out.is_out(world.dana.id)


def test_one_click_as_a_multipart_form(client: FlaskClient, world: World, address: str) -> None:
    answer = client.post(
        f"{address}/unsubscribe", data={"List-Unsubscribe": "One-Click"}, content_type="multipart/form-data"
    )
    assert (answer.status_code, opting_out.is_out(world.dana.id)) == (200, True)


def test_the_button_for_people_ends_it_too(dana: FlaskClient, world: World, address: str) -> None:
    assert "Shall we stop asking?" in dana.get(f"{address}/unsubscribe").text
    assert not opting_out.is_out(world.dana.id)
    assert "You will not be asked again" in dana.post(f"{address}/unsubscribe").text
    assert opting_out.is_out(world.dana.id)
    assert dana.post(f"{address}/unsubscribe").status_code == 200, "twice does no harm"


def test_another_site_cannot_end_it(client: FlaskClient, world: World, address: str) -> None:
    answer = client.post(f"{address}/unsubscribe", headers={"Origin": "https://evil.example"})
    assert (answer.status_code, opting_out.is_out(world.dana.id)) == (403, False)


def test_other_methods_are_refused(dana: FlaskClient, address: str) -> None:
    for path in (address, f"{address}/unsubscribe"):
        assert dana.put(path).status_code == 405
        assert dana.delete(path).status_code == 405


def test_its_pages_are_nobody_elses(dana: FlaskClient, address: str) -> None:
    for path in (address, f"{address}/unsubscribe"):
        headers = dana.get(path).headers
        assert (headers["Cache-Control"], headers["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")


def test_the_page_stands_without_script(dana: FlaskClient, address: str) -> None:
    page = dana.get(address).text
    assert 'method="post"' in page
    assert page.count('type="radio"') == 5
    assert "<fieldset" in page
    assert "<legend" in page
    assert "onclick" not in page
    assert "style=" not in page


@pytest.mark.parametrize("fate", ["expired", "spam", "trashed"])
def test_nobody_must_hurry_to_be_asked_no_more(
    client: FlaskClient, world: World, sent: SurveyInvitation, ticket: Ticket, address: str, fate: str
) -> None:
    """RFC 8058: mail programs offer the button for as long as they keep the mail."""
    now = clock.now()
    if fate == "expired":
        sent.sent_at = now - timedelta(days=100)
    else:
        setattr(ticket, f"{fate}_at", now)
    db.session.commit()
    assert client.get(address).status_code == 404
    assert client.get(f"{address}/unsubscribe").status_code == 200
    assert client.post(f"{address}/unsubscribe", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert opting_out.is_out(world.dana.id)
