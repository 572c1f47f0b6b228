"""Who would newly see what, in words: each customer by name, colleagues together."""

from collections.abc import Sequence

from ticketdesk.tickets.audience import Gain
from ticketdesk.web.texts import _, ngettext

MANY_NAMES = 3


def sentences(gains: Sequence[Gain]) -> list[str]:
    """One for each customer, and one for colleagues who would see the same."""
    said = [_would_see(gain.name, gain) for gain in gains if not gain.is_agent]
    colleagues: dict[tuple[int, int], list[Gain]] = {}
    for gain in gains:
        if gain.is_agent:
            colleagues.setdefault((gain.number, gain.messages), []).append(gain)
    for group in colleagues.values():
        names = ", ".join(gain.name for gain in group[:MANY_NAMES])
        more = len(group) - MANY_NAMES
        if more > 0:
            names = ngettext("%(names)s and one more", "%(names)s and %(num)s more", more, names=names)
        said.append(_would_see(_("At the desk: %(names)s", names=names), group[0]))
    return said


def _would_see(names: str, gain: Gain) -> str:
    many = ngettext("one message", "%(num)s messages", gain.messages)
    return _("%(names)s: %(many)s of #%(number)s", names=names, many=many, number=gain.number)
