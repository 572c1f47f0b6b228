"""A desk with one of everything, and everybody who may come to its doors."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, select

from tests import people
from tests.pushed import Recipient
from ticketdesk.accounts import availability, links, sessions, skills, teams
from ticketdesk.accounts import people as staff
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.session import AgentSession
from ticketdesk.automation import macros
from ticketdesk.brands import editing as brands
from ticketdesk.calendars import sources as holidays
from ticketdesk.calendars.calendar import Calendar
from ticketdesk.channels import hook_secrets, inbound, side_delivery
from ticketdesk.channels.chat import widget_secrets, widgets
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.channels.form import editing as forms
from ticketdesk.channels.form import proof, receiving
from ticketdesk.channels.inbound import Inbound, Match, Sender
from ticketdesk.contacts import attributes as contact_attributes
from ticketdesk.contacts import joining, organizations, resolving, separating
from ticketdesk.contacts import linking as contact_links
from ticketdesk.contacts import noting as contact_notes
from ticketdesk.contacts import sessions as customer_sessions
from ticketdesk.contacts.attributes import Definition
from ticketdesk.contacts.contact import Contact
from ticketdesk.contacts.importing import asking as importing
from ticketdesk.contacts.importing.contact_import import ContactImportLine
from ticketdesk.core import clock, storage
from ticketdesk.core import links as signed_links
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.knowledge import writing
from ticketdesk.knowledge.writing import Words
from ticketdesk.notifications import browsers
from ticketdesk.notifications.notification import Notification
from ticketdesk.routing.offer import RoutingOffer
from ticketdesk.sla import defaults, drafting
from ticketdesk.sla import editing as policies
from ticketdesk.sla.policy import SlaPolicy
from ticketdesk.sla.simulation import SlaSimulation
from ticketdesk.surveys import answering, opting_out
from ticketdesk.surveys import sending as surveys_sending
from ticketdesk.surveys import settings as surveys
from ticketdesk.surveys.follow_up import FollowUp
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.tickets import (
    batching,
    checklist,
    drafts,
    filling,
    following,
    linking,
    merging,
    noting,
    participant,
    queues,
    replying,
    saved_views,
    side_talking,
    sittings,
    splitting,
    timekeeping,
    tracking,
)
from ticketdesk.tickets import fields as ticket_fields
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.batch_changes import SetPriority
from ticketdesk.tickets.field import TicketField
from ticketdesk.tickets.fields import Definition as FieldDefinition
from ticketdesk.tickets.later_reply import LaterReply
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.receiving import Letter
from ticketdesk.tickets.side_talking import Answer
from ticketdesk.tickets.status import Status
from ticketdesk.tickets.suggestion import JoinSuggestion
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

ACTORS = (
    "anonymous",
    "disabled",
    "signed_out",
    "alice",
    "bob",
    "sam",
    "ada",
    "assignee",
    "answerer",
    "follower",
    "reader",
    "carol",
    "dana",
    "eve",
    "copied",
)
"""Nobody; someone disabled while signed in; someone whose session was ended; the ticket's team; its supervisor; an
administrator; whom it was given to; a team that may reply; a follower; a team that may read; a stranger to it; and of
the customers its requester, a stranger whose mail to it is held, and somebody who was let in later."""

LEVEL = {
    "alice": "manage",
    "bob": "manage",
    "sam": "manage",
    "ada": "manage",
    "assignee": "reply",
    "answerer": "reply",
    "follower": "reply",
    "reader": "read",
    "carol": None,
}
CUSTOMERS = ("dana", "eve", "copied")
LOGO = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (8).to_bytes(4, "big") * 2
"""As much of a picture as tells what it is."""
OUTSIDE = ("anonymous", "disabled", "signed_out", *CUSTOMERS)


@dataclass
class Stage:
    """The app, its one connection, the cookie of each actor, and the ids of things by name."""

    app: Flask
    connection: Connection
    secrets: dict[str, str | None] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)

    def client(self, actor: str, *, token: bool = True) -> FlaskClient:
        """A browser of one actor."""
        browser = self.app.test_client()
        secret = self.secrets[actor]
        if secret is not None:
            browser.set_cookie("customer" if actor in CUSTOMERS else "agent", secret)
        return people.with_token(browser) if token else browser

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever happens inside is forgotten afterwards, commits included."""
        savepoint = self.connection.begin_nested()
        try:
            yield
        finally:
            savepoint.rollback()


