"""Organizations: finding, making and changing them, and who belongs to each."""

from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import Select, func, select
from werkzeug.wrappers import Response
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from ticketdesk.channels.email import addresses
from ticketdesk.contacts import organizations as verbs
from ticketdesk.contacts.contact import Contact, IdentityLink, Organization
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotFound
from ticketdesk.core.fulltext import TooSlow, bounded
from ticketdesk.tickets import acquaintances, visibility
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk import contact_page, contact_rows, contacts, door, listing, view_columns
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import taken
from ticketdesk.web.forms import EmptyForm, Form, plain
from ticketdesk.web.texts import _, ngettext

PAGE = 50
PROBE = "somebody@"


class NewOrganizationForm(Form):
    """How it is called."""

    name = StringField(
        "Name", validators=[DataRequired("How is it called?"), Length(max=verbs.LONGEST_NAME)], filters=[plain]
    )


class OrganizationForm(NewOrganizationForm):
    """What is said of it."""

    domains = StringField(
        "Mail domains",
        validators=[Length(max=5_000)],
        filters=[plain],
        description="Separated by commas. Whoever proves an address there belongs to it from then on.",
    )
    notes = TextAreaField("Notes", validators=[Length(max=verbs.LONGEST_NOTES)])


@blueprint.get("/organizations")
def organizations() -> str:
    """All of them, by name."""
    return _list(NewOrganizationForm(formdata=None))


@blueprint.post("/organizations")
def create_organization() -> Response | tuple[str, int]:
    """Make one."""
    form = NewOrganizationForm()
    if form.validate():
        with form.refusals():
            made = verbs.create(form.name.data, door.me().actor, door.now())
            db.session.commit()
            return redirect(url_for("desk.organization", organization_id=made.id), 303)
    return _list(form), 422


@blueprint.get("/organizations/<int:organization_id>")
def organization(organization_id: int) -> str:
    """One of them: who belongs to it, and what they asked."""
    found = _find(organization_id)
    form = OrganizationForm(
        formdata=None, name=found.name, domains=", ".join(verbs.domains_of(found.id)), notes=found.notes
    )
    return _page(found, form)


@blueprint.post("/organizations/<int:organization_id>")
def change_organization(organization_id: int) -> Response | tuple[str, int]:
    """Let it be called otherwise, or have other domains and notes."""
    found, form = _find(organization_id), OrganizationForm()
    if form.validate():
        with form.refusals():
            domains = [_domain(typed) for typed in form.domains.data.replace(",", " ").split()]
            verbs.change(found, form.name.data, domains, form.notes.data or "", door.me().actor, door.now())
            db.session.commit()
            flash(_("Saved."))
            return redirect(url_for("desk.organization", organization_id=organization_id), 303)
    return _page(_find(organization_id), form), 422


@blueprint.post("/organizations/<int:organization_id>/members")
def adopt_contacts(organization_id: int) -> Response:
    """Let those belong to it who proved an address at one of its domains and belong nowhere yet."""
    found = _find(organization_id)
    taken(EmptyForm())
    known = acquaintances.knows(visibility.reader(door.me()))
    many = verbs.adopt(found, door.me().actor, door.now(), known)
    db.session.commit()
    name = found.name
    flash(ngettext("One contact belongs to %(name)s now.", "%(num)s contacts belong to %(name)s now.", many, name=name))
    return redirect(url_for("desk.organization", organization_id=organization_id), 303)


def _find(organization_id: int) -> Organization:
    found = db.session.get(Organization, organization_id)
    if found is None:
        raise NotFound(_("There is no such organization."))
    return found


def _domain(typed: str) -> str:
    """A domain in the form in which addresses are compared; raises Invalid."""
    address = addresses.normalise(PROBE + typed.lstrip("@").lower())
    if not addresses.is_address(address) or "." not in typed:
        raise Invalid(_("“%(typed)s” is no mail domain.", typed=typed[:60]), "domains")
    return address.rpartition("@")[2]


def _list(form: NewOrganizationForm) -> str:
    typed = request.args.get("q", "").replace("\x00", "").strip()[: contacts.LONGEST_FIND]
    after = request.args.get("after", "").replace("\x00", "")
    key = func.lower(Organization.name)
    belonging = (
        select(func.count())
        .where(
            Contact.organization_id == Organization.id,
            acquaintances.knows(visibility.reader(door.me())),
        )
        .correlate(Organization)
        .scalar_subquery()
    )
    wanted = select(Organization, belonging).order_by(key, Organization.id).limit(PAGE + 1)
    if typed:
        wanted = wanted.where(Organization.name.icontains(typed, autoescape=True))
    if after:
        wanted = wanted.where(key > after.lower())
    is_slow = False
    try:
        with bounded(contacts.PATIENCE_MS):
            rows = [(row[0], row[1]) for row in db.session.execute(wanted)]
    except TooSlow:
        rows, is_slow = [], True
    return render_template(
        "desk/organizations.html",
        rows=rows[:PAGE],
        next=rows[PAGE - 1][0].name if len(rows) > PAGE else None,
        typed=typed,
        is_slow=is_slow,
        is_first=not after,
        form=form,
        **contacts.beside("organizations"),
    )


def _page(found: Organization, form: OrganizationForm) -> str:
    me, now = door.me(), door.now()
    known = acquaintances.knows(visibility.reader(me))
    tickets = listing.page(
        _tickets(found), me, now, request.args.get("after"), order="newest", size=contact_page.TICKETS
    )
    facts = view_columns.facts([row.id for row in tickets.rows], contact_page.COLUMNS, me, now)
    offered = verbs.belongs_by_rule(found.id).where(known).with_only_columns(Contact.id).limit(contact_page.MOST)
    return render_template(
        "desk/organization.html",
        organization=found,
        form=form,
        people=contact_rows.page(me, "", request.args.get("people"), among=Contact.organization_id == found.id),
        tickets=listing.Page([replace(row, facts=facts.get(row.id, ())) for row in tickets.rows], tickets.after),
        offered=len(db.session.scalars(offered).all()),
        is_first="after" not in request.args,
        **contacts.beside("organizations"),
    )


def _tickets(found: Organization) -> Select[Ticket]:
    """What those asked who belong to it, among the tickets that the agent may see."""
    theirs = (
        select(IdentityLink.identity_id)
        .join(Contact, Contact.id == IdentityLink.contact_id)
        .where(Contact.organization_id == found.id, IdentityLink.ended_at.is_(None))
    )
    return visibility.visible_tickets(door.me()).where(Ticket.requester_id.in_(theirs), Ticket.merged_into_id.is_(None))
