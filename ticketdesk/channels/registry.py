"""Which channels there are, and how a message leaves by each."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Channel:
    """One kind of channel: the task that hands a message over, and the lane of workers that does it."""

    kind: str
    task: str
    lane: str


CHANNELS = {channel.kind: channel for channel in (Channel("email", task="mail.send", lane="mail"),)}
"""Every channel by which replies leave."""

OWN_TASKS = {"survey": "mail.survey"}
"""Purposes of mail that need more words than the message holds, by the task that knows them."""