def build(app: Flask, connection: Connection) -> Stage:
    """Make everything and commit it into the connection's open transaction."""
    stage, now = Stage(app, connection), clock.now()
    world = people.build()
    defaults.create(SYSTEM, now)
    crew: dict[str, Agent] = {name: world.agent(name) for name in people.AGENTS}
    for name in ("assignee", "answerer", "follower", "reader", "disabled", "signed_out"):
        crew[name] = staff.create(f"{name}@desk.example", name.title(), "agent", SYSTEM, now)
    grants = {}
    for name, level in (("reader", "read"), ("answerer", "reply")):
        team = teams.create(name, SYSTEM, now)
        staff.change_teams(crew[name], [team.id], SYSTEM, now)
        grants[team.id] = level
    queues.share(world.care_queue, grants, SYSTEM, now)
    own = _ticket(world, world.care_queue.id, "The armrest came off", now)
    foreign = _ticket(world, world.orders_queue.id, "Where is my order?", now)
    _fill(stage, world, own, crew, now)
    second, merged = (_ticket(world, world.care_queue.id, "The same again", now) for _ in range(2))
    for ticket in (second, merged):
        ticket.assignee_id = crew["assignee"].id
        following.follow(ticket, crew["follower"], SYSTEM, now)
    db.session.add(JoinSuggestion(ticket_id=own.id, other_id=second.id, why="subject", made_at=now))
    merging.merge(merged, own, SYSTEM, now, widen=True)
    apart = _ticket(world, world.care_queue.id, "Two matters", now)
    apart.assignee_id = crew["assignee"].id
    following.follow(apart, crew["follower"], SYSTEM, now)
    noting.note(apart, crew["alice"], "The other one.", at=now)
    share = splitting.Share((_first_message(apart),), world.care_queue, world.dana, "The other one")
    part = splitting.split(apart, share, SYSTEM, now, widen=True)
    part.assignee_id = crew["assignee"].id
    following.follow(part, crew["follower"], SYSTEM, now)
    linking.link(own, second, "related", SYSTEM, now)
    waiting = LaterReply(
        ticket_id=own.id,
        agent_id=crew["alice"].id,
        text="Has it arrived?",
        recipients={"to": [["dana@customer.example", "Dana"]], "cc": []},
        client_key="for later",
        based_on_seq=own.last_seq,
        written_at=now,
        due_at=now + timedelta(days=1),
    )
    db.session.add(waiting)
    own.later_count = 1
    db.session.flush()
    stage.ids["later_reply"] = waiting.id
    stage.ids["seq"] = own.last_seq
    stage.ids |= {
        "number": own.number,
        "foreign_number": foreign.number,
        "second_number": second.number,
        "merged_number": merged.number,
        "part_number": part.number,
        "linked_number": second.number,
        "foreign_message": _first_message(foreign),
        "brand": world.brand.id,
        "care_queue": world.care_queue.id,
        "orders_queue": world.orders_queue.id,
        "care": world.care.id,
        "orders": world.orders.id,
        "mailbox": world.mailbox.id,
        "calendar": 0,
    }
    _settings(stage, world, now)
    _survey(stage, world, own, now)
    for name, agent in crew.items():
        row, stage.secrets[name] = sessions.begin(agent, "192.0.2.1", "a test", now)
        stage.ids[f"session_{name}"] = row.id
        stage.ids[f"agent_{name}"] = agent.id
        if name == "signed_out":
            sessions.end(row, now)
    stage.ids["push_subscription"] = _browser(stage.ids["session_alice"], crew["alice"], now)
    crew["disabled"].disabled_at = now
    stage.secrets["anonymous"] = None
    _customers(stage, world, own, now)
    stage.ids["link"] = links.make(crew["bob"], "password", now)
    stage.ids["sign_in_link"] = links.make(crew["carol"], "sign_in", now)
    db.session.commit()
    return stage


def _ticket(world: people.World, queue_id: int, subject: str, now: datetime) -> Ticket:
    return inbound.deliver(
        Inbound(
            brand_id=world.brand.id,
            queue_id=queue_id,
            mailbox_id=world.mailbox.id,
            sender=Sender("email", "dana@customer.example", "Dana"),
            letter=Letter(
                channel="email",
                subject=subject,
                text="Please help.\n\nDana",
                html="<p>Please help.</p>",
                files=(NewFile("photo.png", "image/png", b"\x89PNG\r\n\x1a\n" + subject.encode()),),
            ),
            received_at=now,
        )
    ).ticket


