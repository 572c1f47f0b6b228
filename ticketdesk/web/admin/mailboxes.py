"""Mailboxes: the addresses we receive and send at, and how they are."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import BooleanField, EmailField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from ticketdesk.brands.brand import Brand
from ticketdesk.channels import mailboxes as verbs
from ticketdesk.channels import sending_server, signing
from ticketdesk.channels.email import dkim_signing, oauth_clients
from ticketdesk.channels.email.oauth_providers import PROVIDERS
from ticketdesk.channels.email.oauth_rows import OAuthGrant
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core.db import db
from ticketdesk.tickets.queue import Queue
from ticketdesk.web.admin import choices, door, signatures
from ticketdesk.web.admin.door import blueprint
from ticketdesk.web.admin.signatures import SignatureForm
from ticketdesk.web.forms import Form, WholeField, offered, plain
from ticketdesk.web.texts import _

SECURITIES = [("tls", "TLS from the start"), ("starttls", "STARTTLS"), ("none", "None: only inside your own network")]
AFTER_FETCH = [("mark", "Mark it as read"), ("move", "Move it to another folder"), ("leave", "Leave it as it is")]


class MailboxForm(Form):
    """How a mailbox works; the two secrets are written, never shown."""

    name = StringField(
        "Name of the sender",
        [InputRequired("A name, please."), Length(max=verbs.LONGEST_NAME)],
        filters=[plain],
        description="What customers see beside the address.",
    )
    queue_id = SelectField(
        "Queue",
        [InputRequired("Choose a queue.")],
        coerce=int,
        choices=lambda: offered(choices.queues()),
        description="New mail to this address opens tickets here.",
    )
    brand_id = SelectField(
        "Brand",
        coerce=lambda given: int(given) if given else None,
        choices=lambda: offered([("", _("That of the queue")), *choices.brands()]),
        description="Under whose name its mail leaves.",
    )
    acknowledges = BooleanField("Tell customers that their mail has come", default=True)
    trusted_relay = StringField(
        "Relay whose checks we trust",
        [Length(max=253)],
        filters=[plain],
        description="The name your mail server writes first into Authentication-Results. Empty: no sender is proven.",
    )
    imap_host = StringField("Server", [Length(max=253)], filters=[plain], description="Empty: nothing is fetched.")
    imap_port = WholeField("Port", [NumberRange(1, 65535, "Between 1 and 65535.")], default=993)
    imap_security = SelectField("Encryption", choices=offered(SECURITIES), default="tls")
    imap_user = StringField("User", [Length(max=254)], filters=[plain])
    imap_password = PasswordField("Password", [Length(max=500)])
    forget_imap_password = BooleanField("Forget the password")
    imap_folder = StringField("Folder", [Length(max=200)], filters=[plain], default="INBOX")
    after_fetch = SelectField("With mail we have fetched", choices=offered(AFTER_FETCH), default="mark")
    after_folder = StringField(
        "Folder to move it to",
        [Length(max=200)],
        filters=[plain],
        description="It must be there already. Mail is moved when it is safely stored with us.",
    )
    idles = BooleanField("Fetch mail the moment it comes, where the server can tell us", default=True)
    smtp_per_minute = WholeField(
        "At most so many mails a minute",
        [Optional(), NumberRange(1, verbs.MOST_A_MINUTE, f"Between 1 and {verbs.MOST_A_MINUTE}.")],
        description="Some providers refuse more: Microsoft 365 takes 30. Empty: 600.",
    )
    smtp_url = PasswordField(
        "Server to send by",
        [Length(max=1000)],
        description="As in smtp+starttls://user:password@host:587. Empty: the server that all mailboxes share.",
    )
    forget_smtp_url = BooleanField("Forget it and send by the shared server")

    @property
    def setup(self) -> verbs.Setup:
        """What was filled in."""
        return verbs.Setup(
            name=self.name.data,
            queue_id=self.queue_id.data,
            brand_id=self.brand_id.data,
            acknowledges=self.acknowledges.data,
            trusted_relay=self.trusted_relay.data or "",
            imap_host=self.imap_host.data or "",
            imap_port=self.imap_port.data,
            imap_security=self.imap_security.data,
            imap_user=self.imap_user.data or "",
            imap_password="" if self.forget_imap_password.data else self.imap_password.data or None,
            imap_folder=self.imap_folder.data or "INBOX",
            after_fetch=self.after_fetch.data,
            after_folder=self.after_folder.data or "",
            idles=self.idles.data,
            smtp_per_minute=self.smtp_per_minute.data,
            smtp_url="" if self.forget_smtp_url.data else (self.smtp_url.data or "").strip() or None,
        )


class NewMailboxForm(MailboxForm):
    """The same with its address, which never changes afterwards."""

    address = EmailField("Address", [InputRequired("An address, please."), Length(max=254)], filters=[plain])


@blueprint.get("/mailboxes")
def mailboxes() -> str:
    """All mailboxes with their health, and that of the servers by which they send."""
    rows = db.session.execute(
        select(Mailbox, Queue.name)
        .join(Queue, Queue.id == Mailbox.queue_id)
        .order_by(Mailbox.disabled_at.is_not(None), Mailbox.address)
    ).all()
    return render_template("admin/mailboxes.html", rows=rows, servers=sending_server.of_all())


@blueprint.get("/mailboxes/new")
def new_mailbox() -> str:
    """A form for another mailbox."""
    return render_template("admin/mailbox_new.html", form=NewMailboxForm(formdata=None))


@blueprint.post("/mailboxes")
def create_mailbox() -> Response | tuple[str, int]:
    """Make a mailbox."""
    form = NewMailboxForm()
    if form.validate():
        with form.refusals():
            mailbox = verbs.create(form.address.data, form.setup, door.me(), door.now())
            return _saved(mailbox)
    return render_template("admin/mailbox_new.html", form=form), 422


@blueprint.get("/mailboxes/<int:mailbox_id>")
def mailbox(mailbox_id: int) -> str:
    """One mailbox."""
    found = door.find(Mailbox, mailbox_id)
    return _page(found)


@blueprint.post("/mailboxes/<int:mailbox_id>")
def change_mailbox(mailbox_id: int) -> Response | tuple[str, int]:
    """Set a mailbox up in another way."""
    found, form = door.find(Mailbox, mailbox_id), MailboxForm()
    if form.validate():
        with form.refusals():
            verbs.change(found, form.setup, door.me(), door.now())
            return _saved(found)
    return _page(found, form), 422


@blueprint.post("/mailboxes/<int:mailbox_id>/signature")
def sign_mailbox(mailbox_id: int) -> Response | tuple[str, int]:
    """Let replies from this address end so."""
    found, form = door.find(Mailbox, mailbox_id), SignatureForm()
    if form.validate():
        with form.refusals():
            signing.give_mailbox(found, form.signature.data or "", door.me(), door.now())
            return _saved(found)
    return _page(door.find(Mailbox, mailbox_id), signature=form), 422


@blueprint.post("/mailboxes/<int:mailbox_id>/default")
def make_default(mailbox_id: int) -> Response:
    """Let it take what is addressed to none."""
    found = door.find(Mailbox, mailbox_id)
    verbs.make_default(found, door.me(), door.now())
    return _saved(found)


@blueprint.post("/mailboxes/<int:mailbox_id>/disabling")
def disable_mailbox(mailbox_id: int) -> Response:
    """Use it no longer."""
    found = door.find(Mailbox, mailbox_id)
    verbs.disable(found, door.me(), door.now())
    return _saved(found)


@blueprint.post("/mailboxes/<int:mailbox_id>/enabling")
def enable_mailbox(mailbox_id: int) -> Response:
    """Use it again."""
    found = door.find(Mailbox, mailbox_id)
    verbs.enable(found, door.me(), door.now())
    return _saved(found)


@blueprint.post("/mailboxes/<int:mailbox_id>/dkim")
def make_dkim_key(mailbox_id: int) -> Response:
    """Make the key with which mail of this domain will be signed."""
    found = door.find(Mailbox, mailbox_id)
    dkim_signing.make(found, door.me(), door.now())
    db.session.commit()
    flash(_("Key made. Publish its record, then look whether it is there."))
    return redirect(url_for("admin.mailbox", mailbox_id=found.id))


@blueprint.post("/mailboxes/<int:mailbox_id>/dkim/check")
def check_dkim_record(mailbox_id: int) -> Response:
    """Look whether the record is published."""
    found = door.find(Mailbox, mailbox_id)
    key = dkim_signing.check(found, door.now())
    db.session.commit()
    flash(_("The record is there: mail is signed.") if key.problem is None else key.problem)
    return redirect(url_for("admin.mailbox", mailbox_id=mailbox_id))


@blueprint.post("/mailboxes/<int:mailbox_id>/dkim/removal")
def remove_dkim_key(mailbox_id: int) -> Response:
    """Sign mail of this domain no more."""
    found = door.find(Mailbox, mailbox_id)
    dkim_signing.remove(found, door.me(), door.now())
    return _saved(found)


def _shown(found: Mailbox) -> dict[str, Any]:
    """What the form may show of a mailbox: everything but its secrets."""
    secret = ("imap_password", "smtp_url")
    names = [name for name in MailboxForm()._fields if hasattr(found, name) and name not in secret]
    return {name: getattr(found, name) for name in names}


def _saved(found: Mailbox) -> Response:
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("admin.mailbox", mailbox_id=found.id))


def _page(found: Mailbox, form: MailboxForm | None = None, signature: SignatureForm | None = None) -> str:
    """The page of a mailbox; a form that is not given holds what is kept."""
    form = form or MailboxForm(formdata=None, **_shown(found))
    signature = signature or SignatureForm(formdata=None, obj=found)
    grant = db.session.get(OAuthGrant, found.id)
    if grant is not None:
        form.smtp_url.description = _("As in smtp+starttls://user:password@host:587. Empty: that of the provider.")
    return render_template(
        "admin/mailbox.html",
        mailbox=found,
        form=form,
        servers=sending_server.of_all(),
        key=dkim_signing.key_of(found),
        grant=grant,
        providers=PROVIDERS,
        clients=oauth_clients.of_all(),
        **signatures.about(signature, db.session.get_one(Brand, found.brand_id).name),
    )
