"""Surveys: what customers are asked after a solution, whom it spares, and how it looks to them."""

from dataclasses import dataclass

from flask import Response as FlaskResponse
from flask import flash, make_response, redirect, render_template, url_for
from flask_babel import force_locale
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange

from ticketdesk.brands.brand import Brand
from ticketdesk.channels.email import letters
from ticketdesk.contacts.contact import Identity
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.surveys import opting_out, sending, settings
from ticketdesk.surveys.survey import SCALES, Survey, survey_of
from ticketdesk.web import headers
from ticketdesk.web.admin import door
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import Form, WholeField, offered, plain
from ticketdesk.web.portal import surveys as page
from ticketdesk.web.texts import _, ngettext

MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; base-uri 'none'; frame-ancestors 'self'"
OPT_OUTS = 100
SAMPLE_NUMBER = 4821
UNITS = {"minutes": 1, "hours": 60, "days": 24 * 60}
OWNERS = [
    ("supervisor", "The supervisor of the team"),
    ("agent", "The agent whose ticket it was"),
]
SCALE = SCALES["csat"]
NUMBER = "A number, please."


class SurveyForm(Form):
    """Everything that can be set about a survey."""

    enabled = BooleanField("Ask customers of this brand")
    question = StringField(
        "Question",
        [InputRequired("Ask something."), Length(max=settings.LONGEST_QUESTION)],
        filters=[plain],
        description="It stands in the mail and on the page.",
    )
    word_1 = StringField("1, the lowest", [InputRequired("Words, please.")], filters=[plain])
    word_2 = StringField("2", [InputRequired("Words, please.")], filters=[plain])
    word_3 = StringField("3", [InputRequired("Words, please.")], filters=[plain])
    word_4 = StringField("4", [InputRequired("Words, please.")], filters=[plain])
    word_5 = StringField("5, the highest", [InputRequired("Words, please.")], filters=[plain])
    delay = WholeField("How long after solving", [InputRequired(NUMBER), NumberRange(0, settings.LONGEST_DELAY)])
    delay_unit = SelectField("Unit", choices=offered([("minutes", "minutes"), ("hours", "hours"), ("days", "days")]))
    percent = WholeField(
        "Share of the customers, in percent",
        [InputRequired(NUMBER), NumberRange(1, 100, "From 1 to 100.")],
        description="Drawn anew each quarter, so that everybody has their turn.",
    )
    days_between = WholeField(
        "Days before the same customer is asked again",
        [InputRequired(NUMBER), NumberRange(0, 3650, "From 0 to 3,650.")],
        description="Over all their addresses and requests. 90 is usual.",
    )
    low_score = SelectField("Follow up on", coerce=int, choices=offered((n, f"{n} or less") for n in SCALE[:-1]))
    follow_up_owner = RadioField("Who comes back to the customer", choices=offered(OWNERS))
    follow_up_days = WholeField("Within how many days", [InputRequired(NUMBER), NumberRange(1, 90, "From 1 to 90.")])

    @property
    def rules(self) -> settings.Rules:
        """What was filled in."""
        return settings.Rules(
            question=self.question.data,
            words=[self[f"word_{score}"].data for score in SCALE],
            delay_minutes=self.delay.data * UNITS[self.delay_unit.data],
            percent=self.percent.data,
            days_between=self.days_between.data,
            low_score=self.low_score.data,
            follow_up_owner=self.follow_up_owner.data,
            follow_up_days=self.follow_up_days.data,
            enabled=self.enabled.data,
        )