def _fill(stage: Stage, world: people.World, own: Ticket, crew: dict[str, Agent], now: datetime) -> None:
    own.assignee_id = crew["assignee"].id
    following.follow(own, crew["follower"], SYSTEM, now)
    stage.ids["message"] = _first_message(own)
    stage.ids["file"] = db.session.scalars(
        select(Attachment.reference).where(Attachment.message_id == stage.ids["message"])
    ).one()
    held = inbound.deliver(
        Inbound(
            brand_id=world.brand.id,
            queue_id=own.queue_id,
            mailbox_id=world.mailbox.id,
            sender=Sender("email", "eve@customer.example", "Eve"),
            letter=Letter(
                channel="email",
                subject="Re: The armrest came off",
                text="Me too",
            ),
            received_at=now,
            match=Match(own.id, "message_id"),
            may_join=False,
        )
    ).message
    stage.ids["held"] = held.id
    reply = replying.reply(own, crew["alice"], "We send a new one.", to=[("dana@customer.example", "Dana")], at=now)
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.message_id == reply.id)).first()
    if row is not None:
        row.state, row.error = "failed", "the mailbox is full"
        stage.ids["delivery"] = row.id
    leaves_at = now + timedelta(days=1)
    offer = RoutingOffer(
        ticket_id=own.id,
        agent_id=crew["alice"].id,
        purpose="invitation",
        from_id=crew["alice"].id,
        offered_at=now,
        until=now + timedelta(minutes=3),
    )
    db.session.add(offer)
    db.session.flush()
    stage.ids["offer"] = offer.id
    stage.ids["leaving"] = replying.reply(
        own, crew["alice"], "It is on its way.", to=[("dana@customer.example", "Dana")], at=now, leaves_at=leaves_at
    ).id
    _beside(stage, own, crew["alice"], now)
    stage.ids["line"] = checklist.add(own, "Call the carrier", crew["alice"], now)[0].id
    stage.ids["time"] = timekeeping.add(own, 600, now.date(), "Called the carrier", crew["alice"], now).id
    stage.ids["sitting"] = sittings.begin(own, crew["alice"], now).words
    stage.ids["notice"] = _told(own, crew["alice"], now)
    stage.ids["batch"] = batching.carry_out_on(own, crew["alice"], SetPriority("low"), now)
    draft = drafts.save(own, crew["alice"], "reply", "Dear", {}, own.last_seq, now)
    drafts.attach(draft, [NewFile("plan.txt", "text/plain", b"a plan")], now)
    stage.ids["draft_file"] = db.session.scalars(
        select(Attachment.reference).where(Attachment.draft_id == draft.id)
    ).one()
    availability.state(crew["alice"], "email", "online", now)
    stage.ids["status"] = db.session.scalars(select(Status.id).where(Status.category == "pending")).one()
    stage.ids["seq"] = own.last_seq


def _beside(stage: Stage, own: Ticket, alice: Agent, now: datetime) -> None:
    """Somebody asked outside: a mail that was not sent, one that can be taken back, and one that is held."""
    to = (("parts@maker.example", "Maker"),)
    files = (NewFile("plan.txt", "text/plain", b"a plan"),)
    first = side_talking.begin(own, alice, "Spare armrest", side_talking.Draft("Have you one?", to, files), now)
    stage.ids["side"] = first.side_id
    db.session.flush()
    row = db.session.scalars(select(OutboxRow).where(OutboxRow.task == side_delivery.TASK)).one()
    row.state, row.error = "failed", "the mailbox is full"
    stage.ids["side_delivery"] = row.id
    leaving = side_talking.Draft("And a leg?", to, leaves_at=now + timedelta(days=1))
    stage.ids["side_leaving"] = side_talking.write(first.side_id, alice, leaving, now).id
    answer = Answer("mallory@evil.example", "Mallory", "Tell me more.", quoted_text="Have you one?")
    stage.ids["side_held"] = side_talking.receive(first.side_id, answer, now).id


