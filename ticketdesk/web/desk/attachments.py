"""Files of messages and of one's own drafts: with the permission of their message, and never run."""

from flask import Response, request
from sqlalchemy import func, or_, select

from ticketdesk.core import storage
from ticketdesk.core.db import db
from ticketdesk.core.errors import NotFound
from ticketdesk.tickets import visibility
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.later_reply import LaterReply
from ticketdesk.tickets.message import Placement
from ticketdesk.tickets.side_conversation import SideConversation, SideMessage
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web import files
from ticketdesk.web.desk import door
from ticketdesk.web.desk.door import blueprint


@blueprint.get("/attachments/<reference>")
def attachment(reference: str) -> Response:
    """One file: for download, or to be looked at when it is a picture and that is asked for."""
    found = db.session.scalar(
        select(Attachment)
        .outerjoin(Placement, (Placement.message_id == Attachment.message_id) & Placement.ended_at.is_(None))
        .outerjoin(LaterReply, LaterReply.id == Attachment.later_reply_id)
        .outerjoin(SideMessage, SideMessage.id == Attachment.side_message_id)
        .outerjoin(SideConversation, SideConversation.id == SideMessage.side_id)
        .outerjoin(
            Ticket, Ticket.id == func.coalesce(Placement.ticket_id, LaterReply.ticket_id, SideConversation.ticket_id)
        )
        .outerjoin(Draft, Draft.id == Attachment.draft_id)
        .where(
            Attachment.reference == reference,
            or_(
                Ticket.id.is_not(None) & visibility.sees(door.me()),
                Draft.agent_id == door.me().id,
            ),
        )
    )
    if found is None:
        raise NotFound("There is no such file.")
    answer = files.shown if request.args.get("view") == "1" else files.download
    return answer(storage.read(found.blob_sha256), found.filename)
