"""The visitor types: whoever answers sees that they do, and their words only where their page says so."""

from wtforms import StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length

from ticketdesk.channels.chat import talk
from ticketdesk.channels.chat.saying import LONGEST
from ticketdesk.live import typing
from ticketdesk.web.forms import Form
from ticketdesk.web.widget import door
from ticketdesk.web.widget.door import blueprint


class TypingForm(Form):
    """Whether something is being typed, and what, where the page says that it is seen."""

    typing = StringField(validators=[InputRequired(), AnyOf(["yes", "no"])])
    text = TextAreaField(validators=[Length(max=LONGEST * 2)])


@blueprint.post("/widget/<key>/typing")
def typed(key: str) -> tuple[str, int]:
    """Kept for seconds, and nowhere but in memory; before the first message there is nobody to see it."""
    widget = door.widget(key)
    visitor, form = door.visitor(widget), TypingForm()
    door.taken(form)
    ticket = talk.standing(visitor)
    if ticket is None:
        return "", 204
    if form.typing.data == "no":
        typing.visitor_stopped(ticket.id, ticket.reference)
    else:
        words = (form.text.data or None) if widget.shows_typing_words else None
        typing.visitor_types(ticket.id, ticket.reference, words, door.now())
    return "", 204
