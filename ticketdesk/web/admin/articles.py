"""The help centre as its writers see it: sections, articles, drafts, and what readers said of them."""

from typing import Literal

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Integer, cast, func, select
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import AnyOf, InputRequired, Length

from ticketdesk.brands.brand import Brand, default_brand
from ticketdesk.core import markdown
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.knowledge import languages, writing
from ticketdesk.knowledge.article import Article, ArticleVote, Section
from ticketdesk.knowledge.writing import Words
from ticketdesk.web.admin import door
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import EmptyForm, Form, has_nul, offered, plain
from ticketdesk.web.texts import _

ICONS = ("book", "truck", "chair", "card", "gear", "key", "phone", "user", "star", "info", "home", "globe")
NAMES = {
    "cs": "Čeština",
    "da": "Dansk",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fi": "Suomi",
    "fr": "Français",
    "hu": "Magyar",
    "it": "Italiano",
    "nl": "Nederlands",
    "no": "Norsk",
    "pl": "Polski",
    "pt": "Português",
    "ro": "Română",
    "ru": "Русский",
    "sv": "Svenska",
    "tr": "Türkçe",
}
"""The languages an article can be in, in their own words."""


class SectionForm(Form):
    """A heading."""

    name = StringField("Name", [InputRequired("A name, please."), Length(max=writing.LONGEST_SECTION)], filters=[plain])
    icon = SelectField("Picture", choices=offered((name, name) for name in ICONS), default="book")


class ArticleForm(Form):
    """An article."""

    title = StringField(
        "Title",
        [InputRequired("A title, please."), Length(max=writing.LONGEST_TITLE)],
        filters=[plain],
        description="In the words of somebody who looks for it.",
    )
    summary = StringField(
        "In one sentence",
        [Length(max=writing.LONGEST_SUMMARY)],
        filters=[plain],
        description="Stands below the title, also while somebody searches.",
    )
    section = SelectField("Section", coerce=int, validators=[InputRequired()])
    language = SelectField("Language", choices=offered(NAMES.items()), default="en")
    body = TextAreaField(
        "Text", [Length(max=writing.LONGEST_BODY)], description="Markdown: ## heading, - list, **bold**."
    )


class MoveForm(Form):
    """One place up or down."""

    direction = StringField(validators=[InputRequired(), AnyOf(["up", "down"])])


@blueprint.get("/articles")
def articles() -> str:
    """All sections with their articles."""
    return _list(SectionForm(formdata=None))


@blueprint.post("/articles/sections")
def create_section() -> Response | tuple[str, int]:
    """Add a section to the help centre of a brand."""
    form = SectionForm()
    if form.validate():
        with form.refusals():
            writing.add_section(_brand().id, form.name.data, form.icon.data, door.me(), door.now())
            db.session.commit()
            flash(_("Section made. Now write its first article."))
            return redirect(_back(_brand()), 303)
    return _list(form), 422


@blueprint.get("/articles/sections/<int:section_id>")
def section(section_id: int) -> str:
    """One section."""
    found = door.find(Section, section_id)
    return _section_page(found, SectionForm(formdata=None, obj=found))


@blueprint.post("/articles/sections/<int:section_id>")
def change_section(section_id: int) -> Response | tuple[str, int]:
    """Call it something else."""
    found, form = door.find(Section, section_id), SectionForm()
    if form.validate():
        with form.refusals():
            writing.change_section(found, form.name.data, form.icon.data, door.me(), door.now())
            db.session.commit()
            flash(_("Saved."))
            return redirect(url_for("admin.section", section_id=section_id), 303)
    return _section_page(found, form), 422


@blueprint.post("/articles/sections/<int:section_id>/move")
def move_section(section_id: int) -> Response:
    """One place up or down."""
    found = door.find(Section, section_id)
    writing.move_section(found, _direction(), door.me(), door.now())
    db.session.commit()
    return redirect(_back(found), 303)


@blueprint.post("/articles/sections/<int:section_id>/removal")
def remove_section(section_id: int) -> Response | tuple[str, int]:
    """Take an empty section away."""
    found, form = door.find(Section, section_id), EmptyForm()
    brand_id = found.brand_id
    if form.validate():
        with form.refusals():
            writing.remove_section(found, door.me(), door.now())
            db.session.commit()
            flash(_("Section removed."))
            return redirect(url_for("admin.articles", brand=brand_id), 303)
    found = door.find(Section, section_id)
    again = SectionForm(formdata=None, obj=found)
    again.form_errors.extend(form.form_errors)
    return _section_page(found, again), 409


@blueprint.get("/articles/new")
def new_article() -> str:
    """An empty page."""
    chosen = db.session.get(Section, request.args.get("section", 0, type=int) % 2**62)
    brand = db.session.get_one(Brand, chosen.brand_id) if chosen is not None else _brand()
    form = _form(None, brand.id)
    form.language.data = languages.of_locale(brand.locale)
    if chosen is not None:
        form.section.data = chosen.id
    return _page(None, form)


