"""An agent who answers a chat from their own mailbox: the visitor reads it in the chat."""

from datetime import datetime

from tests.channels.chat.talks import comes, widget_of
from tests.channels.mails import later, mail, message_of, take
from tests.people import World
from ticketdesk.channels.email import identifiers
from ticketdesk.channels.email.identifiers import Named
from ticketdesk.core import tokens


def test_it_goes_into_the_chat(world: World, now: datetime) -> None:
    guest = comes(widget_of(world), now, name="Dana")
    guest.says("Which screw?", now)
    world.mailbox.trusted_relay = "mx.desk.example"
    named = Named("a", guest.ticket.id, world.alice.id)
    signed = identifiers.address(world.mailbox.address, named, tokens.signing_keys()[0])
    proof = ("Authentication-Results", "mx.desk.example; dmarc=pass header.from=desk.example")
    raw = take(
        mail(sender="Alice <alice@desk.example>", to=signed, text="The long one.", headers=[proof]),
        later(now, minutes=1),
        envelope_from="alice@desk.example",
        envelope_to=[signed],
    )
    message = message_of(raw)
    assert (message.direction, message.channel, message.agent_id) == ("out", "chat", world.alice.id)
    assert guest.sees() == ["Which screw?", "The long one."]
