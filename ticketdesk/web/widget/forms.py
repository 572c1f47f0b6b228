"""What a visitor can send, and nothing else."""

from wtforms import IntegerField, MultipleFileField, StringField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, InputRequired, Length, NumberRange, Regexp

from ticketdesk.channels.chat import attributes, introduction, setting, topics, visiting
from ticketdesk.channels.chat.saying import LONGEST
from ticketdesk.surveys.answering import LONGEST_COMMENT
from ticketdesk.web.forms import Form, plain

PAGE = Length(max=visiting.LONGEST_PAGE)


class VisitForm(Form):
    """Who comes, as far as they say, and from where."""

    name = StringField(validators=[Length(max=introduction.LONGEST_NAME)], filters=[plain])
    email = StringField(validators=[Length(max=introduction.LONGEST_ADDRESS)], filters=[plain])
    topic = StringField(validators=[Length(max=topics.LONGEST)], filters=[plain])
    page = StringField(validators=[PAGE])
    referrer = StringField(validators=[PAGE])
    attributes = TextAreaField(validators=[Length(max=attributes.LONGEST)])
    language = StringField(validators=[Length(max=setting.LONGEST)])
    timezone = StringField(validators=[Length(max=setting.LONGEST)])


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

    name = StringField(validators=[Length(max=introduction.LONGEST_NAME)], filters=[plain])
    email = StringField(
        validators=[DataRequired("Please give an address."), Length(max=introduction.LONGEST_ADDRESS)], filters=[plain]
    )


class RatingForm(Form):
    """How it was, and words if somebody has any."""

    score = IntegerField(validators=[InputRequired("Choose one of the answers.")])
    comment = TextAreaField(validators=[Length(max=LONGEST_COMMENT * 2)])


class HelpedForm(Form):
    """Whether an article was the answer; `browser` is a random word that this browser keeps."""

    helpful = StringField(validators=[InputRequired(), AnyOf(["yes", "no"])])
    browser = StringField(validators=[InputRequired(), Length(min=16, max=64), Regexp(r"[A-Za-z0-9_-]+\Z")])