class AddressForm(Form):
    """Whom not to ask."""

    address = StringField(
        "Mail address", [InputRequired("Which address?"), Length(max=254)], filters=[lambda given: plain(given).lower()]
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """The rules of one survey in the words of its settings."""

    delay: str
    share: str
    pause: str
    low: str
    owner: str
    within: str


@blueprint.get("/surveys")
def surveys() -> str:
    """The survey of each brand, and who does not want to be asked."""
    return _list(AddressForm(formdata=None))


@blueprint.get("/surveys/<int:brand_id>")
def survey(brand_id: int) -> str:
    """The survey of one brand."""
    brand = door.find(Brand, brand_id)
    return _page(brand, _form(settings.rules_of(survey_of(brand.id))))


@blueprint.post("/surveys/<int:brand_id>")
def change_survey(brand_id: int) -> Response | tuple[str, int]:
    """Ask by other rules from now on."""
    brand, form = door.find(Brand, brand_id), SurveyForm()
    if form.validate():
        with form.refusals():
            settings.save(brand.id, form.rules, door.me(), door.now())
            db.session.commit()
            flash(_("Saved."))
            return redirect(url_for("admin.survey", brand_id=brand_id))
    return _page(brand, form), 422


@blueprint.get("/surveys/<int:brand_id>/mail")
def survey_mail(brand_id: int) -> FlaskResponse:
    """The mail as it would arrive, for a frame."""
    brand = door.find(Brand, brand_id)
    words = {"brand": brand, "number": SAMPLE_NUMBER, "title": brand.name, "mark": ""}
    _subject, _text, html = letters.rendered(
        "survey", brand.locale, {**words, **sending.words(_shown(brand), "#answer")}
    )
    response = make_response(html)
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@blueprint.get("/surveys/<int:brand_id>/page")
def survey_page(brand_id: int) -> FlaskResponse:
    """The page as a customer would see it, for a frame; its button does nothing."""
    brand = door.find(Brand, brand_id)
    with force_locale(brand.locale):
        response = make_response(page.sample(brand, _shown(brand), SAMPLE_NUMBER))
    response.headers["Content-Security-Policy"] = headers.policy(headers.nonce(), "'self'")
    return response


@blueprint.post("/surveys/opt-outs")
def add_opt_out() -> Response | tuple[str, int]:
    """Ask somebody no more, because they said so in another way."""
    form = AddressForm()
    if form.validate():
        identity = db.session.scalar(
            select(Identity).where(Identity.kind == "email", Identity.value == form.address.data)
        )
        if identity is not None:
            opting_out.opt_out(identity.id, door.me(), door.now())
            db.session.commit()
            flash(_("%(address)s is not asked any more.", address=identity.value))
            return redirect(url_for("admin.surveys"))
        form.address.errors = [_("Nobody of this address has written to you.")]
    return _list(form), 422


@blueprint.post("/surveys/opt-outs/<int:identity_id>/end")
def end_opt_out(identity_id: int) -> Response:
    """Ask again."""
    identity = door.find(Identity, identity_id)
    if not opting_out.opt_in(identity.id, door.me(), door.now()):
        raise NotFound
    db.session.commit()
    flash(_("%(address)s may be asked again.", address=identity.value))
    return redirect(url_for("admin.surveys"))


def _list(form: AddressForm) -> str:
    rows = db.session.execute(
        select(Brand, Survey)
        .outerjoin(Survey, (Survey.brand_id == Brand.id) & (Survey.kind == "csat"))
        .order_by(Brand.is_default.desc(), Brand.name)
    )
    shown = [(row[0], row[1], _summary(settings.rules_of(row[1]))) for row in rows]
    return render_template("admin/surveys.html", rows=shown, form=form, opt_outs=opting_out.newest(OPT_OUTS))


def _page(brand: Brand, form: SurveyForm) -> str:
    found = survey_of(brand.id)
    return render_template(
        "admin/survey.html", brand=brand, survey=found, form=form, summary=_summary(settings.rules_of(found))
    )


def _form(rules: settings.Rules) -> SurveyForm:
    """The form filled with what is set."""
    unit = next(
        name for name in ("days", "hours", "minutes") if rules.delay_minutes % UNITS[name] == 0 and _fits(rules, name)
    )
    return SurveyForm(
        formdata=None,
        enabled=rules.enabled,
        question=rules.question,
        **{f"word_{score}": word for score, word in zip(SCALE, rules.words, strict=True)},
        delay=rules.delay_minutes // UNITS[unit],
        delay_unit=unit,
        percent=rules.percent,
        days_between=rules.days_between,
        low_score=rules.low_score,
        follow_up_owner=rules.follow_up_owner,
        follow_up_days=rules.follow_up_days,
    )


def _fits(rules: settings.Rules, unit: str) -> bool:
    return unit == "minutes" or rules.delay_minutes >= UNITS[unit]


def _summary(rules: settings.Rules) -> Summary:
    form = _form(rules)
    amount, unit = form.delay.data, form.delay_unit.data
    if unit == "days":
        delay = ngettext("a day after", "%(num)s days after", amount)
    elif unit == "hours":
        delay = ngettext("an hour after", "%(num)s hours after", amount)
    else:
        delay = ngettext("a minute after", "%(num)s minutes after", amount) if amount else _("as soon as")
    share = _("All customers") if rules.percent == 100 else _("%(percent)s %% of the customers", percent=rules.percent)
    return Summary(
        delay=delay,
        share=share,
        pause=ngettext("a day", "%(num)s days", rules.days_between),
        low=_("%(score)s or less", score=rules.low_score),
        owner=_("the agent whose ticket it was") if rules.follow_up_owner == "agent" else _("the team's supervisor"),
        within=ngettext("a day", "%(num)s days", rules.follow_up_days),
    )


def _shown(brand: Brand) -> Survey:
    """The survey as it is set, or as it is proposed before it was; that one is never stored."""
    found = survey_of(brand.id)
    if found is not None:
        return found
    rules = settings.Rules()
    return Survey(
        brand_id=brand.id, kind="csat", question=rules.question, words=list(rules.words), low_score=rules.low_score
    )
