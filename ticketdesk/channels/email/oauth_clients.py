"""This desk introduced to providers: the client ID and secret that each of them gave us."""

import re
from datetime import datetime

from sqlalchemy import exists, select

from ticketdesk.channels.email.oauth_providers import PROVIDERS, Provider
from ticketdesk.channels.email.oauth_rows import OAuthClient, OAuthGrant
from ticketdesk.core import audit, secrets
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound

LONGEST = 500
ANY_TENANT = "common"
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}")


def provider(name: str) -> Provider:
    """One of those we know; raises NotFound."""
    found = PROVIDERS.get(name)
    if found is None:
        raise NotFound("There is no such provider.")
    return found


def of_all() -> dict[str, OAuthClient]:
    """Those that are set up, by provider."""
    return {client.provider: client for client in db.session.scalars(select(OAuthClient))}


def save(name: str, client_id: str, client_secret: str | None, tenant: str, by: Actor, at: datetime) -> None:
    """Set a provider up; a secret of None keeps the one that is there. Raises Invalid and NotFound."""
    whom = provider(name)
    client_id, tenant = client_id.strip(), tenant.strip() or ANY_TENANT
    if not 0 < len(client_id) <= LONGEST or not client_id.isascii() or not client_id.isprintable():
        raise Invalid("Give the client ID as the provider shows it.", "client_id")
    if whom.has_tenants and _TENANT.fullmatch(tenant) is None:
        raise Invalid("This is the ID of a directory, or its domain.", "tenant")
    client = db.session.get(OAuthClient, name, with_for_update=True)
    if client is None:
        if not client_secret:
            raise Invalid("Give the client secret as well.", "client_secret")
        client = OAuthClient(provider=name)
        db.session.add(client)
    client.client_id, client.tenant = client_id, tenant if whom.has_tenants else ""
    if client_secret:
        client.client_secret = secrets.encrypted(client_secret.strip())
    db.session.flush()
    audit.note("oauth_client_saved", "oauth_client", None, by, at, {"provider": name, "secret": bool(client_secret)})


def remove(name: str, by: Actor, at: datetime) -> None:
    """Forget a provider; raises Conflict while mailboxes are connected by it, and NotFound."""
    client = db.session.get(OAuthClient, name, with_for_update=True)
    if client is None:
        raise NotFound("This provider is not set up.")
    if db.session.scalar(select(exists().where(OAuthGrant.provider == name))):
        raise Conflict("Mailboxes are connected by it. Disconnect them first.")
    db.session.delete(client)
    db.session.flush()
    audit.note("oauth_client_removed", "oauth_client", None, by, at, {"provider": name})
