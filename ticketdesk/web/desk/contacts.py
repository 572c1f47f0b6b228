"""Contacts: looking for them, the page of each, and changing what is said of them."""

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from ticketdesk.contacts import attributes, changing, linking, noting, organizations, separating
from ticketdesk.contacts.contact import Contact, Organization
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.core.fulltext import TooSlow, bounded
from ticketdesk.web.desk import contact_alike, contact_door, contact_forms, contact_page, contact_rows, door, views
from ticketdesk.web.desk.contact_forms import DetailsForm, NoteForm
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import EmptyForm
from ticketdesk.web.texts import _

PATIENCE_MS = 2_000
LONGEST_FIND = 100
SUGGESTED = 200
"""Organizations whose names a form suggests."""


@blueprint.get("/contacts")
def contacts() -> str:
    """Those that the agent may see, by name, or found by a few words."""
    typed = request.args.get("q", "").replace("\x00", "").strip()[:LONGEST_FIND]
    after = request.args.get("after")
    try:
        with bounded(PATIENCE_MS):
            page, is_slow = contact_rows.page(door.me(), typed, after), False
    except TooSlow:
        page, is_slow = contact_rows.Page([], None), True
    return render_template(
        "desk/contacts.html", page=page, is_slow=is_slow, typed=typed, is_first=after is None, **beside("contacts")
    )


@blueprint.get("/contacts/<int:contact_id>")
def contact(contact_id: int) -> str:
    """One of them, with everything they asked."""
    return page(contact_door.follow(contact_id))


@blueprint.post("/contacts/<int:contact_id>/details")
def change_contact(contact_id: int) -> Response | tuple[str, int]:
    """Change the name, the organization and the attributes."""
    found = contact_door.find_for_change(contact_id)
    shown = attributes.shown()
    form = contact_forms.details(shown, attributes.values_of(linking.parts_of(found.id)))()
    if form.validate():
        with form.refusals():
            me, now = door.me().actor, door.now()
            changing.rename(found, form.name.data, me, now)
            changing.belong(found, _organization(form.organization.data), me, now)
            attributes.say(found, form.typed(shown), me, now)
            db.session.commit()
            flash(_("Saved."))
            return redirect(url_for("desk.contact", contact_id=contact_id), 303)
    return page(contact_door.find_for_change(contact_id), details=form), 422


@blueprint.post("/contacts/<int:contact_id>/notes")
def write_contact_note(contact_id: int) -> Response | tuple[str, int]:
    """Tell colleagues something about a contact."""
    found, form = contact_door.find_for_change(contact_id), NoteForm()
    if form.validate():
        with form.refusals():
            noting.write(found, form.text.data, door.me().id, door.now())
            return _back(contact_id)
    return page(contact_door.find_for_change(contact_id), note=form), 422


@blueprint.post("/contacts/<int:contact_id>/notes/<int:note_id>")
def change_contact_note(contact_id: int, note_id: int) -> Response | tuple[str, int]:
    """Say it otherwise."""
    found = contact_door.find_for_change(contact_id)
    form = taken(NoteForm())
    noting.change(linking.parts_of(found.id), note_id, form.text.data, door.me().actor, door.now())
    return _back(contact_id)


@blueprint.post("/contacts/<int:contact_id>/notes/<int:note_id>/removal")
def remove_contact_note(contact_id: int, note_id: int) -> Response:
    """Let it go."""
    found = contact_door.find_for_change(contact_id)
    taken(EmptyForm())
    noting.remove(linking.parts_of(found.id), note_id, door.me().actor, door.now())
    return _back(contact_id)


def page(found: Contact, *, details: DetailsForm | None = None, note: NoteForm | None = None) -> str:
    """The page of a contact, with forms that were refused or fresh ones."""
    shown = contact_page.of(found, door.me(), door.now(), request.args.get("after"))
    definitions = attributes.shown()
    values = attributes.values_of(linking.parts_of(found.id))
    if details is None:
        details = contact_forms.details(definitions, values)(
            formdata=None,
            name=found.name,
            organization=shown.organization.name if shown.organization is not None else "",
            **contact_forms.filled(definitions, values),
        )
    return render_template(
        "desk/contact.html",
        shown=shown,
        attributes=[(one, values[one.id]) for one in definitions if values.get(one.id)],
        details_form=details,
        note_form=note or NoteForm(formdata=None),
        alike=contact_alike.of(found, door.me()) if shown.may_change else [],
        separated=_separated(found) if shown.may_change else None,
        joined=next((one for one in shown.joins if one.join.id == request.args.get("joined", type=int)), None),
        organizations=_names() if shown.may_change else [],
        is_first="after" not in request.args,
        **beside("contacts"),
    )


def beside(name: str) -> dict[str, object]:
    """What stands beside such a page: the rail, and where one is."""
    return {"rail": views.rail(door.me(), views.queues_of(door.me())), "view": views.nowhere(), "area": name}


def _separated(found: Contact) -> Contact | None:
    """Whom the agent took apart from this contact just now, while one click takes that back."""
    other_id = request.args.get("separated", type=int)
    if other_id is None or not 0 < other_id < 2**63:
        return None
    other = db.session.get(Contact, other_id)
    me, now = door.me().actor, door.now()
    return other if other is not None and separating.can_undo(found, other, me, now) else None


def _organization(name: str) -> Organization | None:
    """The organization that was typed; raises Invalid for one that is not there."""
    if not name:
        return None
    found = organizations.named(name)
    if found is None:
        raise Invalid(
            _("There is no organization of this name yet. It can be made under Organizations."), "organization"
        )
    return found


def _names() -> list[str]:
    return list(db.session.scalars(select(Organization.name).order_by(Organization.name).limit(SUGGESTED)))


def _back(contact_id: int) -> Response:
    db.session.commit()
    return redirect(url_for("desk.contact", contact_id=contact_id, _anchor="notes"), 303)
