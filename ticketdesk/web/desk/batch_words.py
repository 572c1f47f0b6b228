"""What became of many tickets, in one or two sentences."""

from ticketdesk.tickets.batching import Done, Skipped, Why
from ticketdesk.web.texts import _, ngettext

NAMED = 10
"""Numbers in a sentence; of the rest it says how many they are."""


def carried_out(what: str, done: Done) -> str:
    """What was done, with how many."""
    words = [what, _tickets(len(done.changed))] if done.changed else [what]
    if done.same:
        words.append(ngettext("one was like that already", "%(num)s were like that already", len(done.same)))
    return " · ".join(words)


def undone(done: Done) -> str:
    """What was put back."""
    return _("Undone: %(tickets)s", tickets=_tickets(len(done.changed)))


def left(skipped: list[Skipped]) -> str:
    """Which tickets stayed as they were, and why; the empty string where there are none."""
    if not skipped:
        return ""
    whys: dict[Why, list[int]] = {}
    for one in skipped:
        whys.setdefault(one.why, []).append(one.number)
    parts = [f"{_numbers(numbers)} {_because(why)}" for why, numbers in whys.items()]
    return _("Not changed: %(tickets)s.", tickets="; ".join(parts))


def _tickets(count: int) -> str:
    return ngettext("one ticket", "%(num)s tickets", count)


def _numbers(numbers: list[int]) -> str:
    named = ", ".join(f"#{number}" for number in numbers[:NAMED])
    more = len(numbers) - NAMED
    return named if more <= 0 else ngettext("%(named)s and one more", "%(named)s and %(num)s more", more, named=named)


def _because(why: Why) -> str:
    """In brackets behind the numbers."""
    if why == "unseen":
        return _("(not there, or not yours to see)")
    if why == "not_allowed":
        return _("(for those who answer for it)")
    if why == "merged":
        return _("(merged into another ticket)")
    if why == "closed":
        return _("(closed for good)")
    if why == "elsewhere":
        return _("(in a queue on which they do not work)")
    if why == "unfilled":
        return _("(fields must be filled in first)")
    if why == "not_asked":
        return _("(in a queue that does not ask it)")
    if why == "hidden":
        return _("(there it refers to something that you cannot see)")
    if why == "changed":
        return _("(changed by somebody since)")
    if why == "left":
        return _("(the reply has left already)")
    return _("(what it had is no longer there)")
