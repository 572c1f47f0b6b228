"""Which channels there are, and how a message leaves by each."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Channel:
    """One kind of channel: the task that hands a message over, and the lane of workers that does it.

    Where a message goes to addresses, the task is done for each of them. Otherwise it can be fetched as soon as it is
    stored, and the task comes once and looks, `patience` later, whether it was.
    """

    kind: str
    task: str
    lane: str
    has_addresses: bool = True
    patience: timedelta = timedelta(0)


CHANNELS = {
    channel.kind: channel
    for channel in (
        Channel("email", task="mail.send", lane="mail"),
        Channel("chat", task="chat.missed", lane="soon", has_addresses=False, patience=timedelta(minutes=2)),
    )
}
"""Every channel by which replies leave."""

OWN_TASKS = {"survey": "mail.survey"}
"""Purposes of mail that need more words than the message holds, by the task that knows them."""
