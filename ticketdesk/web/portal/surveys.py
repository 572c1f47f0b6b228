"""How was it: the page behind the links of a survey's mail. Looking records nothing; the button does."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import RadioField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length

from ticketdesk.brands.brand import Brand
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.surveys import answering, opting_out
from ticketdesk.surveys.answering import Invited
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.survey import SCALES, Survey
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.forms import Form, offered
from ticketdesk.web.portal import door
from ticketdesk.web.portal.door import blueprint
from ticketdesk.web.texts import _


class AnswerForm(Form):
    """A score, and words if somebody has any."""

    score = RadioField(validators=[InputRequired("Choose one of the answers.")], coerce=int)
    comment = TextAreaField(
        "Would you like to say more?",
        [Length(max=answering.LONGEST_COMMENT, message="This is too long: at most 4,000 letters fit.")],
    )


class LeavingForm(Form):
    """The button; mail programs press it by themselves and send along what RFC 8058 asks them to."""

    one_click = TextAreaField(name="List-Unsubscribe", validators=[AnyOf([None, "", "One-Click"])])


@blueprint.get("/s/<token>")
def survey(token: str) -> str:
    """The question with the score of the link chosen, or thanks when it was answered."""
    found = _find(token)
    wanted = request.args.get("score", "")
    chosen = int(wanted) if wanted.isdecimal() and len(wanted) < 3 else None
    form = _form(found.survey, None)
    if found.answer is not None:
        form.score.data, form.comment.data = found.answer.score, found.answer.comment
    if chosen in SCALES[found.survey.kind]:
        form.score.data = chosen
    is_new = found.answer is not None and form.score.data != found.answer.score
    return _page(token, found, form, is_asking=found.answer is None or "change" in request.args or is_new)


@blueprint.post("/s/<token>")
def answer_survey(token: str) -> Response | tuple[str, int]:
    """Keep the answer."""
    found = _find(token)
    form = _form(found.survey, request.form)
    if form.validate():
        with form.refusals():
            answering.answer(found.invitation.id, form.score.data, form.comment.data or "", door.now())
            db.session.commit()
            return redirect(url_for("portal.survey", token=token), 303)
    return _page(token, found, form, is_asking=True), 422 if found.may_change(door.now()) else 409


@blueprint.get("/s/<token>/unsubscribe")
def leaving(token: str) -> str:
    """Ask whether somebody really wants to be asked no more."""
    return _leaving(token, _left(token))


@blueprint.post("/s/<token>/unsubscribe")
def leave(token: str) -> str | tuple[str, int]:
    """Ask this person no more. A mail program may do this by itself (RFC 8058), so it needs nothing but the token."""
    found, form = _left(token), LeavingForm()
    if not form.validate() or found.identity_id is None:
        return _leaving(token, found), 422
    identity_id = found.identity_id
    opting_out.opt_out(identity_id, Actor("contact", identity_id), door.now())
    db.session.commit()
    return _leaving(token, found)


def _find(token: str) -> Invited:
    """What the link opens, in the brand of its ticket; raises NotFound, whatever the reason."""
    found = answering.invited(token, door.now())
    if found is None:
        raise NotFound
    door.speak_for(db.session.get_one(Brand, found.ticket.brand_id))
    return found


def _left(token: str) -> SurveyInvitation:
    """The survey whose mail somebody wants no more of: they may say so whatever became of it, and however late."""
    found = answering.behind(token)
    if found is None:
        raise NotFound
    door.speak_for(_brand_of(found))
    return found


def _brand_of(invitation: SurveyInvitation) -> Brand:
    return db.session.get_one(Brand, db.session.get_one(Ticket, invitation.ticket_id).brand_id)


def sample(brand: Brand, survey: Survey, number: int) -> str:
    """The page as a customer sees it first, for those who set it up; nothing can be sent from it."""
    return render_template(
        "portal/survey.html",
        brand=brand,
        token=None,
        number=number,
        answer=None,
        form=_form(survey, None),
        is_asking=True,
    )


def _form(survey: Survey, given: object) -> AnswerForm:
    form = AnswerForm(formdata=given)
    form.score.label.text = survey.question
    form.score.choices = offered(zip(SCALES[survey.kind], survey.words, strict=True))
    return form


def _page(token: str, found: Invited, form: AnswerForm, *, is_asking: bool) -> str:
    may_change = found.may_change(door.now())
    return render_template(
        "portal/survey.html",
        brand=db.session.get_one(Brand, found.ticket.brand_id),
        token=token,
        number=found.ticket.number,
        answer=found.answer,
        low_score=found.survey.low_score,
        form=form,
        is_asking=is_asking and may_change,
        may_change=may_change,
        said=_said(found),
    )


def _said(found: Invited) -> str:
    """The score in the words in which it was asked."""
    if found.answer is None:
        return ""
    words: list[str] = found.answer.wording["words"]
    return words[found.answer.score - SCALES[found.answer.kind][0]]


def _leaving(token: str, found: SurveyInvitation) -> str:
    identity_id = found.identity_id
    return render_template(
        "portal/survey_leaving.html",
        brand=_brand_of(found),
        token=token,
        is_out=identity_id is not None and opting_out.is_out(identity_id),
        title=_("No more questions"),
    )
