"""Imports of contacts: bringing a file, mapping its columns, looking at what would happen, and letting it happen."""

from typing import TypeVar

from flask import flash, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from ticketdesk.accounts.agent import Agent
from ticketdesk.contacts import attributes
from ticketdesk.contacts.importing import asking, reading
from ticketdesk.contacts.importing.contact_import import ContactImport, ContactImportLine
from ticketdesk.core import storage
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotFound
from ticketdesk.reports.spreadsheet import csv_of
from ticketdesk.web import files
from ticketdesk.web.admin import contact_import_form, door
from ticketdesk.web.admin.contact_import_form import FileForm, MappingForm, RevisionForm
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.desk.uploads import plain_name
from ticketdesk.web.forms import EmptyForm, Form
from ticketdesk.web.texts import _

FormSent = TypeVar("FormSent", bound=Form)
MOST = 100
NAMED = 20
"""Refused lines that the page names; the file to be put right has all."""


@blueprint.get("/contact-imports")
def contact_imports() -> str:
    """Those of the last days, and a form for another."""
    return _list(FileForm(formdata=None))


@blueprint.post("/contact-imports")
def bring_contacts() -> Response | tuple[str, int]:
    """Keep a file."""
    form = FileForm()
    if form.validate():
        with form.refusals():
            given = form.file.data
            if not isinstance(given, FileStorage) or not given.filename:
                raise Invalid(_("Choose a file."), "file")
            content = given.read(reading.LARGEST + 1)
            made = asking.bring(content, plain_name(given.filename), door.me(), door.now())
            db.session.commit()
            return redirect(url_for("admin.contact_import_mapping", import_id=made.id), 303)
    return _list(form), 422


@blueprint.get("/contact-imports/<int:import_id>")
def contact_import(import_id: int) -> str:
    """How far it is, what would come of it, or what came of it."""
    found = door.find(ContactImport, import_id)
    lines = select(ContactImportLine).where(ContactImportLine.import_id == found.id)
    refused = lines.where(ContactImportLine.verdict == "refused").order_by(ContactImportLine.number).limit(NAMED)
    others = lines.where(ContactImportLine.verdict != "refused").order_by(ContactImportLine.number)
    return render_template(
        "admin/contact_import.html",
        found=found,
        asker=db.session.get_one(Agent, found.asked_by),
        refused=db.session.scalars(refused).all() if not found.is_going else [],
        others=db.session.scalars(others).all() if not found.is_going else [],
        named=NAMED,
    )


@blueprint.get("/contact-imports/<int:import_id>/mapping")
def contact_import_mapping(import_id: int) -> str:
    """What its columns say, guessed or as it was said."""
    found = door.find(ContactImport, import_id)
    return _mapping(found, contact_import_form.mapping(found, attributes.shown(), fresh=True))


@blueprint.post("/contact-imports/<int:import_id>/mapping")
def map_contact_import(import_id: int) -> Response | tuple[str, int]:
    """Say it, and let it be tried."""
    found = door.find(ContactImport, import_id)
    form = contact_import_form.mapping(found, attributes.shown())
    if form.validate():
        with form.refusals():
            asking.choose(found, form.wishes(), int(form.revision.data), door.me(), door.now())
            return _moved(import_id)
    return _mapping(door.find(ContactImport, import_id), form), 422


@blueprint.get("/contact-imports/<int:import_id>/progress")
def contact_import_progress(import_id: int) -> str:
    """What of the page changes while it is worked on."""
    return render_template("admin/_contact_import_progress.html", found=door.find(ContactImport, import_id))


@blueprint.post("/contact-imports/<int:import_id>/run")
def run_contact_import(import_id: int) -> Response:
    """Carry it out, or go on."""
    found, form = door.find(ContactImport, import_id), _sent(RevisionForm())
    asking.start(found, int(form.revision.data), door.me(), door.now())
    return _moved(import_id)


@blueprint.post("/contact-imports/<int:import_id>/stopping")
def stop_contact_import(import_id: int) -> Response:
    """Let it be."""
    found = door.find(ContactImport, import_id)
    _sent(EmptyForm())
    found = asking.stop(found, door.now())
    if found.state == "mapping":
        db.session.commit()
        return redirect(url_for("admin.contact_import_mapping", import_id=import_id), 303)
    return _moved(import_id)


@blueprint.get("/contact-imports/<int:import_id>/refused")
def contact_import_refused(import_id: int) -> Response:
    """The lines that were refused, as they were, each with its reason: to be put right and brought again."""
    found = door.find(ContactImport, import_id)
    rows = select(ContactImportLine).where(
        ContactImportLine.import_id == found.id, ContactImportLine.verdict == "refused"
    )
    refused = db.session.scalars(rows.order_by(ContactImportLine.number)).all()
    try:
        lines = reading.read(storage.read(found.blob_sha256)).lines
    except FileNotFoundError as error:
        raise NotFound from error
    width = len(found.headings)
    told = (
        [*(lines[one.number - 1].cells + ("",) * width)[:width], one.at, one.reason]
        for one in refused
        if one.number <= len(lines)
    )
    head = [*found.headings, _("Line"), _("Refused because")]
    return files.download(csv_of(head, told), f"refused-{found.id}.csv")


@blueprint.post("/contact-imports/<int:import_id>/deletion")
def forget_contact_import(import_id: int) -> Response:
    """Forget it and its file; the contacts stay."""
    found = door.find(ContactImport, import_id)
    _sent(EmptyForm())
    asking.forget(found, door.me(), door.now())
    db.session.commit()
    flash(_("The file and its lines are deleted. The contacts stay."))
    return redirect(url_for("admin.contact_imports"), 303)


def _sent(form: FormSent) -> FormSent:
    """A form that is nothing but a button; raises Invalid for what is none of ours."""
    if not form.validate():
        raise Invalid(_("This was not sent from its page. Load the page again."))
    return form


def _moved(import_id: int) -> Response:
    db.session.commit()
    return redirect(url_for("admin.contact_import", import_id=import_id), 303)


def _list(form: FileForm) -> str:
    rows = db.session.execute(
        select(ContactImport, Agent.name)
        .join(Agent, Agent.id == ContactImport.asked_by)
        .order_by(ContactImport.id.desc())
        .limit(MOST)
    ).all()
    return render_template("admin/contact_imports.html", rows=rows, form=form, most=MOST)


def _mapping(found: ContactImport, form: MappingForm) -> str:
    samples = [
        [row[place] if place < len(row) else "" for row in found.samples] for place in range(len(found.headings))
    ]
    return render_template("admin/contact_import_mapping.html", found=found, form=form, samples=samples)
