"""What each door answers to everybody: a row for every endpoint and method, and a failing test where one is missing.

A row says by which rule the door is kept, what it answers to those whom it lets through, what must be sent along, and
where single actors fare otherwise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any, Literal

from tests.pushed import Recipient
from tests.security.stage import CUSTOMERS, LEVEL, LOGO, OUTSIDE
from ticketdesk.accounts.permissions import LEVELS
from ticketdesk.core import clock

Rule = Literal["everybody", "customers", "agents", "supervisors", "administrators", "read", "reply", "manage"]
Ids = Mapping[str, Any]
Sent = Callable[[Ids], dict[str, Any]]


def nothing(_ids: Ids) -> dict[str, Any]:
    """An empty form."""
    return {}


@dataclass(frozen=True)
class Row:
    """One endpoint under one method."""

    rule: Rule
    yes: int = 200
    args: Sent = nothing
    form: Sent = nothing
    but: Mapping[str, int] = field(default_factory=dict)

    def expected(self, actor: str, method: str) -> int:
        """The status for one actor."""
        if actor in self.but:
            return self.but[actor]
        if self.rule == "everybody":
            return self.yes
        if self.rule == "customers":
            return self.yes if actor in CUSTOMERS else 302 if method == "GET" else 303
        if actor in OUTSIDE:
            return 302 if method == "GET" else 401
        if self.rule == "agents":
            return self.yes
        if self.rule == "administrators":
            return self.yes if actor == "ada" else 403
        if self.rule == "supervisors":
            return self.yes if actor in ("ada", "sam") else 403
        level = LEVEL[actor]
        if level is None:
            return 404
        return self.yes if LEVELS.index(level) >= LEVELS.index(self.rule) else 403


def at(**names: str) -> Sent:
    """Arguments of the address by the name of the thing on the stage; "=word" is the word itself."""
    return lambda ids: {key: name[1:] if name.startswith("=") else ids[name] for key, name in names.items()}


def form(**names: Any) -> Sent:
    """Fields of the form in the same way; other values than words are sent as they are."""
    return lambda ids: {
        key: ids[name] if isinstance(name, str) and name in ids else name for key, name in names.items()
    }


def upload(_ids: Ids) -> dict[str, Any]:
    """A file."""
    return {"files": (BytesIO(b"some words"), "notes.txt")}


def _two(ids: Ids) -> dict[str, Any]:
    """Two tickets of one customer, the first of which stays."""
    return {"number": [str(ids["number"]), str(ids["second_number"])], "keep": str(ids["number"])}


def _macro_for_one(ids: Ids) -> dict[str, Any]:
    """A macro, and one selected ticket."""
    return {"macro_id": ids["macro"], "number": str(ids["number"])}


def _browser(_ids: Ids) -> dict[str, Any]:
    """How a browser is reached."""
    keys = Recipient()
    return {"endpoint": "https://push.example/one", "p256dh": keys.p256dh, "auth": keys.auth}


def _seen_just_now(ids: Ids) -> dict[str, Any]:
    """One selected ticket, in which whoever asks has seen everything."""
    return {"number": str(ids["number"]), "key": "one", "seen": f"{ids['number']}:9999"}


_MERGES = {actor: 200 for actor, level in LEVEL.items() if level == "manage"}
"""Who may merge those two; to all others it is as if there were less than two."""

TICKET = at(number="number")
VIEW = at(view_id="view")
CONTACT = at(contact_id="contact")
FIELD = at(field_id="ticket_field")
IMPORT = at(import_id="contact_import")
ATTRIBUTE = at(attribute_id="contact_attribute")
CONTACT_NOTE = at(contact_id="contact", note_id="contact_note")
ORGANIZATION = at(organization_id="organization")
WIDGET = at(key="widget_key")
MESSAGE = at(number="number", message_id="message")
LINE = at(number="number", item_id="line")
TIME = at(number="number", time_id="time")
SIDE = at(number="number", side_id="side")
LATER_REPLY = at(number="number", row_id="later_reply")
GOES_ON = 303
AGENT_ROW = at(agent_id="agent_bob")
SIMULATION = at(simulation_id="simulation")
ON_THE_DESK = dict.fromkeys(LEVEL, 302)
"""Whoever is signed in already is sent on."""


def _week(ids: Ids) -> dict[str, Any]:
    return {
        "name": "Shop",
        "timezone": "Europe/London",
        "monday-openings-0-start": "09:00",
        "monday-openings-0-end": "17:00",
        "begins": "now",
    }


def _settings(_ids: Ids) -> dict[str, Any]:
    said = {"locale": "en_GB", "timezone": "Europe/London", "theme": "dark", "density": "compact"}
    return said | {"opens": "mine", "undo_seconds": "20", "has_keys": "y", "measures_time": "y"}


def _asked_outside(_ids: Ids) -> dict[str, Any]:
    return {"to_more": "parts@maker.example", "subject": "Armrest", "text": "Have you one?", "client_key": "outside"}


def _asked_outside_again(_ids: Ids) -> dict[str, Any]:
    return {"to": "parts@maker.example", "text": "And a leg?", "client_key": "outside again"}


def _snooze(_ids: Ids) -> dict[str, Any]:
    return {"when": (clock.now() + timedelta(hours=2)).isoformat(), "despite": "yes"}


def _people(_ids: Ids) -> dict[str, Any]:
    return {"file": (BytesIO(b"Name,Email\r\nAnn,ann@elm.example\r\n"), "people.csv")}


def _days_off(_ids: Ids) -> dict[str, Any]:
    year = clock.now().year + 1
    lines = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", f"DTSTART;VALUE=DATE:{year}0606", "END:VEVENT", "END:VCALENDAR"]
    return {"file": (BytesIO("\r\n".join(lines).encode()), "off.ics")}


def _policy(ids: Ids) -> dict[str, Any]:
    return {
        "name": "Gold",
        "calendar_id": ids["calendar"],
        "warn_percent": "25",
        "pauses": "pending",
        "normal-first_response-amount": "4",
        "normal-first_response-unit": "hours",
        **{
            f"{priority}-{metric}-unit": "hours"
            for priority in ("urgent", "high", "normal", "low")
            for metric in ("first_response", "next_response", "resolution")
        },
    }


def _step(_ids: Ids) -> dict[str, Any]:
    return {
        "metric": "first_response",
        "side": "before",
        "amount": "15",
        "unit": "minutes",
        "roles": "team",
        "based_on": "2",
    }


def _policy_draft(ids: Ids) -> dict[str, Any]:
    left = ("name", "warn_percent")
    days = {"first": "2026-01-01", "last": "2026-01-31"}
    return {name: value for name, value in _policy(ids).items() if name not in left} | days


def _hours_draft(_ids: Ids) -> dict[str, Any]:
    return {
        "timezone": "Europe/London",
        "monday": "09:00-17:00",
        "first": "2026-01-01",
        "last": "2026-01-31",
        "based_on": "1",
    }


def _mailbox(ids: Ids) -> dict[str, Any]:
    return {
        "name": "Shop",
        "queue_id": ids["care_queue"],
        "imap_port": "993",
        "imap_security": "tls",
        "after_fetch": "mark",
    }


def _filled(ids: Ids) -> dict[str, Any]:
    return {
        "proof": ids["form_proof"],
        "name": "Nora",
        "address": "nora@customer.example",
        "subject": "A chair",
        "message": "It creaks.",
        "website": "",
    }


def _form(ids: Ids) -> dict[str, Any]:
    return {
        "title": "Repairs",
        "slug": "repairs",
        "brand": ids["brand"],
        "queue": ids["care_queue"],
        "asks_name": "optional",
        "fields-0-label": "Order number",
        "fields-0-kind": "text",
    }


def _brand(_ids: Ids) -> dict[str, Any]:
    return {"name": "Elm Street", "slug": "elm", "locale": "en", "timezone": "UTC", "colour": "#22483b"}


def _logo(_ids: Ids) -> dict[str, Any]:
    return {"logo": (BytesIO(LOGO), "logo.png")}


def _widget(ids: Ids) -> dict[str, Any]:
    return {
        "name": "Shop",
        "queue_id": ids["care_queue"],
        "brand_id": ids["brand"],
        "origins": "https://shop.example",
        "ask_name": "no",
        "ask_email": "optional",
        "position": "right",
    }


def _queue(ids: Ids) -> dict[str, Any]:
    return {"name": "Repairs", "team": ids["care"], "icon": "queue", "strategy": "manual", "closes_after_days": "14"}


def _kept_queue(ids: Ids) -> dict[str, Any]:
    return {name: value for name, value in _queue(ids).items() if name != "strategy"}


def _workload(_ids: Ids) -> dict[str, Any]:
    roles = ("agent", "supervisor", "administrator")
    return {
        **{f"{role}_{channel}": "10" for role in roles for channel in ("email", "chat")},
        "weight_email": "1",
        "weight_chat": "4",
    }


def _routing(_ids: Ids) -> dict[str, Any]:
    numbers = {"relax_after_minutes": "0", "next_team_after_minutes": "5"}
    return {"strategy": "fewest_open", **numbers, "rings_for_s": "30", "chat_waits_s": "120", "missed_rings": "3"}


def _macro(ids: Ids) -> dict[str, Any]:
    return {"name": "Armrest", "team": "", "text": "Hello", "category": "", "priority": "", "tags": ""}


def _view(_ids: Ids) -> dict[str, Any]:
    return {
        "name": "Urgent",
        "icon": "bolt",
        "shown_to": "own",
        "among": "unsolved",
        "joining": "all",
        "conditions-0-field": "priority",
        "conditions-0-operator": "is",
        "conditions-0-chosen": "urgent",
        "conditions-0-unit": "hours",
        "sort": "due",
    }


def _survey(ids: Ids) -> dict[str, Any]:
    return {
        "enabled": "y",
        "question": "How was it?",
        **{f"word_{score}": f"Word {score}" for score in range(1, 6)},
        "delay": "1",
        "delay_unit": "hours",
        "percent": "100",
        "days_between": "90",
        "low_score": "2",
        "follow_up_owner": "supervisor",
        "follow_up_days": "2",
    }


def _reply(ids: Ids) -> dict[str, Any]:
    return {"text": "Hello", "to": "dana@customer.example", "based_on_seq": ids["seq"], "client_key": "one"}


def _answer(_ids: Ids) -> dict[str, Any]:
    return {"text": "And the bolt?", "client_key": "four"}


def _article(ids: Ids) -> dict[str, Any]:
    return {"title": "Oil teak", "section": ids["section"], "language": "en", "body": "Once a year."}


def _new_ticket(ids: Ids) -> dict[str, Any]:
    return {
        "queue": ids["care_queue"],
        "address": "new@customer.example",
        "subject": "A chair",
        "priority": "normal",
        "kind": "note",
        "text": "She rang.",
        "client_key": "two",
    }


SEES_CARE = dict.fromkeys(("carol", "assignee", "follower"), 422)
"""Agents who see no ticket of Care by their teams cannot choose its queue."""

ROWS: Mapping[tuple[str, str], Row] = {
    # open to everybody
    ("health.alive", "GET"): Row("everybody"),
    ("health.ready", "GET"): Row("everybody"),
    ("metrics.metrics", "GET"): Row("everybody"),
    ("hooks.email", "POST"): Row("everybody", 401),
    ("assets.file", "GET"): Row("everybody", args=at(version="=1", name="=css/app.css")),
    ("auth.sign_in", "GET"): Row("everybody", but=ON_THE_DESK),
    ("auth.enter", "POST"): Row("everybody", 422, form=form(email="bob@desk.example", password="wrong")),
    ("auth.show_link", "GET"): Row("everybody", args=at(secret="link")),
    ("auth.enter_by_link", "POST"): Row(
        "everybody", 302, args=at(secret="link"), form=form(password="six chairs and a table")
    ),
    ("portal.survey", "GET"): Row("everybody", args=at(token="survey_link")),
    ("portal.answer_survey", "POST"): Row("everybody", 303, args=at(token="survey_link"), form=form(score="4")),
    ("portal.leaving", "GET"): Row("everybody", args=at(token="survey_link")),
    ("portal.leave", "POST"): Row("everybody", args=at(token="survey_link")),
    ("portal.form", "GET"): Row("everybody", args=at(slug="form_slug")),
    ("portal.embedded_form", "GET"): Row("everybody", args=at(slug="form_slug")),
    ("portal.send_form", "POST"): Row("everybody", GOES_ON, args=at(slug="form_slug"), form=_filled),
    ("portal.send_embedded_form", "POST"): Row("everybody", GOES_ON, args=at(slug="form_slug"), form=_filled),
    ("portal.form_sent", "GET"): Row("everybody", args=at(slug="form_slug", token="form_sent")),
    ("portal.embedded_form_sent", "GET"): Row("everybody", args=at(slug="form_slug", token="form_sent")),
    ("portal.logo", "GET"): Row("everybody", args=at(slug="brand_slug", version="logo_version")),
    # the portal
    ("portal.home", "GET"): Row("everybody"),
    ("portal.search", "GET"): Row("everybody"),
    ("portal.article", "GET"): Row("everybody", args=at(slug="slug")),
    ("portal.vote", "POST"): Row("everybody", GOES_ON, args=at(slug="slug"), form=form(helpful="yes")),
    ("portal.ticket", "GET"): Row("everybody", args=at(token="ticket_link")),
    ("portal.ticket_file", "GET"): Row("everybody", args=at(token="ticket_link", reference="file")),
    ("portal.ticket_answer", "POST"): Row("everybody", GOES_ON, args=at(token="ticket_link"), form=_answer),
    ("portal.ticket_solve", "POST"): Row("everybody", GOES_ON, args=at(token="ticket_link")),
    ("portal.ticket_reopen", "POST"): Row("everybody", GOES_ON, args=at(token="ticket_link")),
    ("portal.sign_in", "GET"): Row("everybody", but=dict.fromkeys(CUSTOMERS, 302)),
    ("portal.ask_for_code", "POST"): Row("everybody", GOES_ON, form=form(email="dana@customer.example")),
    ("portal.code", "GET"): Row("everybody", 302),
    ("portal.enter", "POST"): Row("everybody", GOES_ON, form=form(code="1234 5678")),
    ("portal.sign_out", "POST"): Row("everybody", GOES_ON),
    ("portal.my", "GET"): Row("customers"),
    ("portal.end_session", "POST"): Row(
        "customers", 404, args=at(session_id="customer_session_eve"), but={"eve": GOES_ON}
    ),
    ("portal.my_ticket", "GET"): Row("customers", args=TICKET, but={"eve": 404}),
    ("portal.my_ticket_file", "GET"): Row(
        "customers", args=at(number="number", reference="file"), but={"eve": 404, "copied": 404}
    ),
    ("portal.my_ticket_answer", "POST"): Row("customers", GOES_ON, args=TICKET, form=_answer, but={"eve": 404}),
    ("portal.my_ticket_solve", "POST"): Row("customers", GOES_ON, args=TICKET, but={"eve": 404, "copied": 404}),
    ("portal.my_ticket_reopen", "POST"): Row("customers", GOES_ON, args=TICKET, but={"eve": 404, "copied": 404}),
    # everybody's own
    # the widget: nobody who is no visitor gets anywhere, whoever else they are; visitors are in tests/web/widget
    ("widget.loader", "GET"): Row("everybody"),
    ("widget.frame", "GET"): Row("everybody", args=WIDGET),
    ("widget.typed", "POST"): Row("everybody", 401, args=WIDGET, form=form(typing="yes")),
    ("widget.visit", "POST"): Row("everybody", 201, args=WIDGET, form=form(name="Nora")),
    ("widget.talk", "GET"): Row("everybody", 401, args=WIDGET),
    ("widget.say", "POST"): Row("everybody", 401, args=WIDGET, form=form(text="Hello", client_key="k")),
    ("widget.read", "POST"): Row("everybody", 401, args=WIDGET, form=form(seq="1")),
    ("widget.address", "POST"): Row("everybody", 401, args=WIDGET, form=form(email="nora@customer.example")),
    ("widget.identify", "POST"): Row("everybody", 403, args=WIDGET, form=form(user_id="42", user_hash="0" * 64)),
    ("widget.forget", "DELETE"): Row("everybody", 401, args=WIDGET),
    ("widget.say_attributes", "POST"): Row("everybody", 401, args=WIDGET, form=form(attributes="{}")),
    ("widget.leave", "POST"): Row("everybody", 401, args=WIDGET),
    ("widget.end", "POST"): Row("everybody", 401, args=WIDGET),
    ("widget.rating", "GET"): Row("everybody", 401, args=WIDGET),
    ("widget.rate", "POST"): Row("everybody", 401, args=WIDGET, form=form(score="5")),
    ("widget.transcript", "POST"): Row("everybody", 401, args=WIDGET),
    ("widget.articles", "GET"): Row("everybody", args=WIDGET),
    ("widget.article", "GET"): Row("everybody", args=at(key="widget_key", slug="slug")),
    ("widget.vote", "POST"): Row(
        "everybody",
        204,
        args=at(key="widget_key", slug="slug"),
        form=form(helpful="yes", browser="a-random-word-of-it"),
    ),
    ("widget.file", "GET"): Row("everybody", 401, args=at(key="widget_key", reference="file")),
    ("widget.live", "GET"): Row("everybody", 400, args=WIDGET),
    ("auth.sign_out", "POST"): Row("agents", 302),
    ("account.page", "GET"): Row("agents"),
    ("account.change_password", "POST"): Row("agents", 422, form=form(present="wrong", password="a new long password")),
    ("account.end_session", "POST"): Row("agents", 404, args=at(session_id="session_alice"), but={"alice": 302}),
    # the desk
    ("desk.home", "GET"): Row("agents", 302),
    ("desk.next_ticket", "POST"): Row("agents", GOES_ON),
    ("desk.rail", "GET"): Row("agents"),
    ("desk.new_ticket", "GET"): Row("agents"),
    ("desk.open_ticket", "POST"): Row("agents", GOES_ON, form=_new_ticket, but=SEES_CARE),
    ("desk.state", "POST"): Row("agents", GOES_ON, form=form(state="away")),
    ("desk.view", "GET"): Row("agents", args=at(name="=mine")),
    ("desk.rows", "GET"): Row("agents", args=at(name="=mine")),
    ("desk.palette", "GET"): Row("agents"),
    ("desk.search", "GET"): Row("agents"),
    # views that are saved: this one is everybody's
    ("desk.saved_views", "GET"): Row("agents"),
    ("desk.notices", "GET"): Row("agents"),
    ("desk.notices_bell", "GET"): Row("agents"),
    ("desk.read_notices", "POST"): Row("agents", GOES_ON, form=form(up_to="notice")),
    ("desk.read_notice", "POST"): Row(
        "agents", 404, args=at(notice_id="notice"), form=form(wanted="yes"), but={"alice": GOES_ON}
    ),
    ("desk.unread_notices", "POST"): Row("agents", GOES_ON, args=at(at="=2026-03-04T10:00:00+00:00")),
    ("desk.notice_settings", "GET"): Row("agents"),
    ("desk.choose_notices", "POST"): Row("agents", GOES_ON, form=form(rhythm="hourly", morning="08:00")),
    ("desk.reset_notices", "POST"): Row("agents", GOES_ON),
    ("desk.push_worker", "GET"): Row("agents"),
    ("desk.allow_browser", "POST"): Row("agents", GOES_ON, form=_browser),
    ("desk.remove_browser", "POST"): Row(
        "agents", 404, args=at(subscription_id="push_subscription"), but={"alice": GOES_ON}
    ),
    ("desk.mentionable", "GET"): Row("reply", args=TICKET),
    ("desk.new_view", "GET"): Row("agents"),
    ("desk.save_view", "POST"): Row("agents", GOES_ON, form=_view),
    ("desk.preview_view", "POST"): Row("agents", form=_view),
    ("desk.view_setup", "GET"): Row("supervisors", args=VIEW),
    ("desk.change_view", "POST"): Row("supervisors", GOES_ON, args=VIEW, form=_view),
    ("desk.copy_view", "POST"): Row("agents", GOES_ON, args=VIEW),
    ("desk.place_view", "POST"): Row("supervisors", GOES_ON, args=VIEW, form=form(to="down")),
    ("desk.view_deletion", "GET"): Row("supervisors", args=VIEW),
    ("desk.delete_view", "POST"): Row("supervisors", GOES_ON, args=VIEW),
    # a contact who wrote into this one ticket, and organizations
    ("desk.contacts", "GET"): Row("agents"),
    ("desk.contact", "GET"): Row("read", args=CONTACT),
    ("desk.change_contact", "POST"): Row("reply", GOES_ON, args=CONTACT, form=form(name="Evelyn")),
    ("desk.write_contact_note", "POST"): Row("reply", GOES_ON, args=CONTACT, form=form(text="Calls on Mondays.")),
    ("desk.change_contact_note", "POST"): Row(
        "reply", 403, args=CONTACT_NOTE, form=form(text="Calls on Mondays."), but={"alice": GOES_ON}
    ),
    ("desk.remove_contact_note", "POST"): Row("reply", 403, args=CONTACT_NOTE, but={"alice": GOES_ON}),
    ("desk.join_contacts", "GET"): Row("reply", args=CONTACT),
    ("desk.join_contact", "POST"): Row(
        "reply", GOES_ON, args=CONTACT, form=form(other="contact_alike", identities="contact_identities", widen="yes")
    ),
    ("desk.undo_contact_join", "POST"): Row("reply", GOES_ON, args=at(contact_id="contact", join_id="contact_join")),
    ("desk.keep_contacts_apart", "POST"): Row("reply", GOES_ON, args=CONTACT, form=form(other="contact_alike")),
    ("desk.separate_contact", "GET"): Row("reply", args=CONTACT),
    ("desk.make_separation", "POST"): Row("reply", GOES_ON, args=CONTACT, form=form(identity="joined_identity")),
    ("desk.undo_separation", "POST"): Row(
        "reply", 409, args=at(contact_id="contact", other_id="contact_apart"), but={"alice": GOES_ON}
    ),
    ("desk.organizations", "GET"): Row("agents"),
    ("desk.create_organization", "POST"): Row("agents", GOES_ON, form=form(name="Oak")),
    ("desk.organization", "GET"): Row("agents", args=ORGANIZATION),
    ("desk.change_organization", "POST"): Row("agents", GOES_ON, args=ORGANIZATION, form=form(name="Oak")),
    ("desk.adopt_contacts", "POST"): Row("agents", GOES_ON, args=ORGANIZATION),
    ("live.desk", "GET"): Row("agents", 400),
    ("desk.ticket", "GET"): Row("read", args=TICKET),
    ("desk.news", "GET"): Row("read", args=TICKET),
    ("desk.earlier", "GET"): Row("read", args=at(number="number", before="message")),
    ("desk.message", "GET"): Row("read", args=MESSAGE),
    ("desk.rest", "GET"): Row("read", args=MESSAGE),
    ("desk.sheet", "GET"): Row("read", args=MESSAGE),
    ("desk.decide_original", "POST"): Row("reply", 409, args=MESSAGE, form=form(to="sender")),
    ("desk.undo_original", "DELETE"): Row("reply", 409, args=MESSAGE),
    ("desk.show_pictures", "POST"): Row("read", GOES_ON, args=MESSAGE, form=form(of="sender")),
    ("desk.hide_pictures", "DELETE"): Row("read", GOES_ON, args=MESSAGE),
    ("images.image", "GET"): Row("everybody", 404, args=at(message_id="message", until="=20000", proof="=nonsense")),
    ("desk.customer_links", "GET"): Row("reply", args=TICKET),
    ("desk.make_customer_link", "POST"): Row("reply", GOES_ON, args=at(number="number", identity_id="dana")),
    ("desk.revoke_customer_link", "POST"): Row("reply", GOES_ON, args=at(number="number", identity_id="dana")),
    ("desk.deliveries", "GET"): Row("read", args=TICKET),
    ("desk.clock", "GET"): Row("read", args=at(number="number", metric="=resolution")),
    ("desk.why_me", "GET"): Row("read", args=TICKET),
    ("desk.skip_sheet", "GET"): Row("reply", 409, args=TICKET, but={"assignee": 200}),
    ("desk.skip", "POST"): Row("reply", 409, args=TICKET, form=form(reason="no_time"), but={"assignee": GOES_ON}),
    ("desk.snooze_sheet", "GET"): Row("reply", args=TICKET),
    ("desk.snooze", "POST"): Row("reply", GOES_ON, args=TICKET, form=_snooze),
    ("desk.wake", "POST"): Row("reply", GOES_ON, args=TICKET),
    ("desk.begin_later", "POST"): Row("reply", GOES_ON, args=TICKET, form=_reply),
    ("desk.later_sheet", "GET"): Row("reply", 404, args=TICKET, but={"alice": 200}),
    ("desk.keep_for_later", "POST"): Row("reply", 422, args=TICKET),
    ("desk.send_now", "POST"): Row("reply", 403, args=LATER_REPLY, but={"alice": GOES_ON}),
    ("desk.edit_later", "POST"): Row("reply", 403, args=LATER_REPLY, but={"alice": GOES_ON}),
    ("desk.cancel_later", "POST"): Row("reply", GOES_ON, args=LATER_REPLY),
    ("desk.attachment", "GET"): Row("read", args=at(reference="file")),
    ("desk.present", "GET"): Row("read", args=TICKET),
    ("desk.be_present", "POST"): Row("read", args=TICKET, form=form(tab="a", doing="looking")),
    ("desk.be_gone", "DELETE"): Row("read", 204, args=TICKET, form=form(tab="a")),
    ("desk.present_in_rows", "GET"): Row("agents"),
    ("desk.typed", "GET"): Row("read", args=TICKET),
    ("desk.type_answer", "POST"): Row("reply", 204, args=TICKET, form=form(typing="yes")),
    ("desk.read", "PUT"): Row("read", 204, args=TICKET, form=form(seq="seq")),
    ("desk.follow", "POST"): Row("read", GOES_ON, args=TICKET, form=form(wanted="yes")),
    ("desk.reply", "POST"): Row("reply", GOES_ON, args=TICKET, form=_reply),
    ("desk.withdraw", "POST"): Row(
        "reply", 403, args=at(number="number", message_id="leaving"), but={"alice": GOES_ON}
    ),
    ("account.choose_undo", "POST"): Row("agents", 302, form=form(undo_seconds="20")),
    ("desk.note", "POST"): Row("reply", GOES_ON, args=TICKET, form=form(text="Look here", client_key="three")),
    ("desk.save_draft", "PUT"): Row("reply", args=at(number="number", kind="=reply"), form=form(text="Dear")),
    ("desk.discard_draft", "DELETE"): Row("reply", 204, args=at(number="number", kind="=reply")),
    ("desk.attach", "POST"): Row("reply", args=at(number="number", kind="=reply"), form=upload),
    ("desk.detach", "DELETE"): Row(
        "reply",
        404,
        args=at(number="number", kind="=reply", reference="draft_file"),
        but={"alice": 200},
    ),
    ("desk.chats", "GET"): Row("agents"),
    ("desk.accept_offer", "POST"): Row("agents", 404, args=at(offer_id="offer"), but={"alice": GOES_ON}),
    ("desk.pass_offer_on", "POST"): Row("agents", 404, args=at(offer_id="offer"), but={"alice": GOES_ON}),
    ("desk.offer_seen", "POST"): Row("agents", 404, args=at(offer_id="offer"), but={"alice": GOES_ON}),
    ("desk.transfer_sheet", "GET"): Row("reply", args=TICKET),
    ("desk.transfer", "POST"): Row("reply", 422, args=TICKET),
    ("desk.take_back", "DELETE"): Row("reply", 409, args=TICKET),
    ("desk.colleagues_sheet", "GET"): Row("reply", args=TICKET),
    ("desk.invite", "POST"): Row("reply", 422, args=TICKET),
    ("desk.lay_aside", "POST"): Row("reply", 409, args=TICKET),
    ("desk.assign", "POST"): Row("reply", GOES_ON, args=TICKET, form=form(assignee="agent_alice")),
    ("desk.change_status", "POST"): Row("reply", GOES_ON, args=TICKET, form=form(status="status")),
    ("desk.change_priority", "POST"): Row("reply", GOES_ON, args=TICKET, form=form(priority="high")),
    ("desk.fill_in", "POST"): Row(
        "reply", GOES_ON, args=at(number="number", field_id="ticket_field"), form=form(value="1024")
    ),
    ("desk.tag", "POST"): Row("reply", GOES_ON, args=TICKET, form=form(add="armrest")),
    ("desk.solve", "POST"): Row("reply", GOES_ON, args=TICKET),
    ("desk.reopen", "DELETE"): Row("reply", GOES_ON, args=TICKET),
    ("desk.accept", "POST"): Row("reply", GOES_ON, args=at(number="number", message_id="held")),
    ("desk.send_again", "POST"): Row("reply", GOES_ON, args=at(number="number", row_id="delivery")),
    ("desk.view_file", "GET"): Row("agents", args=at(name="=mine")),
    ("desk.search_file", "GET"): Row("agents"),
    ("desk.batch_bar", "GET"): Row("agents"),
    ("desk.change_many", "POST"): Row("reply", GOES_ON, form=form(number="number", change="priority:high")),
    ("desk.field_for_many_sheet", "GET"): Row("agents", 422, args=at(field_id="ticket_field")),
    ("desk.fill_in_many", "POST"): Row("agents", 422, args=at(field_id="ticket_field"), form=form(value="A-1024")),
    ("desk.merge_many_sheet", "GET"): Row("agents", 422, args=_two, but=_MERGES),
    ("desk.merge_many", "POST"): Row("agents", 422, form=_two, but=dict.fromkeys(_MERGES, GOES_ON)),
    ("desk.macro_for_many_sheet", "GET"): Row("agents", args=_macro_for_one),
    ("desk.use_macro_on_many", "POST"): Row(
        "agents",
        409,
        args=at(macro_id="macro"),
        form=_seen_just_now,
        but={actor: GOES_ON for actor, level in LEVEL.items() if level in ("reply", "manage")},
    ),
    ("desk.own_numbers", "GET"): Row("agents"),
    ("desk.settings", "GET"): Row("agents"),
    ("desk.choose_settings", "POST"): Row("agents", GOES_ON, form=_settings),
    ("desk.undo", "POST"): Row("agents", 404, args=at(batch_id="batch"), but={"alice": GOES_ON}),
    ("desk.move", "POST"): Row("manage", GOES_ON, args=TICKET, form=form(queue="care_queue")),
    ("desk.spam", "POST"): Row("manage", GOES_ON, args=TICKET, form=form(wanted="yes")),
    ("desk.trash", "POST"): Row("manage", GOES_ON, args=TICKET, form=form(wanted="yes")),
    ("desk.macros", "GET"): Row("reply", args=TICKET),
    ("desk.macro_options", "GET"): Row("reply", args=TICKET),
    ("desk.use_macro", "POST"): Row("reply", GOES_ON, args=at(number="number", macro_id="macro")),
    ("desk.finish_follow_up", "POST"): Row(
        "reply", GOES_ON, args=at(number="number", follow_up_id="follow_up"), form=form(outcome="We called.")
    ),
    ("desk.add_follower", "POST"): Row("manage", GOES_ON, args=TICKET, form=form(agent="agent_carol")),
    ("desk.merge_sheet", "GET"): Row("manage", args=TICKET),
    ("desk.merge", "POST"): Row("manage", GOES_ON, args=TICKET, form=form(source="second_number", widen="yes")),
    ("desk.undo_merge", "POST"): Row("manage", GOES_ON, args=at(number="number", source="merged_number")),
    ("desk.split_sheet", "GET"): Row("manage", args=TICKET),
    ("desk.split", "POST"): Row(
        "manage",
        GOES_ON,
        args=TICKET,
        form=form(messages="held", subject="The lamp", queue="care_queue", requester="dana", widen="yes"),
    ),
    ("desk.undo_split", "POST"): Row("manage", GOES_ON, args=at(number="part_number"), form=form(widen="yes")),
    ("desk.new_side_conversation", "GET"): Row("reply", args=TICKET),
    ("desk.begin_side_conversation", "POST"): Row("reply", GOES_ON, args=TICKET, form=_asked_outside),
    ("desk.side_conversation", "GET"): Row("read", args=SIDE),
    ("desk.side_news", "GET"): Row("read", args=SIDE),
    ("desk.write_beside", "POST"): Row("reply", GOES_ON, args=SIDE, form=_asked_outside_again),
    ("desk.withdraw_beside", "POST"): Row(
        "reply", 403, args=at(number="number", side_id="side", message_id="side_leaving"), but={"alice": 200}
    ),
    ("desk.accept_beside", "POST"): Row(
        "reply", GOES_ON, args=at(number="number", side_id="side", message_id="side_held")
    ),
    ("desk.refuse_beside", "POST"): Row(
        "reply", GOES_ON, args=at(number="number", side_id="side", message_id="side_held")
    ),
    ("desk.finish_side_conversation", "POST"): Row("reply", GOES_ON, args=SIDE, form=form(wanted="yes")),
    ("desk.send_beside_again", "POST"): Row(
        "reply", GOES_ON, args=at(number="number", side_id="side", row_id="side_delivery")
    ),
    ("desk.add_to_checklist", "POST"): Row("reply", GOES_ON, args=TICKET, form=form(text="Call the carrier")),
    ("desk.tick_off", "POST"): Row("reply", GOES_ON, args=LINE, form=form(wanted="yes")),
    ("desk.rename_on_checklist", "POST"): Row("reply", GOES_ON, args=LINE, form=form(text="Call them")),
    ("desk.move_on_checklist", "POST"): Row("reply", GOES_ON, args=LINE, form=form(to="up")),
    ("desk.take_off_checklist", "POST"): Row("reply", GOES_ON, args=LINE),
    ("desk.put_back_on_checklist", "POST"): Row("reply", GOES_ON, args=LINE),
    # time is its author's; a sitting is that of whoever opened the page
    ("desk.time_sheet", "GET"): Row("reply", args=TICKET),
    ("desk.add_time", "POST"): Row("reply", GOES_ON, args=TICKET, form=form(spent="20", note="Called the carrier")),
    ("desk.correct_time", "POST"): Row("reply", 404, args=TIME, form=form(spent="10"), but={"alice": GOES_ON}),
    ("desk.remove_time", "POST"): Row("reply", 404, args=TIME, but={"alice": GOES_ON}),
    ("desk.put_time_back", "POST"): Row("reply", 404, args=TIME, but={"alice": GOES_ON}),
    ("desk.sit", "POST"): Row("reply", 422, args=TICKET, form=form(sitting="sitting", seconds="9"), but={"alice": 200}),
    ("desk.link_sheet", "GET"): Row("reply", args=TICKET),
    ("desk.link", "POST"): Row("reply", GOES_ON, args=at(number="number", other="part_number", role="=related")),
    ("desk.unlink", "POST"): Row("reply", GOES_ON, args=at(number="number", other="linked_number")),
    ("desk.update_sheet", "GET"): Row("reply", args=TICKET),
    ("desk.update_incidents", "POST"): Row(
        "reply", 422, args=TICKET, form=form(text="Done.", kind="note", key="all at once", tickets="part_number")
    ),
    ("desk.undo_update", "POST"): Row("reply", 404, args=at(number="number", key="=unknown-key")),
    ("desk.dismiss", "POST"): Row("manage", GOES_ON, args=at(number="number", other="second_number")),
    # reports
    ("supervisor.follow_ups", "GET"): Row("supervisors"),
    ("supervisor.live", "GET"): Row("supervisors"),
    ("supervisor.fresh", "GET"): Row("supervisors"),
    ("supervisor.simulator", "GET"): Row("supervisors"),
    ("supervisor.simulator_start", "GET"): Row("supervisors", 302),
    ("supervisor.simulate_policy", "GET"): Row("supervisors", args=at(policy_id="policy")),
    ("supervisor.ask_policy", "POST"): Row("supervisors", GOES_ON, args=at(policy_id="policy"), form=_policy_draft),
    ("supervisor.simulate_hours", "GET"): Row("supervisors", args=at(calendar_id="calendar")),
    ("supervisor.ask_hours", "POST"): Row("supervisors", GOES_ON, args=at(calendar_id="calendar"), form=_hours_draft),
    ("supervisor.simulation", "GET"): Row("supervisors", args=SIMULATION),
    ("supervisor.simulation_progress", "GET"): Row("supervisors", args=SIMULATION),
    ("supervisor.cancel_simulation", "POST"): Row("supervisors", GOES_ON, args=SIMULATION),
    ("supervisor.delete_simulation", "POST"): Row("supervisors", GOES_ON, args=SIMULATION),
    ("supervisor.simulation_tickets", "GET"): Row("supervisors", args=SIMULATION),
    ("supervisor.simulation_tickets_file", "GET"): Row("supervisors", args=SIMULATION),
    ("supervisor.simulation_attainment_file", "GET"): Row("supervisors", args=SIMULATION),
    ("supervisor.simulation_targets_file", "GET"): Row("supervisors", args=SIMULATION),
    ("supervisor.adoption", "GET"): Row("administrators", args=SIMULATION),
    ("supervisor.adopt_draft", "POST"): Row("administrators", GOES_ON, args=SIMULATION),
    ("supervisor.worked", "GET"): Row("supervisors"),
    ("supervisor.worked_file", "GET"): Row("supervisors"),
    ("supervisor.worked_tickets", "GET"): Row("supervisors"),
    ("supervisor.times", "GET"): Row("supervisors"),
    ("supervisor.times_by_day", "GET"): Row("supervisors"),
    ("supervisor.times_by", "GET"): Row("supervisors", args=at(dimension="=queue")),
    ("supervisor.times_tickets", "GET"): Row("supervisors"),
    ("supervisor.promises_behind", "GET"): Row("supervisors"),
    ("supervisor.promises_file", "GET"): Row("supervisors"),
    ("supervisor.times_tickets_file", "GET"): Row("supervisors"),
    ("supervisor.satisfaction", "GET"): Row("supervisors"),
    ("supervisor.satisfaction_file", "GET"): Row("supervisors"),
    # settings
    ("development.outbox", "GET"): Row("administrators"),
    ("development.mail", "GET"): Row("administrators", 404, args=at(row_id="delivery")),
    ("development.page", "GET"): Row("administrators", 404, args=at(row_id="delivery")),
    ("development.file", "GET"): Row("administrators", 404, args=at(row_id="delivery")),
    ("admin.contact_attributes", "GET"): Row("administrators"),
    ("admin.define_contact_attribute", "POST"): Row(
        "administrators", GOES_ON, form=form(label="Since", key="since", kind="date")
    ),
    ("admin.contact_attribute", "GET"): Row("administrators", args=ATTRIBUTE),
    ("admin.change_contact_attribute", "POST"): Row(
        "administrators", GOES_ON, args=ATTRIBUTE, form=form(label="Tariff")
    ),
    ("admin.archive_contact_attribute", "POST"): Row("administrators", GOES_ON, args=ATTRIBUTE),
    ("admin.restore_contact_attribute", "POST"): Row("administrators", GOES_ON, args=ATTRIBUTE),
    ("admin.contact_imports", "GET"): Row("administrators"),
    ("admin.bring_contacts", "POST"): Row("administrators", GOES_ON, form=_people),
    ("admin.contact_import", "GET"): Row("administrators", args=IMPORT),
    ("admin.contact_import_mapping", "GET"): Row("administrators", args=IMPORT),
    ("admin.map_contact_import", "POST"): Row(
        "administrators",
        GOES_ON,
        args=IMPORT,
        form=lambda _ids: {
            "column-0": "name",
            "column-1": "email",
            "existing": "fill",
            "known_by": "",
            "revision": "1",
        },
    ),
    ("admin.contact_import_progress", "GET"): Row("administrators", args=IMPORT),
    ("admin.run_contact_import", "POST"): Row("administrators", GOES_ON, args=IMPORT, form=form(revision="1")),
    ("admin.stop_contact_import", "POST"): Row("administrators", GOES_ON, args=IMPORT),
    ("admin.contact_import_refused", "GET"): Row("administrators", args=IMPORT),
    ("admin.forget_contact_import", "POST"): Row("administrators", GOES_ON, args=IMPORT),
    ("admin.ticket_fields", "GET"): Row("administrators"),
    ("admin.new_ticket_field", "GET"): Row("administrators"),
    ("admin.define_ticket_field", "POST"): Row(
        "administrators",
        GOES_ON,
        form=form(label="Since", key="since", kind="date", refers_to="ticket", is_everywhere="y"),
    ),
    ("admin.ticket_field", "GET"): Row("administrators", args=FIELD),
    ("admin.change_ticket_field", "POST"): Row(
        "administrators", GOES_ON, args=FIELD, form=form(label="Order", is_everywhere="y")
    ),
    ("admin.move_ticket_field", "POST"): Row("administrators", GOES_ON, args=FIELD, form=form(direction="up")),
    ("admin.archive_ticket_field", "POST"): Row("administrators", GOES_ON, args=FIELD),
    ("admin.restore_ticket_field", "POST"): Row("administrators", GOES_ON, args=FIELD),
    ("admin.start", "GET"): Row("administrators"),
    ("admin.name_company", "POST"): Row("administrators", 302, form=form(name="Harrow")),
    ("admin.agents", "GET"): Row("administrators"),
    ("admin.new_agent", "GET"): Row("administrators"),
    ("admin.create_agent", "POST"): Row(
        "administrators", 201, form=form(email="new@desk.example", name="New", role="agent", teams="care")
    ),
    ("admin.agent", "GET"): Row("administrators", args=AGENT_ROW),
    ("admin.give_skills", "POST"): Row("administrators", 302, args=AGENT_ROW, form=form(skills="skill")),
    ("admin.set_capacity", "POST"): Row("administrators", 302, args=AGENT_ROW, form=form(email="5", chat="")),
    ("admin.set_hours", "POST"): Row("administrators", 302, args=AGENT_ROW, form=form(calendar="calendar")),
    ("admin.set_team_hours", "POST"): Row(
        "administrators", 302, args=at(team_id="care"), form=form(calendar="calendar")
    ),
    ("admin.skills", "GET"): Row("administrators"),
    ("admin.create_skill", "POST"): Row("administrators", 302, form=form(name="Polish", kind="language")),
    ("admin.skill", "GET"): Row("administrators", args=at(skill_id="skill")),
    ("admin.rename_skill", "POST"): Row("administrators", 302, args=at(skill_id="skill"), form=form(name="Polish")),
    ("admin.lead_to_skill", "POST"): Row("administrators", 302, args=at(skill_id="skill"), form=form(tags="")),
    ("admin.remove_skill", "POST"): Row("administrators", 302, args=at(skill_id="skill")),
    ("admin.workload", "GET"): Row("administrators"),
    ("admin.change_workload", "POST"): Row("administrators", 302, form=_workload),
    ("admin.routing", "GET"): Row("administrators", args=at(queue_id="care_queue")),
    ("admin.change_routing", "POST"): Row("administrators", 302, args=at(queue_id="care_queue"), form=_routing),
    ("admin.preview_routing", "POST"): Row("administrators", args=at(queue_id="care_queue"), form=_routing),
    ("admin.rename_agent", "POST"): Row("administrators", 302, args=AGENT_ROW, form=form(name="Robert")),
    ("admin.change_role", "POST"): Row("administrators", 302, args=AGENT_ROW, form=form(role="supervisor")),
    ("admin.change_teams", "POST"): Row("administrators", 302, args=AGENT_ROW, form=form(teams="orders")),
    ("admin.new_link", "POST"): Row("administrators", 201, args=AGENT_ROW),
    ("admin.disable_agent", "POST"): Row("administrators", 302, args=AGENT_ROW),
    ("admin.enable_agent", "POST"): Row("administrators", 302, args=AGENT_ROW),
    ("admin.teams", "GET"): Row("administrators"),
    ("admin.create_team", "POST"): Row("administrators", 302, form=form(name="Workshop")),
    ("admin.team", "GET"): Row("administrators", args=at(team_id="care")),
    ("admin.change_team", "POST"): Row("administrators", 302, args=at(team_id="care"), form=form(name="Caring")),
    ("admin.queues", "GET"): Row("administrators"),
    ("admin.new_queue", "GET"): Row("administrators"),
    ("admin.create_queue", "POST"): Row("administrators", 302, form=_queue),
    ("admin.queue", "GET"): Row("administrators", args=at(queue_id="orders_queue")),
    ("admin.change_queue", "POST"): Row("administrators", 302, args=at(queue_id="orders_queue"), form=_kept_queue),
    ("admin.share_queue", "POST"): Row(
        "administrators",
        302,
        args=at(queue_id="orders_queue"),
        form=lambda ids: {f"team-{ids['care']}": "read"},
    ),
    ("admin.move_queue", "POST"): Row(
        "administrators", 302, args=at(queue_id="orders_queue"), form=form(direction="up")
    ),
    ("admin.archive_queue", "POST"): Row("administrators", 302, args=at(queue_id="orders_queue")),
    ("admin.restore_queue", "POST"): Row("administrators", 302, args=at(queue_id="orders_queue")),
    ("admin.mailboxes", "GET"): Row("administrators"),
    ("admin.new_mailbox", "GET"): Row("administrators"),
    ("admin.create_mailbox", "POST"): Row(
        "administrators", 302, form=lambda ids: {**_mailbox(ids), "address": "shop@desk.example"}
    ),
    ("admin.mailbox", "GET"): Row("administrators", args=at(mailbox_id="mailbox")),
    ("admin.change_mailbox", "POST"): Row("administrators", 302, args=at(mailbox_id="mailbox"), form=_mailbox),
    ("admin.sign_mailbox", "POST"): Row(
        "administrators", 302, args=at(mailbox_id="mailbox"), form=form(signature="{{ agent.name }}")
    ),
    ("admin.make_default", "POST"): Row("administrators", 302, args=at(mailbox_id="mailbox")),
    ("admin.disable_mailbox", "POST"): Row("administrators", 409, args=at(mailbox_id="mailbox")),
    ("admin.enable_mailbox", "POST"): Row("administrators", 302, args=at(mailbox_id="mailbox")),
    ("admin.make_dkim_key", "POST"): Row("administrators", 302, args=at(mailbox_id="mailbox")),
    # No key is there in the stage: who may, is told so.
    ("admin.check_dkim_record", "POST"): Row("administrators", 404, args=at(mailbox_id="mailbox")),
    ("admin.remove_dkim_key", "POST"): Row("administrators", 404, args=at(mailbox_id="mailbox")),
    # The provider sends people back by GET, which changes nothing; what comes back without an attempt is refused.
    ("admin.begin_connection", "POST"): Row("administrators", 409, args=at(mailbox_id="mailbox", provider="=google")),
    ("admin.connection_back", "GET"): Row("administrators", 409),
    ("admin.finish_connection", "POST"): Row("administrators", 409, form=form(state="unknown", code="unknown")),
    ("admin.end_connection", "POST"): Row("administrators", 404, args=at(mailbox_id="mailbox")),
    ("admin.mail_providers", "GET"): Row("administrators"),
    ("admin.change_mail_provider", "POST"): Row(
        "administrators", 302, args=at(provider="=google"), form=form(client_id="a-desk", client_secret="a-secret")
    ),
    ("admin.remove_mail_provider", "POST"): Row("administrators", 404, args=at(provider="=microsoft")),
    ("admin.hook_secrets", "GET"): Row("administrators"),
    ("admin.make_hook_secret", "POST"): Row("administrators", 201, form=form(name="A provider", mailbox_id="")),
    ("admin.rotate_hook_secret", "POST"): Row(
        "administrators", 201, args=at(secret_id="hook_secret"), form=form(overlap="24")
    ),
    ("admin.revoke_hook_secret", "POST"): Row("administrators", 302, args=at(secret_id="hook_secret")),
    ("admin.hours", "GET"): Row("administrators"),
    ("admin.new_hours", "GET"): Row("administrators"),
    ("admin.create_hours", "POST"): Row("administrators", 302, form=_week),
    ("admin.preview_new_hours", "POST"): Row("administrators", form=_week),
    ("admin.calendar", "GET"): Row("administrators", args=at(calendar_id="calendar")),
    ("admin.change_hours", "POST"): Row("administrators", 302, args=at(calendar_id="calendar"), form=_week),
    ("admin.remove_calendar", "POST"): Row("administrators", 302, args=at(calendar_id="calendar")),
    ("admin.preview_hours", "POST"): Row("administrators", args=at(calendar_id="calendar"), form=_week),
    ("admin.business_time", "GET"): Row("administrators", args=at(calendar_id="calendar")),
    ("admin.new_holidays", "GET"): Row("administrators", args=at(calendar_id="calendar")),
    ("admin.add_country", "POST"): Row(
        "administrators", 302, args=at(calendar_id="calendar"), form=form(country="NZ", part="")
    ),
    ("admin.add_file", "POST"): Row("administrators", 302, args=at(calendar_id="calendar"), form=_days_off),
    ("admin.subscribe_holidays", "POST"): Row(
        "administrators", 302, args=at(calendar_id="calendar"), form=form(url="https://days.example/off.ics")
    ),
    ("admin.holiday_sources", "GET"): Row("administrators", args=at(calendar_id="calendar")),
    ("admin.read_holidays", "POST"): Row(
        "administrators", 302, args=at(calendar_id="calendar", source_id="holiday_source")
    ),
    ("admin.remove_holidays", "POST"): Row(
        "administrators", 302, args=at(calendar_id="calendar", source_id="holiday_source")
    ),
    ("admin.policies", "GET"): Row("administrators"),
    ("admin.fitting_policy", "GET"): Row("administrators", args=at(queue="care_queue")),
    ("admin.new_policy", "GET"): Row("administrators"),
    ("admin.preview_policy", "POST"): Row("administrators", form=_policy),
    ("admin.policy_versions", "GET"): Row("administrators", args=at(policy_id="policy")),
    ("admin.policy_steps", "GET"): Row("administrators", args=at(policy_id="policy")),
    ("admin.new_policy_step", "GET"): Row("administrators", args=at(policy_id="policy")),
    ("admin.add_policy_step", "POST"): Row(
        "administrators", 302, args=at(policy_id="policy"), form=lambda ids: {**_step(ids), "side": "after"}
    ),
    ("admin.policy_step", "GET"): Row("administrators", args=at(policy_id="policy", place="step")),
    ("admin.change_policy_step", "POST"): Row(
        "administrators", 302, args=at(policy_id="policy", place="step"), form=_step
    ),
    ("admin.remove_policy_step", "POST"): Row(
        "administrators", 302, args=at(policy_id="policy", place="step"), form=form(based_on="2")
    ),
    ("admin.create_policy", "POST"): Row("administrators", 302, form=_policy),
    ("admin.policy", "GET"): Row("administrators", args=at(policy_id="policy")),
    ("admin.change_policy", "POST"): Row("administrators", 302, args=at(policy_id="policy"), form=_policy),
    ("admin.move_policy", "POST"): Row("administrators", 302, args=at(policy_id="policy"), form=form(direction="up")),
    ("admin.disable_policy", "POST"): Row("administrators", 302, args=at(policy_id="policy")),
    ("admin.enable_policy", "POST"): Row("administrators", 302, args=at(policy_id="policy")),
    ("admin.forms", "GET"): Row("administrators"),
    ("admin.new_form", "GET"): Row("administrators"),
    ("admin.create_form", "POST"): Row("administrators", 302, form=_form),
    ("admin.preview_form", "POST"): Row("administrators", form=_form),
    ("admin.form", "GET"): Row("administrators", args=at(form_id="form")),
    ("admin.change_form", "POST"): Row("administrators", 302, args=at(form_id="form"), form=_form),
    ("admin.disable_form", "POST"): Row("administrators", 302, args=at(form_id="form")),
    ("admin.enable_form", "POST"): Row("administrators", 302, args=at(form_id="form")),
    ("admin.brands", "GET"): Row("administrators"),
    ("admin.new_brand", "GET"): Row("administrators"),
    ("admin.create_brand", "POST"): Row("administrators", 302, form=_brand),
    ("admin.brand", "GET"): Row("administrators", args=at(brand_id="brand")),
    ("admin.change_brand", "POST"): Row("administrators", 302, args=at(brand_id="brand"), form=_brand),
    ("admin.give_logo", "POST"): Row("administrators", 302, args=at(brand_id="brand"), form=_logo),
    ("admin.remove_logo", "POST"): Row("administrators", 302, args=at(brand_id="brand")),
    ("admin.sign_brand", "POST"): Row(
        "administrators", 302, args=at(brand_id="brand"), form=form(signature="{{ agent.name }}")
    ),
    ("admin.make_default_brand", "POST"): Row("administrators", 302, args=at(brand_id="brand")),
    ("admin.widgets", "GET"): Row("administrators"),
    ("admin.new_widget", "GET"): Row("administrators"),
    ("admin.create_widget", "POST"): Row("administrators", 302, form=_widget),
    ("admin.widget", "GET"): Row("administrators", args=at(widget_id="widget")),
    ("admin.change_widget", "POST"): Row("administrators", 302, args=at(widget_id="widget"), form=_widget),
    ("admin.disable_widget", "POST"): Row("administrators", 302, args=at(widget_id="widget")),
    ("admin.enable_widget", "POST"): Row("administrators", 302, args=at(widget_id="widget")),
    ("admin.widget_signing", "GET"): Row("administrators", args=at(widget_id="widget")),
    ("admin.make_widget_secret", "POST"): Row("administrators", 201, args=at(widget_id="widget")),
    ("admin.revoke_widget_secret", "POST"): Row(
        "administrators", 302, args=at(widget_id="widget", secret_id="widget_secret")
    ),
    ("admin.widget_shop", "GET"): Row("administrators"),
    ("admin.widget_sample", "GET"): Row("administrators"),
    ("admin.macros", "GET"): Row("administrators"),
    ("admin.new_macro", "GET"): Row("administrators"),
    ("admin.create_macro", "POST"): Row("administrators", 302, form=_macro),
    ("admin.macro", "GET"): Row("administrators", args=at(macro_id="macro")),
    ("admin.change_macro", "POST"): Row("administrators", 302, args=at(macro_id="macro"), form=_macro),
    ("admin.archive_macro", "POST"): Row("administrators", 302, args=at(macro_id="macro")),
    ("admin.restore_macro", "POST"): Row("administrators", 302, args=at(macro_id="macro")),
    ("admin.surveys", "GET"): Row("administrators"),
    ("admin.survey", "GET"): Row("administrators", args=at(brand_id="brand")),
    ("admin.change_survey", "POST"): Row("administrators", 302, args=at(brand_id="brand"), form=_survey),
    ("admin.survey_mail", "GET"): Row("administrators", args=at(brand_id="brand")),
    ("admin.survey_page", "GET"): Row("administrators", args=at(brand_id="brand")),
    ("admin.add_opt_out", "POST"): Row("administrators", 302, form=form(address="eve@customer.example")),
    ("admin.end_opt_out", "POST"): Row("administrators", 302, args=at(identity_id="opted_out")),
    ("admin.articles", "GET"): Row("administrators"),
    ("admin.create_section", "POST"): Row("administrators", GOES_ON, form=form(name="Returns", icon="book")),
    ("admin.section", "GET"): Row("administrators", args=at(section_id="section")),
    ("admin.change_section", "POST"): Row(
        "administrators", GOES_ON, args=at(section_id="section"), form=form(name="Caring", icon="chair")
    ),
    ("admin.move_section", "POST"): Row(
        "administrators", GOES_ON, args=at(section_id="section"), form=form(direction="down")
    ),
    ("admin.remove_section", "POST"): Row("administrators", GOES_ON, args=at(section_id="empty_section")),
    ("admin.new_article", "GET"): Row("administrators"),
    ("admin.create_article", "POST"): Row("administrators", GOES_ON, form=_article),
    ("admin.preview_article", "POST"): Row("administrators", form=_article),
    ("admin.article", "GET"): Row("administrators", args=at(article_id="article")),
    ("admin.change_article", "POST"): Row("administrators", GOES_ON, args=at(article_id="article"), form=_article),
    ("admin.move_article", "POST"): Row(
        "administrators", GOES_ON, args=at(article_id="article"), form=form(direction="up")
    ),
    ("admin.publish_article", "POST"): Row("administrators", GOES_ON, args=at(article_id="article")),
    ("admin.withdraw_article", "POST"): Row("administrators", GOES_ON, args=at(article_id="article")),
    ("admin.aside", "GET"): Row("administrators", args=at(state="=quarantined")),
    ("admin.retry_all", "POST"): Row("administrators", 302, args=at(state="=quarantined")),
    ("admin.look_at_mail", "GET"): Row("administrators", args=at(raw_id="raw")),
    ("admin.raw_mail", "GET"): Row("administrators", args=at(raw_id="raw")),
    ("admin.retry_mail", "POST"): Row("administrators", 302, args=at(raw_id="raw")),
}