@blueprint.post("/articles")
def create_article() -> Response | tuple[str, int]:
    """Keep a new draft."""
    form = _form(request.form, None)
    if form.validate():
        with form.refusals():
            found = writing.write(door.find(Section, form.section.data), _words(form), door.me(), door.now())
            db.session.commit()
            flash(_("Kept as a draft. Customers see it when it is published."))
            return redirect(url_for("admin.article", article_id=found.id), 303)
    return _page(None, form), 422


@blueprint.post("/articles/preview")
def preview_article() -> str:
    """What it would look like; nothing is kept."""
    if has_nul():
        abort(422)
    return render_template("admin/_article_preview.html", **_shown(_form(request.form, None)))


@blueprint.get("/articles/<int:article_id>")
def article(article_id: int) -> str:
    """One article."""
    found = door.find(Article, article_id)
    form = _form(None, found.brand_id, found)
    form.section.data = found.section_id
    return _page(found, form)


@blueprint.post("/articles/<int:article_id>")
def change_article(article_id: int) -> Response | tuple[str, int]:
    """Other words."""
    found = door.find(Article, article_id)
    form = _form(request.form, found.brand_id)
    if form.validate():
        with form.refusals():
            writing.rewrite(found, door.find(Section, form.section.data), _words(form), door.me(), door.now())
            db.session.commit()
            flash(_("Saved."))
            return redirect(url_for("admin.article", article_id=article_id), 303)
    return _page(found, form), 422


@blueprint.post("/articles/<int:article_id>/move")
def move_article(article_id: int) -> Response:
    """One place up or down in its section."""
    found = door.find(Article, article_id)
    writing.move(found, _direction(), door.me(), door.now())
    db.session.commit()
    return redirect(_back(found), 303)


@blueprint.post("/articles/<int:article_id>/publication")
def publish_article(article_id: int) -> Response:
    """Let customers read it."""
    writing.publish(door.find(Article, article_id), door.me(), door.now())
    db.session.commit()
    flash(_("Published."))
    return redirect(url_for("admin.article", article_id=article_id), 303)


@blueprint.post("/articles/<int:article_id>/withdrawal")
def withdraw_article(article_id: int) -> Response:
    """Make it a draft again."""
    writing.withdraw(door.find(Article, article_id), door.me(), door.now())
    db.session.commit()
    flash(_("Withdrawn: it is a draft again."))
    return redirect(url_for("admin.article", article_id=article_id), 303)


def _brand() -> Brand:
    """The brand whose help centre is worked on: the one asked for, else the usual one."""
    wanted = request.args.get("brand", type=int)
    found = default_brand() if wanted is None else db.session.get(Brand, wanted % 2**62)
    if found is None:
        raise NotFound
    return found


def _direction() -> Literal["up", "down"]:
    form = MoveForm()
    if not form.validate():
        raise NotFound
    return "up" if form.direction.data == "up" else "down"


def _back(about: Brand | Section | Article) -> str:
    return url_for("admin.articles", brand=about.id if isinstance(about, Brand) else about.brand_id)


def _form(given: object, brand_id: int | None, about: Article | None = None) -> ArticleForm:
    """The form with the sections of a brand to choose from; of all brands where the section says which."""
    kept = {} if about is None else {name: getattr(about, name) for name in ("title", "summary", "language", "body")}
    form = ArticleForm(formdata=given, **kept)
    wanted = select(Section).order_by(Section.position, Section.id)
    if brand_id is not None:
        wanted = wanted.where(Section.brand_id == brand_id)
    form.section.choices = offered((one.id, one.name) for one in db.session.scalars(wanted))
    return form


def _words(form: ArticleForm) -> Words:
    return Words(form.title.data, form.summary.data or "", form.body.data or "", form.language.data)


def _list(form: SectionForm) -> str:
    brand = _brand()
    votes = select(func.count()).where(ArticleVote.article_id == Article.id).scalar_subquery()
    helped = (
        select(func.coalesce(func.sum(cast(ArticleVote.helpful, Integer)), 0))
        .where(ArticleVote.article_id == Article.id)
        .scalar_subquery()
    )
    sections = db.session.scalars(
        select(Section).where(Section.brand_id == brand.id).order_by(Section.position, Section.id)
    ).all()
    rows = db.session.execute(
        select(Article, votes, helped).where(Article.brand_id == brand.id).order_by(Article.position, Article.id)
    ).all()
    return render_template(
        "admin/articles.html",
        of=brand,
        brands=db.session.scalars(select(Brand).order_by(Brand.name)).all(),
        sections=[(one, [row for row in rows if row[0].section_id == one.id]) for one in sections],
        form=form,
    )


def _section_page(found: Section, form: SectionForm) -> str:
    many = db.session.scalar(select(func.count()).where(Article.section_id == found.id))
    return render_template("admin/article_section.html", section=found, form=form, many=many)


def _page(found: Article | None, form: ArticleForm) -> str:
    return render_template("admin/article.html", article=found, form=form, **_shown(form))


def _shown(form: ArticleForm) -> dict[str, object]:
    """The article as readers would see it."""
    return {
        "title": form.title.data or "",
        "summary": form.summary.data or "",
        "language": form.language.data if form.language.data in NAMES else "en",
        "body": markdown.article((form.body.data or "")[: writing.LONGEST_BODY]),
    }
