"""A field of one's own for the selected tickets: the sheet that asks what it shall say, and saying it."""

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotFound
from ticketdesk.tickets import batching, fields
from ticketdesk.tickets.batch_changes import SetField
from ticketdesk.tickets.field import TicketField
from ticketdesk.web.desk import batch_words, batches, dialogs, door, new_fields, views
from ticketdesk.web.desk.door import blueprint
from ticketdesk.web.desk.forms import AnythingField
from ticketdesk.web.forms import Form
from ticketdesk.web.texts import _


class FieldForm(Form):
    """The tickets; what the field shall say is added for each field."""

    number = AnythingField()


@blueprint.get("/batches/fields/<int:field_id>")
def field_for_many_sheet(field_id: int) -> Response:
    """The sheet."""
    field = _find(field_id)
    numbers = batches.numbers(request.args.getlist("number"))
    if not numbers:
        raise Invalid(_("Choose some tickets first."))
    return _sheet(field, _form(field, formdata=None), numbers)


@blueprint.post("/batches/fields/<int:field_id>")
def fill_in_many(field_id: int) -> AnyResponse:
    """Say it in all of them."""
    field = _find(field_id)
    form = _form(field)
    numbers = batches.numbers(form.number.data or [])
    if form.validate():
        with form.refusals():
            queue_ids = None if field.is_everywhere else frozenset(fields.queues_of(field))
            change = SetField(field, new_fields.said(field, form["value"]), door.me(), queue_ids)
            done = batching.carry_out(door.me(), numbers, change, door.now())
            if not done.changed and not done.same:
                batches.refuse(done)
            db.session.commit()
            words = batch_words.carried_out(_("%(field)s: saved", field=field.label), done)
            return batches.answer(words, batch_words.left(done.skipped), done.batch_id)
    return _sheet(_find(field_id), form, numbers, 422)


def _sheet(field: TicketField, form: Form, numbers: list[int], status: int = 200) -> Response:
    errors = [*form.form_errors, *(error for one in form for error in one.errors)]
    shown: dict[str, object] = {
        "field": field,
        "control": form["value"],
        "numbers": numbers,
        "errors": errors,
        "title": _("%(field)s of the selected tickets", field=field.label),
    }
    return dialogs.sheet("desk/_field_for_many.html", shown, status)


def _form(field: TicketField, **given: None) -> Form:
    form: Form = type("FieldForm", (FieldForm,), {"value": new_fields.control(field)})(**given)
    return form


def _find(field_id: int) -> TicketField:
    """A field that queues of the agent ask; raises NotFound."""
    for one in fields.asked_in_any([queue.id for queue in views.queues_of(door.me())]):
        if one.field.id == field_id:
            return one.field
    raise NotFound(_("There is no such field."))
