"""What became of an outgoing message, said for each recipient."""

from dataclasses import dataclass
from datetime import datetime

from ticketdesk.channels.delivery import REPEATABLE
from ticketdesk.web import formatting
from ticketdesk.web.texts import _

MOVING = ("queued", "claimed")
"""States that are over soon, as a rule."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One recipient's state: `look` is "ok", "bad" or nothing."""

    id: int
    look: str
    icon: str
    words: str
    can_repeat: bool
    is_moving: bool
    brief: str = ""  # of words in a chat: in as little as stands below them


def of(
    row_id: int,
    recipient: str | None,
    state: str,
    error: str | None,
    response: str | None = None,
    finished_at: str | None = None,
    *,
    leaves: bool = False,
) -> Delivery:
    """The words for one outbox row; one without a recipient waits in the chat to be read.

    `leaves`: its message can still be taken back. `finished_at` is a moment in its ISO form, as JSON has it.
    """
    if recipient is None:
        look, icon, words = _read(state, response)
        brief = _brief(state, response, finished_at)
        return Delivery(row_id, look, icon, words, can_repeat=False, is_moving=state in MOVING, brief=brief)
    if leaves and state == "queued":
        look, icon, words = "", "clock", _("Leaves for %(who)s in a moment", who=recipient)
    elif state in MOVING and error:
        look, icon = "", "warn"
        words = _("Not sent yet to %(who)s, tried again later: %(why)s", who=recipient, why=error)
    else:
        look, icon, words = _words(recipient, state, error or _("no reason was given"))
    return Delivery(row_id, look, icon, words, state in REPEATABLE, state in MOVING)


def _read(state: str, response: str | None) -> tuple[str, str, str]:
    """What became of a message in the chat."""
    if state in MOVING:
        return "", "clock", _("In the chat, not read yet")
    if state == "cancelled":
        return "", "undo", _("Taken back")
    if state != "done":
        return "bad", "warn", _("In the chat; it is not known whether it was read")
    return {
        "read": ("ok", "checks", _("Read in the chat")),
        "mailed": ("", "mail", _("Not read in the chat, sent by mail")),
        "later": ("", "clock", _("In the chat, not read yet; newer words follow it")),
    }.get(response or "", ("", "clock", _("Waits in the chat: there is no address to mail it to")))


def _brief(state: str, response: str | None, finished_at: str | None) -> str:
    """Whether, and when, words in the chat were read."""
    if state == "done" and response == "read" and finished_at is not None:
        return _("Read %(when)s", when=formatting.clock(datetime.fromisoformat(finished_at)))
    if state in MOVING or (state == "done" and response in (None, "later", "waits")):
        return _("Not read yet")
    return ""


def _words(recipient: str, state: str, error: str) -> tuple[str, str, str]:
    if state in ("queued", "claimed"):
        return "", "clock", _("Sending to %(who)s", who=recipient)
    if state in ("sent", "done"):
        return "", "check", _("Sent to %(who)s", who=recipient)
    if state == "delivered":
        return "ok", "checks", _("Delivered to %(who)s", who=recipient)
    if state == "bounced":
        return "bad", "bounce", _("Bounced at %(who)s: %(why)s", who=recipient, why=error)
    if state == "ambiguous":
        return "bad", "warn", _("It is not certain that this reached %(who)s: %(why)s", who=recipient, why=error)
    if state == "cancelled":
        return "", "undo", _("Taken back before it left")
    return "bad", "warn", _("Not sent to %(who)s: %(why)s", who=recipient, why=error)
