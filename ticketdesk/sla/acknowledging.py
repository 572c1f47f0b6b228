"""What the acknowledgement says of an answer, and that it was promised thereby."""

from datetime import datetime

from ticketdesk.brands.brand import Brand
from ticketdesk.channels.email import acknowledging
from ticketdesk.sla import expectation, promising, wording
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event


def acknowledge(event: Event, now: datetime) -> None:
    """Listener of soon: write to whoever opened a ticket that it has come; the time named in it is a promise."""
    ticket = acknowledging.acknowledge(event, now, words)
    if ticket is not None:
        promising.make(ticket, "acknowledgement", now)


def words(ticket: Ticket, brand: Brand, now: datetime) -> dict[str, str]:
    """By when an answer was promised (`by`), and within what time or by when it usually comes."""
    found = expectation.of_ticket(ticket.id, now)
    said = {"by": "", "usually_within": "", "usually_by": ""}
    if found is None or found.kind == "late":
        return said
    if found.kind == "by":
        said["by"] = wording.moment(found.at, brand)
    if found.usually is not None and found.usually.span_s is not None:
        said["usually_within"] = wording.span(found.usually.span_s, brand.locale)
    elif found.usually is not None:
        said["usually_by"] = wording.moment(found.usually.at, brand)
    return said
