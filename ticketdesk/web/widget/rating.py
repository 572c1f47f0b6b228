"""How was it: asked beside the talk when it is over. Looking records nothing; the button does."""

from flask import render_template

from ticketdesk.channels.chat import talk
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.surveys import in_place
from ticketdesk.surveys.in_place import Offer
from ticketdesk.surveys.survey import SCALES, Survey
from ticketdesk.web.texts import _
from ticketdesk.web.widget import door
from ticketdesk.web.widget.door import blueprint
from ticketdesk.web.widget.forms import RatingForm


@blueprint.get("/widget/<key>/rating")
def rating(key: str) -> str:
    """The question, or what was answered; raises NotFound where nothing is asked."""
    visitor = door.visitor(door.widget(key))
    return _page(_offered(visitor))


@blueprint.post("/widget/<key>/rating")
def rate(key: str) -> str:
    """Keep an answer; for a day it may be changed."""
    visitor, form = door.visitor(door.widget(key)), RatingForm()
    door.taken(form)
    found = _offered(visitor)
    in_place.rate(
        found.invitation.ticket_id,
        found.identity_id,
        form.score.data,
        form.comment.data or "",
        {"question": _(found.survey.question), "words": _words(found.survey)},
        door.now(),
    )
    db.session.commit()
    return _page(_offered(visitor))


def is_offered(visitor: Visitor) -> bool:
    """Whether there is something to answer or to change."""
    return _find(visitor) is not None


def _offered(visitor: Visitor) -> Offer:
    found = _find(visitor)
    if found is None:
        raise NotFound
    return found


def _find(visitor: Visitor) -> Offer | None:
    ticket = talk.standing(visitor)
    if ticket is None or not talk.asked_by(ticket, visitor):
        return None
    return in_place.offered(ticket, ticket.requester_id, door.now())


def _words(survey: Survey) -> list[str]:
    """The words of the scores; those that we proposed are known in every language, others stay as they were written."""
    return [_(word) for word in survey.words]


def _page(found: Offer) -> str:
    words = _words(found.survey)
    scores = SCALES[found.survey.kind]
    answer = found.answer
    return render_template(
        "widget/_rating.html",
        question=_(found.survey.question),
        scores=list(zip(scores, words, strict=True)),
        answer=answer,
        said=words[answer.score - scores[0]] if answer is not None else "",
        may_change=found.may_change(door.now()),
        low_score=found.survey.low_score,
    )
