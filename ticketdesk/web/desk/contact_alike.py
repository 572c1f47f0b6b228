"""Who may be the same person as a contact, and why it looks so; an agent decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, literal, select, union

from ticketdesk.accounts.agent import Agent
from ticketdesk.channels.chat import same_browser
from ticketdesk.contacts import linking, resembling
from ticketdesk.contacts.contact import CHATTING, Contact, Identity
from ticketdesk.core.db import db
from ticketdesk.tickets import acquaintances, visibility
from ticketdesk.web.texts import _

MOST = 5


@dataclass(frozen=True, slots=True)
class Alike:
    """Another contact, and what speaks for its being the same person."""

    id: int
    name: str
    why: str


def of(contact: Contact, agent: Agent) -> list[Alike]:
    """Some of them, among those that the agent may see; nobody of whom a person said that they differ."""
    own = linking.identities_of(contact.id)
    if not own:
        return []
    browser = resembling.holders(same_browser.identities([one.id for one in own]))
    named = resembling.by_name_and_domain(contact, own)
    signs = case((Contact.id.in_(browser), literal("browser")), else_=literal("name"))
    rows = db.session.execute(
        select(Contact.id, Contact.name, signs.label("why"))
        .where(
            Contact.id != contact.id,
            Contact.id.in_(union(browser, named)),
            resembling.may_be(own),
            acquaintances.knows(visibility.reader(agent)),
        )
        .order_by(Contact.id.desc())
        .limit(MOST)
    )
    return [Alike(row.id, row.name, _why(row.why, own)) for row in rows]


def _why(sign: str, own: Sequence[Identity]) -> str:
    if sign == "browser":
        if all(one.kind in CHATTING for one in own):
            return _("this address was typed in the same browser")
        return _("an address of this contact was typed in the same browser")
    return _("the same name, and an address at the same domain")