def _customers(stage: Stage, world: people.World, own: Ticket, now: datetime) -> None:
    """The requester, a stranger, and somebody who sees only what was said since; and what they can read."""
    copied = resolving.resolve("email", "copied@customer.example", "Copied", now)
    participant.add(own.id, copied.id, "third_party", "active", now, sees_since=now + timedelta(days=1))
    for name, identity in (("dana", world.dana), ("eve", world.eve), ("copied", copied)):
        row, stage.secrets[name] = customer_sessions.begin(identity, "192.0.2.2", "a test", now)
        stage.ids[f"customer_session_{name}"] = row.id
    stage.ids["dana"] = world.dana.id
    stage.ids["ticket_link"] = tracking.link_for(own.id, world.dana.id, now)
    _contacts(stage, world, now)
    order = db.session.get_one(TicketField, stage.ids["ticket_field"])
    filling.set_fields(own, {order: ["A-1024"]}, SYSTEM, now)
    section = writing.add_section(world.brand.id, "Care", "chair", SYSTEM, now)
    empty = writing.add_section(world.brand.id, "Delivery", "truck", SYSTEM, now)
    article = writing.write(section, Words("Tighten an armrest", "", "Turn the bolt."), SYSTEM, now)
    writing.publish(article, SYSTEM, now)
    stage.ids |= {"section": section.id, "empty_section": empty.id, "article": article.id, "slug": article.slug}


def _contacts(stage: Stage, world: people.World, now: datetime) -> None:
    """The contact of eve, who wrote into one ticket only; one of before, one taken apart just now, and a note."""
    contact = db.session.get_one(Contact, contact_links.contact_of(world.eve))
    friends = [resolving.resolve("email", f"{name}@customer.example", "", now) for name in ("joined", "apart", "alike")]
    joining.join(world.eve, friends[0], "replied", now)
    [join] = joining.of([contact.id])
    alice = world.alice.actor
    joining.join(world.eve, friends[1], "replied", now)
    separating.separate(db.session.get_one(Contact, contact_links.contact_of(world.eve)), [friends[1].id], alice, now)
    field = ticket_fields.define(FieldDefinition("Order", "order"), SYSTEM, now)
    attribute = contact_attributes.define(Definition("Plan", "plan"), SYSTEM, now)
    stage.ids |= {
        "contact": contact.id,
        "contact_note": contact_notes.write(contact, "Calls on Fridays.", world.alice.id, now).id,
        "contact_join": join.id,
        "contact_apart": contact_links.contact_of(friends[1]),
        "contact_alike": contact_links.contact_of(friends[2]),
        "contact_identities": f"{world.eve.id},{friends[0].id},{friends[2].id}",
        "joined_identity": friends[0].id,
        "organization": organizations.create("Elm", SYSTEM, now).id,
        "contact_attribute": attribute.id,
        "contact_import": _import(world, now),
        "ticket_field": field.id,
    }


def _import(world: people.World, now: datetime) -> int:
    """A file of ada's that was tried, with a line of each kind, without its row of work."""
    one = importing.bring(b"Name,Email\nAnn,ann@customer.example\n=1+1,nobody\n", "people.csv", world.ada.actor, now)
    one.state, one.reached, one.made, one.refused = "checked", 2, 1, 1
    lines = [(1, "made", "Ann", ""), (2, "refused", "=1+1 nobody", "“nobody” is no mail address.")]
    for number, verdict, name, reason in lines:
        db.session.add(
            ContactImportLine(import_id=one.id, number=number, at=number + 1, verdict=verdict, name=name, reason=reason)
        )
    db.session.flush()
    return one.id


def _settings(stage: Stage, world: people.World, now: datetime) -> None:
    from_far = RawMail(
        blob_sha256=storage.keep(b"From: far@away.example\r\n\r\nunreadable", now),
        size=36,
        mailbox_id=world.mailbox.id,
        source="smtp",
        envelope_from="far@away.example",
        envelope_to=["support@desk.example"],
        received_at=now,
        state="quarantined",
        reason="It has too many parts.",
    )
    db.session.add(from_far)
    db.session.flush()
    stage.ids["raw"] = from_far.id
    db.session.add(
        OutboxRow(
            task="mail.understand",
            lane="soon",
            payload={"raw_mail_id": from_far.id},
            once=f"understand:{from_far.id}",
            state="done",
            due_at=now,
        )
    )
    stage.ids["hook_secret"] = hook_secrets.make("A provider", None, SYSTEM, now)[0].id
    calendar = db.session.scalars(select(Calendar)).one()
    stage.ids["calendar"] = calendar.id
    stage.ids["skill"] = skills.create("French", "language", SYSTEM, now).id
    stage.ids["holiday_source"] = holidays.subscribe(calendar, "https://days.example/all.ics", SYSTEM, now).id
    policy = db.session.scalars(select(SlaPolicy)).one()
    step = {"metric": "first_response", "offset_s": -1800, "recipients": ["team"]}
    words = replace(policies.words_of(policies.in_force(policy.id)), steps=[step])
    policies.change(policy, words, SYSTEM, now)
    stage.ids |= {"policy": policy.id, "step": 1}
    stage.ids["simulation"] = _simulation(stage.ids["policy"], world, now)
    setup = widgets.Setup(
        name="Shop", brand_id=world.brand.id, queue_id=world.care_queue.id, origins=("https://shop.example",)
    )
    widget = widgets.create(setup, SYSTEM, now)
    stage.ids["widget"], stage.ids["widget_key"] = widget.id, widget.key
    stage.ids["widget_secret"] = widget_secrets.make(widget, SYSTEM, now)[0].id
    _form(stage, world, now)
    db.session.flush()


