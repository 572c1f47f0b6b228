"""Who the site says its visitor is: proven by what its server signed, ended when they sign out there."""

import secrets

from flask import Response, jsonify, request
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from ticketdesk.channels.chat import attributes as facts
from ticketdesk.channels.chat import (
    identifying,
    introduction,
    setting,
    signed_identity,
    topics,
    visiting,
    widget_secrets,
)
from ticketdesk.channels.chat.signed_identity import Claims, Unproven
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core.db import db
from ticketdesk.web.forms import EmptyForm, Form, plain
from ticketdesk.web.texts import _
from ticketdesk.web.widget import door
from ticketdesk.web.widget.door import blueprint


class IdentityForm(Form):
    """A token, or a user's id with its hash; name and address beside them are only said."""

    user_token = StringField(validators=[Length(max=2 * signed_identity.LONGEST_TOKEN)])
    user_id = StringField(validators=[Length(max=signed_identity.LONGEST_ID)])
    user_hash = StringField(validators=[Length(max=signed_identity.LONGEST_ID)])
    name = StringField(validators=[Length(max=introduction.LONGEST_NAME)], filters=[plain])
    email = StringField(validators=[Length(max=introduction.LONGEST_ADDRESS)], filters=[plain])
    page = StringField(validators=[Length(max=visiting.LONGEST_PAGE)])
    referrer = StringField(validators=[Length(max=visiting.LONGEST_PAGE)])
    attributes = TextAreaField(validators=[Length(max=facts.LONGEST)])
    language = StringField(validators=[Length(max=setting.LONGEST)])
    timezone = StringField(validators=[Length(max=setting.LONGEST)])


class AttributesForm(Form):
    """What the site's page says of its visitor, and what a signed one chose to write about."""

    topic = StringField(validators=[Length(max=topics.LONGEST)], filters=[plain])
    attributes = TextAreaField(validators=[Length(max=facts.LONGEST)])
    page = StringField(validators=[Length(max=visiting.LONGEST_PAGE)])


@blueprint.post("/widget/<key>/identity")
def identify(key: str) -> tuple[Response, int]:
    """Recognise the visitor; what is wrong with a proof is a code for whoever builds the site, and no more."""
    widget, form = door.widget(key), IdentityForm()
    door.taken(form)
    try:
        claims, secret_id = _proof(widget, form)
    except Unproven as refusal:
        db.session.rollback()
        return jsonify(status=403, detail=_("The site could not show who you are."), reason=refusal.reason), 403
    found = facts.understood(form.attributes.data or "")
    visitor, secret = identifying.identify(
        widget,
        claims,
        secret_id,
        _present(widget),
        door.now(),
        name=form.name.data,
        email=form.email.data,
        page=form.page.data or "",
        referrer=form.referrer.data or "",
    )
    if found:
        visitor.attributes = found
    setting.note(visitor, form.language.data or "", form.timezone.data or "")
    db.session.commit()
    return jsonify(token=secret, name=visitor.name, email=visitor.email or ""), 201 if secret else 200


@blueprint.delete("/widget/<key>/identity")
def forget(key: str) -> tuple[str, int]:
    """They signed out of their site."""
    visitor = door.visitor(door.widget(key))
    door.taken(EmptyForm())
    identifying.forget(visitor, door.now())
    db.session.commit()
    return "", 204


@blueprint.post("/widget/<key>/attributes")
def say_attributes(key: str) -> tuple[str, int]:
    """Keep what the page says of its visitor, for agents to read as what it is."""
    widget, form = door.widget(key), AttributesForm()
    visitor = door.visitor(widget)
    door.taken(form)
    found = facts.understood(form.attributes.data or "")
    topics.check(widget, form.topic.data or "")
    visitor = visiting.locked(visitor)
    visitor.attributes = found or visitor.attributes
    visiting.moved(visitor, form.page.data or "", door.now())
    visitor.topic = form.topic.data or visitor.topic
    db.session.commit()
    return "", 204


def _proof(widget: Widget, form: IdentityForm) -> tuple[Claims, int]:
    """What is proven, and by which secret; raises Unproven."""
    good = widget_secrets.opened(widget_secrets.of(widget))
    known = list(good) or [secrets.token_urlsafe()]  # without any, nothing fits and all takes as long
    if form.user_token.data:
        claims = signed_identity.read_token(form.user_token.data, known, widget.key, door.now())
    else:
        claims = signed_identity.read_hash(form.user_id.data or "", form.user_hash.data or "", known)
    return claims, good[claims.secret]


def _present(widget: Widget) -> Visitor | None:
    """Who this browser was until now; a secret that is good for nothing is as good as none."""
    said = request.authorization
    return visiting.find(widget, said.token) if said is not None and said.token else None
