"""What a policy says, in sentences that need no table to be understood."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ticketdesk.sla.editing import Words
from ticketdesk.sla.policies import METRICS, Fact, Medium, Metric, Policy
from ticketdesk.web import spans
from ticketdesk.web.admin import policy_names
from ticketdesk.web.admin.policy_names import PRIORITIES, Called, Counting
from ticketdesk.web.formatting import HOUR
from ticketdesk.web.texts import _

Line = list[tuple[str, bool]]
"""Pieces of a sentence, and whether each is what one looks for in it."""

LEADS = (":", ": ")

Targets = Mapping[str, Mapping[Metric, int]]


@dataclass(frozen=True, slots=True)
class Plain:
    """A policy in plain words: whom it is for, what it promises them, and how that is counted."""

    whom: Line
    promises: list[Line]
    chats: list[Line]
    after: list[Line]

    @property
    def is_short(self) -> bool:
        """Whether all priorities are promised the same, so that one sentence says whom and what."""
        return len(self.promises) == 1 and not self.promises[0][0][0].endswith(LEADS)

    @property
    def text(self) -> str:
        """All of it without emphasis."""
        return " ".join("".join(piece for piece, _strong in line) for line in self.lines)

    @property
    def lines(self) -> list[Line]:
        """All sentences in their order."""
        return [self.whom, *self.promises, *self.chats, *self.after]


def plain(words: Words, called: Called) -> Plain:
    """The policy in plain words."""
    counting = called.counting(words.calendar_id)
    asked = [str(name) for name in words.conditions.get("priority", ())]
    return Plain(
        whom=_whom(words, called),
        promises=_promises(words.targets, asked, counting, in_chat=False),
        chats=_promises(words.chat_targets, asked, counting, in_chat=True),
        after=_after(words, asked, counting),
    )


def any_of(condition: str, values: Iterable[int | str], called: Called) -> str:
    """What a condition allows: "Billing or Trade"."""
    order = {name: index for index, name in enumerate(PRIORITIES)}
    in_order = sorted(values, key=lambda value: (order.get(str(value), 0), str(value)))
    return spans.either([called.value(condition, value) for value in in_order])


def promised(policy: Policy, facts: Mapping[str, Fact], called: Called) -> list[tuple[str, str]]:
    """What such a ticket is promised, as names and times."""
    medium: Medium = "chat" if facts["channel"] == "chat" else "mail"
    counting = called.counting(policy.calendar_id)
    found = []
    for metric in METRICS:
        target = policy.target(metric, str(facts["priority"]), medium)
        if target is not None:
            found.append((policy_names.metric(metric), spans.spoken(target, counting.day_s)))
    return found


def _whom(words: Words, called: Called) -> Line:
    """ "Urgent tickets in Billing or Trade that come by chat:" """
    asked = {name: any_of(name, allowed, called) for name, allowed in words.conditions.items() if allowed}
    if not asked:
        return [(_("Every ticket"), True), (":", False)]
    found: Line = [(_("Tickets"), False)]
    for name, lead in (
        ("priority", _("of priority")),
        ("queue_id", _("in")),
        ("brand_id", _("of the brand")),
        ("channel", _("that come by")),
    ):
        if name in asked:
            found += [(f" {lead} ", False), (asked[name], True)]
    return [*found, (":", False)]


def _promises(targets: Targets, asked: Sequence[str], counting: Counting, *, in_chat: bool) -> list[Line]:
    """A sentence for each group of priorities that are promised the same."""
    groups: dict[tuple[tuple[Metric, int], ...], list[str]] = {}
    for priority in PRIORITIES:
        promised = targets.get(priority, {})
        if key := tuple((metric, promised[metric]) for metric in METRICS if metric in promised):
            groups.setdefault(key, []).append(priority)
    everyone = len(asked or PRIORITIES)
    lines = []
    for key, priorities in groups.items():
        goes_for_all = len(priorities) == everyone and set(priorities) >= set(asked)
        lines.append([*_lead(priorities, goes_for_all, in_chat), *_targets(key, counting), (".", False)])
    without = [name for name in PRIORITIES if name in (asked or PRIORITIES) and not targets.get(name)]
    if lines and without and not in_chat:
        names = spans.listed([policy_names.priority(name) for name in without])
        lines.append([(_("%(priorities)s: nothing is promised.", priorities=names), False)])
    return lines


def _lead(priorities: list[str], goes_for_all: bool, in_chat: bool) -> Line:
    names = spans.listed([policy_names.priority(name) for name in priorities])
    if in_chat and goes_for_all:
        return [(_("While the talk is a chat:"), False), (" ", False)]
    if in_chat:
        return [(_("%(priorities)s, while the talk is a chat:", priorities=names), False), (" ", False)]
    return [] if goes_for_all else [(f"{names}: ", False)]


def _targets(key: tuple[tuple[Metric, int], ...], counting: Counting) -> Line:
    leads = {
        "first_response": _("a first answer within"),
        "next_response": _("next answers within"),
        "resolution": _("solved within"),
    }
    found: Line = []
    for metric, target in key:
        found += [(", ", False)] if found else []
        found += [(f"{leads[metric]} ", False), (spans.spoken(target, counting.day_s), True)]
    return found


def _after(words: Words, asked: Sequence[str], counting: Counting) -> list[Line]:
    lines: list[Line] = [_counted(words, counting)]
    unused = [name for name in PRIORITIES if asked and name not in asked and words.targets.get(name)]
    if unused:
        names = spans.listed([policy_names.priority(name).lower() for name in unused])
        lines.append([(_("What it says for %(priorities)s is never used.", priorities=names), False)])
    if words.warn_percent:
        lines.append([(_("Warns when") + " ", False), (_share(words.warn_percent), True), (" " + _("is left."), False)])
    else:
        lines.append([(_("Never warns."), False)])
    if words.tells_ahead:
        lines.append([(_("The customer is told before a promised time passes unkept."), False)])
    return lines


def _counted(words: Words, counting: Counting) -> Line:
    line: Line = [(_("Counted in") + " ", False), (counting.name, True)]
    if counting.day_s and counting.day_s != 24 * HOUR:
        line.append((_(", %(span)s a day", span=spans.spoken(counting.day_s)), False))
    if not any("resolution" in targets for targets in words.targets.values()):
        return [*line, (".", False)]
    waits = {
        "open": _("the ticket is open"),
        "pending": _("we wait for the customer"),
        "on_hold": _("we wait for somebody else"),
    }
    while_ = [waits[name] for name in ("open", "pending", "on_hold") if name in words.pause_categories]
    if not while_:
        return [*line, (_("; the solution never waits."), False)]
    return [*line, (_("; the solution waits while %(waits)s.", waits=spans.either(while_)), False)]


def _share(percent: int) -> str:
    shares = {25: _("a quarter"), 50: _("half"), 75: _("three quarters")}
    return shares.get(percent, _("%(n)s %%", n=percent))
