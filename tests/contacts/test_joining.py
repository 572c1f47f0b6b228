"""Two contacts that are one person, found out by several at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy import select

from tests.people import World
from ticketdesk.contacts import joining, resolving
from ticketdesk.contacts.contact import Identity, IdentityLink
from ticketdesk.core import clock
from ticketdesk.core.db import db

MANY = 6


def contacts_of(identity_ids: list[int]) -> set[int]:
    links = select(IdentityLink.contact_id).where(
        IdentityLink.identity_id.in_(identity_ids), IdentityLink.ended_at.is_(None)
    )
    return set(db.session.scalars(links))


def test_a_chain_of_people_joined_in_the_same_moment_is_one_person(
    committed_app: Flask, committed_world: World
) -> None:
    """Each with the next one; whoever waits for a lock looks again whom it holds."""
    now = clock.now()
    made = [resolving.resolve("email", f"d{number}@customer.example", "Dana", now) for number in range(MANY + 1)]
    ids = [identity.id for identity in made]
    db.session.commit()
    start = Barrier(MANY)

    def join(number: int) -> None:
        with committed_app.app_context():
            one, other = (db.session.get_one(Identity, ids[place]) for place in (number, number + 1))
            start.wait(timeout=30)
            joining.join(one, other, "replied", now)
            db.session.commit()
            db.session.remove()

    with ThreadPoolExecutor(MANY) as threads:
        list(threads.map(join, range(MANY)))
    db.session.rollback()
    assert len(contacts_of(ids)) == 1
