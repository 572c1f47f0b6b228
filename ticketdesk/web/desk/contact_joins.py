"""Two contacts that are one person, and one that is two: seeing what would happen, doing it, taking it back."""

from dataclasses import dataclass

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import AnyOf, InputRequired, Length, NumberRange

from ticketdesk.contacts import joining, linking, separating
from ticketdesk.contacts.contact import Contact
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotAllowed
from ticketdesk.core.fulltext import TooSlow, bounded
from ticketdesk.tickets import contact_joining
from ticketdesk.tickets.contact_joining import Gain
from ticketdesk.web.desk import contact_alike, contact_door, contact_page, contact_rows, contacts, door
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import AnythingField, taken
from ticketdesk.web.forms import EmptyForm, Form, WholeField
from ticketdesk.web.texts import _

KEY = NumberRange(min=1, max=2**62)


class JoinForm(Form):
    """The contact that becomes part of this one, what was shown of both, and what the agent says yes to."""

    other = WholeField(validators=[InputRequired(), KEY])
    identities = StringField(validators=[Length(max=5_000)])
    widen = StringField(validators=[AnyOf(["", "yes"])], default="")


class OtherForm(Form):
    """Another contact."""

    other = WholeField(validators=[InputRequired(), KEY])


class SeparationForm(Form):
    """Which identities go."""

    identity = AnythingField()


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two contacts."""

    contact: Contact
    ways: list[contact_page.Way]


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen; `refusal` says why it cannot."""

    kept: Side
    given_up: Side
    gains: list[Gain]
    refusal: str | None
    error: str | None

    @property
    def identities(self) -> str:
        """What the agent was shown, so that nothing else is joined."""
        return ",".join(str(way.id) for way in (*self.kept.ways, *self.given_up.ways))


@blueprint.get("/contacts/<int:contact_id>/join")
def join_contacts(contact_id: int) -> str:
    """Other contacts to choose from, or what would happen with the one that was chosen."""
    found = contact_door.find_for_change(contact_id)
    other = request.args.get("other", type=int)
    if other is None or not 0 < other < 2**63:
        return _choosing(found)
    chosen = contact_door.find_for_change(other)
    keeps = request.args.get("keep", type=int)
    if keeps not in (found.id, chosen.id):
        keeps = min(found.id, chosen.id)
    kept, given_up = (found, chosen) if keeps == found.id else (chosen, found)
    return _previewed(kept, given_up)


@blueprint.post("/contacts/<int:contact_id>/joins")
def join_contact(contact_id: int) -> Response:
    """Let another contact be part of this one."""
    kept = contact_door.find_for_change(contact_id)
    form = taken(JoinForm())
    given_up = contact_door.find_for_change(form.other.data)
    try:
        join = contact_joining.join(
            kept,
            given_up,
            door.me(),
            door.now(),
            widen=form.widen.data == "yes",
            expecting=_numbers(form.identities.data or ""),
        )
    except Conflict as refusal:
        db.session.rollback()
        return make_response(_previewed(kept, given_up, str(refusal)), 409)
    db.session.commit()
    return redirect(url_for("desk.contact", contact_id=contact_id, joined=join.id), 303)


@blueprint.post("/contacts/<int:contact_id>/joins/<int:join_id>/undoing")
def undo_contact_join(contact_id: int, join_id: int) -> Response:
    """Take a join back."""
    found = contact_door.find_for_change(contact_id)
    taken(EmptyForm())
    given_up = joining.undo(joining.find(linking.parts_of(found.id), join_id), door.me().actor, door.now())
    name = given_up.name
    db.session.commit()
    flash(_("%(name)s is a contact of their own again.", name=name))
    return redirect(url_for("desk.contact", contact_id=contact_id), 303)


@blueprint.post("/contacts/<int:contact_id>/differences")
def keep_contacts_apart(contact_id: int) -> Response:
    """They are two people, and nobody is asked again."""
    found = contact_door.find_for_change(contact_id)
    other = contact_door.find_for_change(taken(OtherForm()).other.data)
    if other.id == found.id:
        raise Invalid(_("These are the same contact."))
    linking.lock((found.id, other.id))
    here, there = linking.identities_of(found.id), linking.identities_of(other.id)
    joining.keep_apart(here, there, door.me().actor, door.now())
    db.session.commit()
    flash(_("Kept as two contacts."))
    return redirect(url_for("desk.contact", contact_id=contact_id), 303)


@blueprint.get("/contacts/<int:contact_id>/separation")
def separate_contact(contact_id: int) -> str:
    """Which addresses belong to somebody else."""
    return _separating(contact_door.find_for_change(contact_id))


@blueprint.post("/contacts/<int:contact_id>/separations")
def make_separation(contact_id: int) -> Response | tuple[str, int]:
    """Give them a contact of their own."""
    found = contact_door.find_for_change(contact_id)
    form = taken(SeparationForm())
    try:
        wanted = _numbers(",".join(form.identity.data or []))
        other = separating.separate(found, wanted, door.me().actor, door.now())
    except Invalid as refusal:
        db.session.rollback()
        return _separating(found, str(refusal)), 422
    db.session.commit()
    return redirect(url_for("desk.contact", contact_id=contact_id, separated=other.id), 303)


@blueprint.post("/contacts/<int:contact_id>/separations/<int:other_id>/undoing")
def undo_separation(contact_id: int, other_id: int) -> Response:
    """Take it back, just after it was done."""
    found, other = contact_door.find_for_change(contact_id), contact_door.find_for_change(other_id)
    taken(EmptyForm())
    separating.undo(found, other, door.me().actor, door.now())
    db.session.commit()
    flash(_("They are one contact again."))
    return redirect(url_for("desk.contact", contact_id=contact_id), 303)


def _numbers(typed: str) -> set[int]:
    """Keys as they were typed, with commas between; raises Invalid."""
    parts = [part for part in typed.split(",") if part]
    if not all(part.isdecimal() and len(part) < 19 for part in parts):
        raise Invalid(_("Choose at least one address that goes, and let at least one stay."), "identity")
    return {int(part) for part in parts}


def _choosing(found: Contact) -> str:
    typed = request.args.get("q", "").replace("\x00", "").strip()[: contacts.LONGEST_FIND]
    rows: list[contact_rows.Row] = []
    is_slow = False
    if typed:
        try:
            with bounded(contacts.PATIENCE_MS):
                rows = contact_rows.page(door.me(), typed, None, among=Contact.id != found.id).rows
        except TooSlow:
            is_slow = True
    return render_template(
        "desk/contact_join.html",
        contact=found,
        typed=typed,
        rows=rows,
        is_slow=is_slow,
        alike=contact_alike.of(found, door.me()),
        **contacts.beside("contacts"),
    )


def _previewed(kept: Contact, given_up: Contact, error: str | None = None) -> str:
    refusal = None
    gains: list[Gain] = []
    try:
        contact_joining.check(kept, given_up, door.me())
        gains = contact_joining.gains(kept, given_up)
    except (Conflict, NotAllowed) as refused:
        refusal = str(refused)
    sides = [Side(one, contact_page.ways(one)) for one in (kept, given_up)]
    preview = Preview(sides[0], sides[1], gains, refusal, None if refusal else error)
    return render_template("desk/contact_join_preview.html", preview=preview, **contacts.beside("contacts"))


def _separating(found: Contact, error: str | None = None) -> str:
    return render_template(
        "desk/contact_separation.html",
        contact=found,
        ways=contact_page.ways(found),
        error=error,
        **contacts.beside("contacts"),
    )
