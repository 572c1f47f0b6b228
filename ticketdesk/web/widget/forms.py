"""What a visitor can send, and nothing else."""

from wtforms import IntegerField, MultipleFileField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Regexp

from ticketdesk.channels.chat import visiting
from ticketdesk.channels.chat.saying import LONGEST
from ticketdesk.web.forms import Form, plain

PAGE = Length(max=visiting.LONGEST_PAGE)


class VisitForm(Form):
    """Who comes, as far as they say, and from where."""

    name = StringField(validators=[Length(max=visiting.LONGEST_NAME)], filters=[plain])
    email = StringField(validators=[Length(max=visiting.LONGEST_ADDRESS)], filters=[plain])
    page = StringField(validators=[PAGE])
    referrer = StringField(validators=[PAGE])


class MessageForm(Form):
    """One message; its browser's own name for it makes sending it again harmless."""

    text = TextAreaField(validators=[Length(max=LONGEST * 2)])
    client_key = StringField(validators=[DataRequired(), Length(max=64), Regexp(r"[A-Za-z0-9_-]+\Z")])
    page = StringField(validators=[PAGE])
    files = MultipleFileField()


class ReadForm(Form):
    """How far the talk was read."""

    seq = IntegerField(validators=[InputRequired(), NumberRange(min=0, max=2**31)])


class AddressForm(Form):
    """Where answers shall go."""

    name = StringField(validators=[Length(max=visiting.LONGEST_NAME)], filters=[plain])
    email = StringField(
        validators=[DataRequired("Please give an address."), Length(max=visiting.LONGEST_ADDRESS)], filters=[plain]
    )
