"""Articles beside the talk: in the visitor's language, of this brand, published, and counted once when they helped."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.people import World
from ticketdesk.brands.brand import Brand
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core import clock
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.knowledge import writing
from ticketdesk.knowledge.article import ArticleVote
from ticketdesk.knowledge.writing import Words

BODY = "## First\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)> Turn the *front* bolt."
BROWSER = "a-random-word-of-it"


@pytest.fixture(autouse=True)
def _articles(world: World) -> None:
    section = writing.add_section(world.brand.id, "Care", "chair", SYSTEM, clock.now())

    def publish(title: str, language: str = "en") -> None:
        made = writing.write(section, Words(title, "Turn a bolt.", BODY, language), SYSTEM, clock.now())
        writing.publish(made, SYSTEM, clock.now())

    publish("Tighten a loose armrest")
    publish("Armrest: die Lehne festziehen", "de")
    for number in range(4):
        publish(f"Cushion number {number}")
    writing.write(section, Words("An armrest draft", "", "hidden"), SYSTEM, clock.now())
    other = Brand(name="Other", slug="other", created_at=clock.now())
    db.session.add(other)
    db.session.flush()
    theirs = writing.add_section(other.id, "Care", "chair", SYSTEM, clock.now())
    secret = writing.write(theirs, Words("Armrest of others", "", "hidden"), SYSTEM, clock.now())
    writing.publish(secret, SYSTEM, clock.now())
    db.session.commit()


def found(client: FlaskClient, widget: Widget, question: str, language: str = "en") -> list[str]:
    answer = client.get(
        f"/widget/{widget.key}/articles", query_string={"q": question}, headers={"Accept-Language": language}
    )
    assert answer.status_code == 200
    return [part.split('"')[0] for part in answer.text.split('data-article="')[1:]]


def test_what_is_written_finds_articles_in_its_language(client: FlaskClient, widget: Widget) -> None:
    assert found(client, widget, "My armrest is loose") == ["tighten-a-loose-armrest"]
    assert found(client, widget, "armrest", "de") == ["armrest-die-lehne-festziehen"]


def test_where_there_are_none_the_brands_language_holds(client: FlaskClient, widget: Widget) -> None:
    assert found(client, widget, "armrest", "fr") == ["tighten-a-loose-armrest"]
    assert found(client, widget, "loose armrest bolt cushion", "de") != []


def test_three_at_most_and_nothing_for_a_letter_or_two(client: FlaskClient, widget: Widget) -> None:
    assert len(found(client, widget, "cushion")) == 3
    assert found(client, widget, "cu") == []
    assert found(client, widget, "") == []
    assert found(client, widget, "x" * 5_000) == []
    assert found(client, widget, "armrest' | & ! :* <script>") == ["tighten-a-loose-armrest"]


def test_an_article_can_be_read_and_nothing_in_it_runs(client: FlaskClient, widget: Widget) -> None:
    page = client.get(f"/widget/{widget.key}/articles/tighten-a-loose-armrest")
    assert page.status_code == 200
    assert "<em>front</em>" in page.text
    assert 'href="javascript' not in page.text and "<img" not in page.text


@pytest.mark.parametrize("slug", ["an-armrest-draft", "armrest-of-others", "nothing", "../x"])
def test_drafts_and_other_brands_are_not_there(client: FlaskClient, widget: Widget, slug: str) -> None:
    assert client.get(f"/widget/{widget.key}/articles/{slug}").status_code == 404
    assert client.post(f"/widget/{widget.key}/articles/{slug}/vote").status_code == 404


def test_that_it_helped_counts_once(client: FlaskClient, widget: Widget) -> None:
    address = f"/widget/{widget.key}/articles/tighten-a-loose-armrest/vote"
    for _press in range(3):
        assert client.post(address, data={"helpful": "yes", "browser": BROWSER}).status_code == 204
    votes = db.session.scalars(select(ArticleVote)).all()
    assert [(vote.helpful, BROWSER in vote.browser) for vote in votes] == [(True, False)]


@pytest.mark.parametrize("sent", [{}, {"helpful": "maybe", "browser": BROWSER}, {"helpful": "yes", "browser": "<x>"}])
def test_anything_else_is_refused(client: FlaskClient, widget: Widget, sent: dict[str, str]) -> None:
    assert client.post(f"/widget/{widget.key}/articles/tighten-a-loose-armrest/vote", data=sent).status_code == 422


def test_only_through_a_widget_in_use(client: FlaskClient, widget: Widget) -> None:
    widget.enabled = False
    db.session.commit()
    assert client.get(f"/widget/{widget.key}/articles?q=armrest").status_code == 404
    assert client.get(f"/widget/{widget.key}/articles/tighten-a-loose-armrest").status_code == 404
