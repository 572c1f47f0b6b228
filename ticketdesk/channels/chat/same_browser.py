"""Which identities were used in the same browser: a visitor, and the address that was typed there."""

from collections.abc import Collection

from sqlalchemy import Select, select, union

from ticketdesk.channels.chat.visitor import Visitor


def identities(identity_ids: Collection[int]) -> Select[int]:
    """The ids of those that stood beside some identities in a browser; it proves nothing (SEMANTICS 2)."""
    typed = select(Visitor.email_identity_id).where(
        Visitor.identity_id.in_(identity_ids), Visitor.email_identity_id.is_not(None)
    )
    visited = select(Visitor.identity_id).where(
        Visitor.email_identity_id.in_(identity_ids), Visitor.identity_id.is_not(None)
    )
    both = union(typed, visited).subquery()
    return select(both.c[0])
