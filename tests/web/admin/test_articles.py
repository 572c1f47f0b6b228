"""Writing the help centre on settings pages."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World, sign_in
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.knowledge import reading, writing
from ticketdesk.knowledge.article import Article, Section
from ticketdesk.knowledge.writing import Words


@pytest.fixture
def ada(client: FlaskClient, world: World) -> FlaskClient:
    return sign_in(client, world.ada)


@pytest.fixture
def section(world: World) -> Section:
    found = writing.add_section(world.brand.id, "Care", "chair", SYSTEM, clock.now())
    db.session.commit()
    return found


@pytest.fixture
def article(section: Section) -> Article:
    found = writing.write(section, Words("Oil teak", "Once a year.", "Clean it, then oil it."), SYSTEM, clock.now())
    db.session.commit()
    return found


def sent(into: Section, **words: str) -> dict[str, str]:
    return {"title": "Oil teak", "section": str(into.id), "language": "en", "body": "Clean it.", **words}


def test_an_empty_help_centre_says_what_to_do(ada: FlaskClient) -> None:
    assert "Begin with a section" in ada.get("/admin/articles").text


def test_from_a_section_to_a_published_article(ada: FlaskClient, world: World) -> None:
    assert ada.post("/admin/articles/sections", data={"name": "Care", "icon": "chair"}).status_code == 303
    section = db.session.scalars(select(Section)).one()
    response = ada.post("/admin/articles", data=sent(section, body="## First\n<script>x</script>"))
    assert response.status_code == 303
    page = ada.get(response.headers["Location"])
    assert "draft" in page.text
    assert "<h3>First</h3>" in page.text  # below the title, which is a heading itself
    assert "<script>x" not in page.text
    assert ada.get("/help/oil-teak").status_code == 404
    assert ada.post(response.headers["Location"] + "/publication").status_code == 303
    assert ada.get("/help/oil-teak").status_code == 200
    assert ada.post(response.headers["Location"] + "/withdrawal").status_code == 303
    assert ada.get("/help/oil-teak").status_code == 404


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"title": ""}, "A title, please."),
        ({"title": "x" * 161}, "cannot be longer than 160"),
        ({"language": "xx"}, "Not a valid choice"),
        ({"section": "999"}, "Not a valid choice"),
        ({"state": "published"}, "no field state"),
    ],
)
def test_what_does_not_fit_is_said_and_kept(
    ada: FlaskClient, section: Section, words: dict[str, str], said: str
) -> None:
    response = ada.post("/admin/articles", data=sent(section, **words))
    assert response.status_code == 422
    assert said in response.text
    assert "Clean it." in response.text
    assert db.session.scalar(select(Article.id)) is None


def test_an_article_changes_and_stays_where_it_is(ada: FlaskClient, section: Section, article: Article) -> None:
    page = f"/admin/articles/{article.id}"
    assert ada.post(page, data=sent(section, title="Wax teak")).status_code == 303
    db.session.refresh(article)
    assert (article.title, article.slug) == ("Wax teak", "oil-teak")
    assert ada.post(page, data=sent(section, title="")).status_code == 422


def test_a_preview_keeps_nothing(ada: FlaskClient, section: Section, article: Article) -> None:
    response = ada.post("/admin/articles/preview", data=sent(section, title="Another", body="**new**"))
    assert "<strong>new</strong>" in response.text
    assert "<html" not in response.text
    db.session.refresh(article)
    assert article.body == "Clean it, then oil it."


def test_articles_and_sections_move(ada: FlaskClient, world: World, section: Section, article: Article) -> None:
    other = writing.add_section(world.brand.id, "Delivery", "truck", SYSTEM, clock.now())
    second = writing.write(section, Words("Wax", "", ""), SYSTEM, clock.now())
    for one in (article, writing.write(other, Words("Where?", "", ""), SYSTEM, clock.now()), second):
        writing.publish(one, SYSTEM, clock.now())
    db.session.commit()
    assert ada.post(f"/admin/articles/{second.id}/move", data={"direction": "up"}).status_code == 303
    assert ada.post(f"/admin/articles/sections/{other.id}/move", data={"direction": "up"}).status_code == 303
    topics = reading.topics(world.brand.id)
    assert [topic.name for topic in topics] == ["Delivery", "Care"]
    assert [one.title for one in topics[1].articles] == ["Wax", "Oil teak"]
    assert ada.post(f"/admin/articles/{second.id}/move", data={"direction": "sideways"}).status_code == 404


def test_a_section_with_articles_is_not_removed(ada: FlaskClient, section: Section, article: Article) -> None:
    response = ada.post(f"/admin/articles/sections/{section.id}/removal")
    assert response.status_code == 409
    assert "Put them elsewhere first" in response.text
    assert (
        ada.post(f"/admin/articles/sections/{section.id}", data={"name": "Caring", "icon": "star"}).status_code == 303
    )
    assert ada.post(f"/admin/articles/sections/{section.id}", data={"name": " ", "icon": "star"}).status_code == 422


@pytest.mark.parametrize("who", ["alice", "sam"])
def test_others_may_not(client: FlaskClient, world: World, who: str) -> None:
    assert sign_in(client, world.agent(who)).get("/admin/articles").status_code == 403


@pytest.mark.parametrize("place", ["/admin/articles/999", "/admin/articles/sections/999", "/admin/articles?brand=999"])
def test_what_is_not_there(ada: FlaskClient, place: str) -> None:
    assert ada.get(place).status_code == 404