def _simulation(policy_id: int, world: people.World, now: datetime) -> int:
    """One that sam asked for, finished, without its row of work."""
    version = policies.in_force(policy_id)
    draft = {"words": drafting.words_of(version), "hours": None, "tried": drafting.tried(policy_id)}
    made = SlaSimulation(
        asked_by=world.sam.id,
        created_at=now,
        start_at=now - timedelta(days=30),
        end_at=now,
        policy_id=policy_id,
        base_version=version.number,
        draft=draft,
        state="done",
        total=0,
        finished_at=now,
    )
    db.session.add(made)
    db.session.flush()
    return made.id


def _form(stage: Stage, world: people.World, now: datetime) -> None:
    """A form, what somebody sent by it, and a brand with a logo."""
    setup = forms.Setup("Ask us", "contact", world.brand.id, world.care_queue.id, origins=("https://shop.example",))
    made = forms.create(setup, SYSTEM, now)
    letter = receiving.Filled("Nils", "nils@customer.example", "A chair", "It creaks.")
    message = receiving.receive(made, letter, "stage", now)
    brands.give_logo(world.brand, LOGO, SYSTEM, now)
    stage.ids |= {
        "form": made.id,
        "form_slug": made.slug,
        "form_proof": proof.written(proof.begun(made.id, now - timedelta(minutes=1))),
        "form_sent": signed_links.signed("form sent", message.id),
        "brand": world.brand.id,
        "brand_slug": world.brand.slug,
        "logo_version": str(world.brand.logo_sha256)[:12],
    }


def _survey(stage: Stage, world: people.World, own: Ticket, now: datetime) -> None:
    """One survey that was answered badly, and one that waits for its answer."""
    asked = surveys.save(world.brand.id, surveys.Rules(enabled=True), SYSTEM, now)
    sent = [
        SurveyInvitation(
            survey_id=asked.id,
            ticket_id=own.id,
            cycle=cycle,
            kind="csat",
            solved_at=now,
            solved_by="agent",
            due_at=now,
            state="sent",
            decided_at=now,
            sent_at=now,
            identity_id=world.dana.id,
            team_id=world.care.id,
        )
        for cycle in (1, 2)
    ]
    db.session.add_all(sent)
    db.session.flush()
    answering.answer(sent[0].id, 1, "Nobody came.", now)
    stage.ids["follow_up"] = db.session.scalars(select(FollowUp.id)).one()
    stage.ids["opted_out"] = world.eve.id
    opting_out.opt_out(world.eve.id, SYSTEM, now)
    stage.ids["macro"] = macros.create(
        macros.Setup("Sorry", "Dear {{ customer.name }}", tags=["sorry"]), SYSTEM, now
    ).id
    stage.ids["view"] = saved_views.create(saved_views.Setup("All", shown_to="everybody"), world.ada, now).id
    stage.ids["survey_link"] = signed_links.signed(surveys_sending.LINK, sent[1].id)
    stage.ids["seq"] = own.last_seq


def _first_message(ticket: Ticket) -> int:
    return int(
        db.session.execute(
            db.text("SELECT message_id FROM placements WHERE ticket_id = :id ORDER BY seq LIMIT 1"), {"id": ticket.id}
        ).scalar_one()
    )


def _browser(session_id: int, agent: Agent, now: datetime) -> int:
    """A browser that is pushed to."""
    keys, session = Recipient(), db.session.get_one(AgentSession, session_id)
    return browsers.allow(agent, session, "https://push.example/hers", keys.p256dh, keys.auth, now).id


def _told(ticket: Ticket, agent: Agent, now: datetime) -> int:
    """A notice."""
    event = db.session.scalars(select(Event).where(Event.ticket_id == ticket.id).order_by(Event.seq)).first()
    assert event is not None
    told = {"agent_id": agent.id, "event_id": event.id, "ticket_id": ticket.id, "created_at": now}
    row = Notification(**told, kind="message_received", reason="team")
    db.session.add(row)
    db.session.flush()
    return row.id
