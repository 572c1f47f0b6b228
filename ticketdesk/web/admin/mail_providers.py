"""How this desk is known to the providers whose mailboxes are opened by token."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from ticketdesk.channels.email import oauth_clients
from ticketdesk.channels.email.oauth_providers import PROVIDERS, Provider
from ticketdesk.core.db import db
from ticketdesk.web.admin import door, mailbox_connection
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.forms import Form, plain
from ticketdesk.web.texts import _


class ProviderForm(Form):
    """What a provider gave us; the secret is written, never shown."""

    client_id = StringField(
        "Client ID", [InputRequired("The client ID, please."), Length(max=oauth_clients.LONGEST)], filters=[plain]
    )
    client_secret = PasswordField("Client secret", [Length(max=oauth_clients.LONGEST)])
    tenant = StringField(
        "Directory (tenant)",
        [Length(max=100)],
        filters=[plain],
        description="Its ID or domain. Empty: any directory may let us in.",
    )


@blueprint.get("/mailboxes/providers")
def mail_providers() -> str:
    """Both providers."""
    return _page({})


@blueprint.post("/mailboxes/providers/<provider>")
def change_mail_provider(provider: str) -> Response | tuple[str, int]:
    """Set one up."""
    form = _form(oauth_clients.provider(provider))
    if form.validate():
        with form.refusals():
            secret, tenant = form.client_secret.data or None, form.tenant.data if "tenant" in form else ""
            oauth_clients.save(provider, form.client_id.data, secret, tenant or "", door.me(), door.now())
            db.session.commit()
            flash(_("Saved."))
            return redirect(url_for("admin.mail_providers"))
    return _page({provider: form}), 422


@blueprint.post("/mailboxes/providers/<provider>/removal")
def remove_mail_provider(provider: str) -> Response:
    """Forget one."""
    oauth_clients.remove(provider, door.me(), door.now())
    db.session.commit()
    flash(_("Removed."))
    return redirect(url_for("admin.mail_providers"))


def _form(provider: Provider, **shown: object) -> ProviderForm:
    form = ProviderForm(formdata=None, **shown) if shown else ProviderForm()
    for field in form:
        field.id = f"{provider.name}-{field.id}"  # the page has two of each
    if not provider.has_tenants:
        del form.tenant
    return form


def _page(sent: dict[str, ProviderForm]) -> str:
    clients = oauth_clients.of_all()
    forms = dict(sent)
    for name, provider in PROVIDERS.items():
        client = clients.get(name)
        tenant = client.tenant if client and client.tenant != oauth_clients.ANY_TENANT else ""
        forms.setdefault(name, _form(provider, client_id=client.client_id if client else "", tenant=tenant))
    return render_template(
        "admin/mail_providers.html",
        forms={name: forms[name] for name in PROVIDERS},
        sent=sent,
        clients=clients,
        providers=PROVIDERS,
        back=mailbox_connection.back(),
    )
