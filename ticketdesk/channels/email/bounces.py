"""Reports that a mail did not arrive, and whom it did not reach."""

from dataclasses import dataclass

from ticketdesk.channels.email.mime import Part
from ticketdesk.channels.email.model import FailedRecipient, Mailbox


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report: the failed addresses and the ids of the mail it returns."""

    failed: tuple[FailedRecipient, ...]
    original_ids: tuple[str, ...]


def read(root: Part, sender: Mailbox | None, subject: str, text: str) -> Report | None:
    """The report that the mail is, or None for ordinary mail."""
    for part in root.walk():
        if part.content_type == "message/delivery-status":
            return Report((), ())
    return None
