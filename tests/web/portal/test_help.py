"""The help centre: what can be read, what a search finds, and the ways to ask."""

import pytest
from flask.testing import FlaskClient
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import delete, select

from tests.people import World, sign_in, with_token
from tests.web.portal.test_ticket import words
from ticketdesk.brands.brand import Brand
from ticketdesk.channels.form.form import Form
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.knowledge import writing
from ticketdesk.knowledge.article import Article, ArticleVote
from ticketdesk.knowledge.writing import Words
from ticketdesk.sla import defaults


@pytest.fixture
def browser(client: FlaskClient) -> FlaskClient:
    return with_token(client)


@pytest.fixture
def article(world: World) -> Article:
    section = writing.add_section(world.brand.id, "Care & repair", "chair", SYSTEM, clock.now())
    found = writing.write(
        section,
        Words("Tighten a loose armrest", "Turn the front bolt.", "## First\n\n[x](javascript:alert(1))"),
        SYSTEM,
        clock.now(),
    )
    writing.write(section, Words("A secret draft", "", "hidden"), SYSTEM, clock.now())
    writing.publish(found, SYSTEM, clock.now())
    db.session.commit()
    return found


def test_the_start_page_shows_what_can_be_read(browser: FlaskClient, world: World, article: Article) -> None:
    page = browser.get("/")
    assert page.status_code == 200
    shown = words(page)
    assert "Care & repair" in shown
    assert article.title in shown
    assert "A secret draft" not in shown
    assert "To the desk" not in shown


def test_without_a_form_there_is_the_mail_address(browser: FlaskClient, world: World) -> None:
    page = LexborHTMLParser(browser.get("/").text)
    assert page.css_first("a[href='mailto:support@desk.example']") is not None


def test_the_brands_forms_are_offered_and_when_one_has_an_answer(browser: FlaskClient, world: World) -> None:
    defaults.create(SYSTEM, clock.now())
    for slug, disabled in (("contact", None), ("old", clock.now())):
        db.session.add(
            Form(
                brand_id=world.brand.id,
                queue_id=world.care_queue.id,
                slug=slug,
                title=f"Form {slug}",
                created_at=clock.now(),
                disabled_at=disabled,
            )
        )
    db.session.commit()
    shown = words(browser.get("/"))
    assert "Form contact" in shown
    assert "Form old" not in shown
    assert "Write now, and you have an answer" in shown


def test_agents_find_their_desk_from_there(client: FlaskClient, world: World) -> None:
    page = LexborHTMLParser(sign_in(client, world.alice).get("/").text)
    assert page.css_first("a[href='/desk/']") is not None


def test_before_the_company_has_a_name(browser: FlaskClient) -> None:
    db.session.execute(delete(Brand))
    db.session.commit()
    assert browser.get("/").status_code == 200
    assert browser.get("/help").status_code == 404


def test_a_search_finds_on_a_page_and_while_typing(browser: FlaskClient, article: Article) -> None:
    page = LexborHTMLParser(browser.get("/help?q=armrest").text)
    assert [node.text() for node in page.css(".td-hits mark")] == ["armrest"]
    part = browser.get("/help?q=armr&suggest=1")
    assert "<html" not in part.text
    assert f"/help/{article.slug}" in part.text
    assert "One article found" in words(part)
    nothing = browser.get("/help?q=zebra")
    assert "Nothing found for “zebra”" in words(nothing)
    assert "No article found" in words(browser.get("/help?q=zebra&suggest=1"))


@pytest.mark.parametrize(
    "question", ["", "<script>x</script>", "%00", "a" * 3000, "%F0%9F%AA%91", "'--", "\\", "%ED%A0%80"]
)
def test_no_question_breaks_it(browser: FlaskClient, article: Article, question: str) -> None:
    for more in ("", "&suggest=1"):
        page = browser.get(f"/help?q={question}{more}")
        assert page.status_code == 200
        assert "<script>x" not in page.text


def test_an_article_reads_safely(browser: FlaskClient, article: Article) -> None:
    page = browser.get(f"/help/{article.slug}")
    assert "<h3>First</h3>" in page.text
    assert 'href="javascript' not in page.text
    for missing in ("a-secret-draft", "nothing", "x" * 300):
        assert browser.get(f"/help/{missing}").status_code == 404


def test_a_browser_votes_once_and_only_by_the_button(
    browser: FlaskClient, client: FlaskClient, article: Article
) -> None:
    place = f"/help/{article.slug}"
    assert "Was this helpful?" in words(browser.get(place))
    assert browser.get(f"{place}/vote").status_code == 405
    for helpful in ("yes", "yes", "no"):
        assert browser.post(f"{place}/vote", data={"helpful": helpful}).status_code == 303
    assert db.session.scalars(select(ArticleVote.helpful)).all() == [False]
    assert "We will make it better" in words(browser.get(place))
    assert browser.post(f"{place}/vote", data={"helpful": "maybe"}).status_code == 404
    assert browser.post("/help/nothing/vote", data={"helpful": "yes"}).status_code == 404


def test_one_source_does_not_vote_without_end(client: FlaskClient, article: Article) -> None:
    for _number in range(30):
        with_token(client).delete_cookie("help")
        assert client.post(f"/help/{article.slug}/vote", data={"helpful": "yes"}).status_code in (303, 429)
    assert len(db.session.scalars(select(ArticleVote.id)).all()) <= 30
