"""Migrations run both ways and end where the models are."""

from datetime import UTC, datetime, timedelta

import flask_migrate
from sqlalchemy import inspect

from tests import people
from tests.servers import Servers, settings
from ticketdesk import create_app
from ticketdesk.core.db import db
from ticketdesk.tickets import drafts, merging, sending_later
from ticketdesk.tickets.placing import NewFile


def test_down_and_up_again(servers: Servers, redis_url: str) -> None:
    with servers.clone() as database_url:
        app = create_app(settings(database_url, redis_url))
        with app.app_context():
            flask_migrate.downgrade(revision="base")
            left = inspect(db.engine).get_table_names()
            flask_migrate.upgrade()
            db.engine.dispose()
    assert left == ["alembic_version"]


def test_models_are_what_the_migrations_made(servers: Servers, redis_url: str) -> None:
    with servers.clone() as database_url:
        app = create_app(settings(database_url, redis_url))
        with app.app_context():
            flask_migrate.check()
            db.engine.dispose()


def test_a_reply_for_later_is_a_draft_for_the_version_before(servers: Servers, redis_url: str) -> None:
    """Nothing written is lost on the way down, nor its files, also where its author had begun something else."""
    now = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
    with servers.clone() as database_url:
        app = create_app(settings(database_url, redis_url))
        with app.app_context():
            world = people.build()
            for author in (world.alice, world.bob):
                ticket = people.open_for(world, world.care_queue)
                for key in ("first", "second"):
                    draft = drafts.save(ticket, author, "reply", f"The {key}.", {}, 1, now)
                    drafts.attach(draft, [NewFile(f"{key}.txt", "text/plain", key.encode())], now)
                    sending_later.keep(
                        ticket,
                        draft,
                        now + timedelta(hours=1),
                        to=[("dana@customer.example", "")],
                        at=now,
                        client_key=f"{key} of {author.name}",
                        based_on_seq=1,
                    )
            drafts.save(ticket, world.bob, "reply", "Begun.", {}, 1, now)
            db.session.commit()
            db.session.remove()
            flask_migrate.downgrade(revision="0006")
            with db.engine.connect() as connection:
                kept = connection.execute(db.text("SELECT text FROM drafts ORDER BY id")).scalars().all()
                files = connection.execute(db.text("SELECT count(draft_id) FROM attachments")).scalar_one()
            flask_migrate.upgrade()
            db.engine.dispose()
    assert sorted(kept) == ["Begun.\n\nThe first.\n\nThe second.", "The first.\n\nThe second."]
    assert files == 4


def test_a_draft_that_went_along_before_is_known_by_its_merge(servers: Servers, redis_url: str) -> None:
    now = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
    with servers.clone() as database_url:
        app = create_app(settings(database_url, redis_url))
        with app.app_context():
            world = people.build()
            source, survivor, other = (people.open_for(world, world.care_queue) for _ in range(3))
            drafts.save(source, world.alice, "reply", "Went along.", {}, 1, now)
            drafts.save(other, world.bob, "reply", "Went along, once.", {}, 1, now)
            drafts.save(survivor, world.sam, "reply", "Begun here.", {}, 1, now)
            for ticket in (source, other):
                merging.merge(ticket, survivor, world.ada.actor, now)
            other.merged_into_id = None
            db.session.commit()
            expected = {("Went along.", source.id), ("Went along, once.", None), ("Begun here.", None)}
            db.session.remove()
            flask_migrate.downgrade(revision="0023")
            flask_migrate.upgrade()
            with db.engine.connect() as connection:
                kept = connection.execute(db.text("SELECT text, from_ticket_id FROM drafts")).all()
            db.engine.dispose()
    assert {tuple(row) for row in kept} == expected
