"""What visitors type about themselves, a name and an address, in the form in which it is kept."""

from ticketdesk.channels import mailbox as mailboxes
from ticketdesk.channels.email import addresses
from ticketdesk.channels.email.identifiers import without_token
from ticketdesk.channels.inbound import TURNING
from ticketdesk.core.errors import Invalid

LONGEST_NAME = 120
LONGEST_ADDRESS = 254


def name(words: str) -> str:
    """A typed name that runs in its letters' own direction, as the names that come with messages do."""
    return words.translate(TURNING)[:LONGEST_NAME]


def address(email: str) -> str:
    """A typed address in the form in which addresses are compared; raises Invalid for none, and for one of ours."""
    normal = addresses.normalise(email)
    if len(normal) > LONGEST_ADDRESS or not addresses.is_address(normal):
        raise Invalid("This does not look like a mail address.", "email")
    if {normal, without_token(normal)} & mailboxes.addresses():
        raise Invalid("This is our own address. Where shall the answer go?", "email")
    return normal
