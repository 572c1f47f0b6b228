"""Brands: under which name, colour and logo customers are met."""

from flask import flash, redirect, render_template, url_for
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response
from wtforms import FileField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from ticketdesk.brands import colours, editing
from ticketdesk.brands.brand import Brand
from ticketdesk.channels import signing
from ticketdesk.channels.form.form import Form as Built
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core.db import db
from ticketdesk.web import locales
from ticketdesk.web.admin import door, signatures
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.admin.signatures import SignatureForm
from ticketdesk.web.forms import Form, plain
from ticketdesk.web.texts import _


class BrandForm(Form):
    """How a brand presents itself; `look` and `instead` show another colour and save nothing."""

    name = StringField(
        "Name",
        [InputRequired("A name, please."), Length(max=editing.LONGEST_NAME)],
        filters=[plain],
        description="Customers see it on pages and in mail.",
    )
    slug = StringField(
        "Short name",
        [InputRequired("A short name, please."), Length(max=editing.LONGEST_SLUG)],
        filters=[plain],
        description="In addresses: small letters, digits and dashes, as in harbour-pine.",
    )
    locale = SelectField("Language", choices=locales.languages)
    timezone = SelectField(
        "Time zone",
        choices=locales.zones,
        description="The clock by which customers are told when to expect an answer.",
    )
    colour = StringField(
        "Colour", [InputRequired("A colour, please."), Length(max=7)], filters=[plain], default="#6b2c64"
    )
    look = HiddenField(validators=[Length(max=5)])
    instead = HiddenField(validators=[Length(max=7)])

    def only_looks(self) -> bool:
        """Whether another colour shall be shown and nothing saved."""
        if colours.is_colour(self.instead.data or ""):
            self.colour.data = self.instead.data
        return bool(self.look.data or self.instead.data)

    def setup(self, host_name: str | None = None) -> editing.Setup:
        """What was filled in; the host is not asked for here and stays."""
        return editing.Setup(
            self.name.data, self.slug.data, self.locale.data, self.timezone.data, self.colour.data, host_name or ""
        )


class LogoForm(Form):
    """A picture."""

    logo = FileField("Picture", description="PNG, JPEG or WebP, at most 512 KB. It stands on the colour above.")


@blueprint.get("/brands")
def brands() -> str:
    """All brands."""
    mailboxes = select(func.count()).where(Mailbox.brand_id == Brand.id, Mailbox.disabled_at.is_(None))
    forms = select(func.count()).where(Built.brand_id == Brand.id, Built.disabled_at.is_(None))
    rows = db.session.execute(
        select(Brand, mailboxes.scalar_subquery(), forms.scalar_subquery()).order_by(
            Brand.is_default.desc(), Brand.name
        )
    ).all()
    return render_template("admin/brands.html", rows=rows)


@blueprint.get("/brands/new")
def new_brand() -> str:
    """A form for another brand."""
    return _new(BrandForm(formdata=None, locale="en", timezone="UTC"))


@blueprint.post("/brands")
def create_brand() -> Response | str | tuple[str, int]:
    """Make a brand."""
    form = BrandForm()
    if form.only_looks():
        return _new(form)
    if form.validate():
        with form.refusals():
            made = editing.create(form.setup(), door.me(), door.now())
            return _saved(made.id, _("Brand made. Forms and chats can now stand under it."))
    return _new(form), 422


@blueprint.get("/brands/<int:brand_id>")
def brand(brand_id: int) -> str:
    """One brand."""
    found = door.find(Brand, brand_id)
    return _page(found)


@blueprint.post("/brands/<int:brand_id>")
def change_brand(brand_id: int) -> Response | str | tuple[str, int]:
    """Let a brand present itself in another way."""
    found, form = door.find(Brand, brand_id), BrandForm()
    if form.only_looks():
        return _page(found, form)
    if form.validate():
        with form.refusals():
            editing.change(found, form.setup(found.host_name), door.me(), door.now())
            return _saved(brand_id)
    return _page(door.find(Brand, brand_id), form), 422


@blueprint.post("/brands/<int:brand_id>/logo")
def give_logo(brand_id: int) -> Response | tuple[str, int]:
    """Show a picture beside the name."""
    found, form = door.find(Brand, brand_id), LogoForm()
    if form.validate():
        with form.refusals():
            given = form.logo.data
            content = given.read(editing.LARGEST_LOGO + 1) if isinstance(given, FileStorage) else b""
            editing.give_logo(found, content, door.me(), door.now())
            return _saved(brand_id)
    return _page(door.find(Brand, brand_id), logo=form), 422


@blueprint.post("/brands/<int:brand_id>/logo/removal")
def remove_logo(brand_id: int) -> Response:
    """Show the name alone."""
    editing.remove_logo(door.find(Brand, brand_id), door.me(), door.now())
    return _saved(brand_id)


@blueprint.post("/brands/<int:brand_id>/signature")
def sign_brand(brand_id: int) -> Response | tuple[str, int]:
    """Let replies of this brand end so."""
    found, form = door.find(Brand, brand_id), SignatureForm()
    if form.validate():
        with form.refusals():
            signing.give_brand(found, form.signature.data or "", door.me(), door.now())
            return _saved(brand_id)
    return _page(door.find(Brand, brand_id), signature=form), 422


@blueprint.post("/brands/<int:brand_id>/default")
def make_default_brand(brand_id: int) -> Response:
    """Let this brand stand where none is named."""
    editing.make_default(door.find(Brand, brand_id), door.me(), door.now())
    return _saved(brand_id)


def _saved(brand_id: int, words: str | None = None) -> Response:
    db.session.commit()
    flash(words or _("Saved."))
    return redirect(url_for("admin.brand", brand_id=brand_id))


def _new(form: BrandForm) -> str:
    return render_template("admin/brand_new.html", form=form, **_shown(form))


def _page(
    found: Brand,
    form: BrandForm | None = None,
    logo: LogoForm | None = None,
    signature: SignatureForm | None = None,
) -> str:
    """The page of a brand; a form that is not given holds what is kept."""
    form = form or BrandForm(formdata=None, obj=found)
    signature = signature or SignatureForm(formdata=None, obj=found)
    return render_template(
        "admin/brand.html",
        found=found,
        form=form,
        logo_form=logo or LogoForm(formdata=None),
        **signatures.about(signature, found.name),
        **_shown(form),
    )


def _shown(form: BrandForm) -> dict[str, object]:
    """The colour as it would be used, and what to say of it."""
    given = (form.colour.data or "").lower()
    chosen = given if colours.is_colour(given) else "#6b2c64"
    near = colours.nearest(chosen)
    words = colours.words_on(near)
    return {
        "look": colours.derived(near),
        "near": near if near != chosen else None,
        "contrast": f"{colours.contrast(words, near):.1f}",
    }
