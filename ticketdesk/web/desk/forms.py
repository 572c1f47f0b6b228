"""What each action of the desk takes, and nothing else."""

from typing import TypeVar

from wtforms import (
    Field,
    HiddenField,
    MultipleFileField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import AnyOf, DataRequired, InputRequired, Length, NumberRange, Optional

from ticketdesk.core.errors import Invalid
from ticketdesk.web.forms import Form, WholeField, plain
from ticketdesk.web.texts import _

LONGEST_DRAFT = 300_000
CHANNELS = ("chat", "email")
SEQ = NumberRange(min=0, max=2**31)
REVISION = NumberRange(min=0, max=2**53)

AnyForm = TypeVar("AnyForm", bound=Form)


class AnythingField(Field):  # type: ignore[misc]  # WTForms ships no types
    """Several values of one name as they came."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep them all."""
        self.data = list(valuelist)


class ReadingForm(Form):
    """How far somebody has read."""

    seq = WholeField(validators=[InputRequired(), SEQ])


class AssignmentForm(Form):
    """Who shall answer for a ticket; empty for nobody."""

    assignee = WholeField(validators=[Optional(), NumberRange(min=1)])


class PicturesForm(Form):
    """Whose pictures are to be shown."""

    of = StringField(default="message", validators=[AnyOf(("message", "sender"))])


class ForwardedForm(Form):
    """Whose ticket a forwarded mail is."""

    to = StringField(validators=[AnyOf(("sender", "forwarder"))])
    file = AnythingField()  # which of its files were the original sender's


class StatusForm(Form):
    """Where a ticket stands."""

    status = WholeField(validators=[InputRequired()])


class PriorityForm(Form):
    """How much it matters."""

    priority = StringField(validators=[InputRequired(), Length(max=20)])


class QueueForm(Form):
    """Whose work it is."""

    queue = WholeField(validators=[InputRequired()])


class TagsForm(Form):
    """All tags of a ticket, or one more, or one less."""

    add = StringField(validators=[Length(max=200)], filters=[plain])
    remove = StringField(validators=[Length(max=200)])


class OwnFieldForm(Form):
    """What one field of one's own says; several values where several can be chosen."""

    value = AnythingField()


class BatchForm(Form):
    """One change for many tickets."""

    number = AnythingField()
    change = StringField(validators=[InputRequired(), Length(max=30)])
    tags = StringField(validators=[Length(max=200)], filters=[plain])


class ManyMergesForm(Form):
    """Several tickets, and the one that they become."""

    number = AnythingField()
    keep = WholeField(validators=[InputRequired(), NumberRange(min=1, max=2**31)])
    confirmed = StringField(validators=[Length(max=64)], default="")


class WantedForm(Form):
    """Yes or no."""

    wanted = StringField(validators=[InputRequired(), AnyOf(["yes", "no"])])


class MergeForm(Form):
    """The ticket that becomes part of this one, and what the agent says yes to."""

    source = WholeField(validators=[InputRequired(), NumberRange(min=1, max=2**31)])
    widen = StringField(validators=[AnyOf(["", "yes"])], default="")
    tell = StringField(validators=[AnyOf(["", "yes"])], default="")


class FollowerForm(Form):
    """Another agent who shall hear of a ticket."""

    agent = WholeField(validators=[InputRequired()])


class AvailabilityForm(Form):
    """Whether one takes work, on one channel or on all."""

    channel = StringField(validators=[Optional(), AnyOf(CHANNELS)])
    state = StringField(validators=[InputRequired(), AnyOf(["online", "away", "offline"])])


class ReplyForm(Form):
    """What goes to the customer."""

    text = TextAreaField(validators=[Length(max=LONGEST_DRAFT)])
    to = AnythingField()
    cc = AnythingField()
    to_more = StringField(validators=[Length(max=2000)])
    cc_more = StringField(validators=[Length(max=2000)])
    based_on_seq = WholeField(validators=[InputRequired(), SEQ])
    client_key = HiddenField(validators=[DataRequired(), Length(max=64)])
    revision = WholeField(validators=[Optional(), REVISION])
    then = HiddenField(validators=[Length(max=20)])
    channel = StringField(validators=[Optional(), AnyOf(CHANNELS)])
    files = MultipleFileField()


class NoteForm(Form):
    """What stays at the desk."""

    text = TextAreaField(validators=[Length(max=LONGEST_DRAFT)])
    based_on_seq = WholeField(validators=[Optional(), SEQ])
    client_key = HiddenField(validators=[DataRequired(), Length(max=64)])
    revision = WholeField(validators=[Optional(), REVISION])
    files = MultipleFileField()


class DraftForm(Form):
    """What is being typed."""

    text = TextAreaField(validators=[Length(max=LONGEST_DRAFT)])
    to = AnythingField()
    cc = AnythingField()
    to_more = StringField(validators=[Length(max=2000)])
    cc_more = StringField(validators=[Length(max=2000)])
    based_on_seq = WholeField(validators=[Optional(), SEQ])
    client_key = HiddenField(validators=[Length(max=64)])
    revision = WholeField(validators=[Optional(), REVISION])
    channel = StringField(validators=[Optional(), AnyOf(CHANNELS)])


class DraftFilesForm(Form):
    """Files for a draft."""

    files = MultipleFileField(validators=[InputRequired()])
    client_key = HiddenField(validators=[Length(max=64)])
    revision = WholeField(validators=[Optional(), REVISION])


class NewTicketForm(Form):
    """A ticket that an agent opens."""

    queue = SelectField("Queue", coerce=int, validators=[InputRequired()])
    address = StringField("Email of the customer", [DataRequired("Who is it about?"), Length(max=254)], filters=[plain])
    name = StringField("Name of the customer", [Length(max=120)], filters=[plain])
    subject = StringField("Subject", [DataRequired("A few words, please."), Length(max=500)], filters=[plain])
    priority = SelectField("Priority", validators=[InputRequired()])
    kind = RadioField(
        "Where it goes",
        choices=[
            SelectChoice("reply", "Send it to the customer"),
            SelectChoice("note", "Keep it as an internal note"),
        ],
        default="reply",
    )
    text = TextAreaField("Message", [DataRequired("Write something first."), Length(max=LONGEST_DRAFT)])
    client_key = HiddenField(validators=[DataRequired(), Length(max=64)])
    files = MultipleFileField("Files")


def taken(form: AnyForm) -> AnyForm:
    """The form when everything in it fits; raises Invalid with the first thing that does not."""
    if form.validate():
        return form
    raise Invalid(reason(form))


def reason(form: Form) -> str:
    """Why a form was not taken, in the words of its first error."""
    errors = [str(error) for field in form for error in field.errors] + [str(error) for error in form.form_errors]
    return errors[0] if errors else _("Something in the form does not fit.")
