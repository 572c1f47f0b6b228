"""What one version of a policy says otherwise than another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ticketdesk.sla.editing import Words
from ticketdesk.sla.policies import CONDITIONS, METRICS, Metric
from ticketdesk.web import spans
from ticketdesk.web.admin import policy_names, policy_words
from ticketdesk.web.admin.policy_names import PRIORITIES, Called
from ticketdesk.web.texts import _, ngettext

Targets = Mapping[str, Mapping[Metric, int]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that was said in one way and then in another."""

    what: str
    was: str
    becomes: str


def between(before: Words, after: Words, called: Called) -> list[Difference]:
    """All differences, in the order in which the form asks."""
    found = [
        *_conditions(before, after, called),
        *_targets(before.targets, after.targets, "%(priority)s, %(metric)s", _("nothing promised")),
        *_targets(before.chat_targets, after.chat_targets, _("%(priority)s, %(metric)s in a chat"), _("as by mail")),
        _difference(_("The solution waits"), _waits(before.pause_categories), _waits(after.pause_categories)),
        _difference(_("Counted in"), called.counting(before.calendar_id).name, called.counting(after.calendar_id).name),
        _difference(_("Warns when"), _left(before.warn_percent), _left(after.warn_percent)),
        _difference(_("Customers are told ahead"), _yes(before.tells_ahead), _yes(after.tells_ahead)),
    ]
    if list(before.steps) != list(after.steps):
        found.append(Difference(_("Steps"), _steps(len(before.steps)), _steps(len(after.steps))))
    return [one for one in found if one is not None]


def _conditions(before: Words, after: Words, called: Called) -> Iterable[Difference | None]:
    names = {"queue_id": _("Queues"), "brand_id": _("Brands"), "priority": _("Priorities"), "channel": _("Channels")}
    for name in CONDITIONS:
        was, becomes = set(before.conditions.get(name) or ()), set(after.conditions.get(name) or ())
        if was != becomes:
            yield Difference(
                names[name],
                policy_words.any_of(name, was, called) or _("all"),
                policy_words.any_of(name, becomes, called) or _("all"),
            )


def _targets(before: Targets, after: Targets, pattern: str, nothing: str) -> Iterable[Difference | None]:
    for priority in PRIORITIES:
        for metric in METRICS:
            was, becomes = before.get(priority, {}).get(metric), after.get(priority, {}).get(metric)
            what = pattern % {
                "priority": policy_names.priority(priority),
                "metric": policy_names.metric(metric).lower(),
            }
            yield _difference(
                what,
                nothing if was is None else spans.spoken(was),
                nothing if becomes is None else spans.spoken(becomes),
            )


def _difference(what: str, was: str, becomes: str) -> Difference | None:
    return None if was == becomes else Difference(what, was, becomes)


def _waits(categories: Iterable[str]) -> str:
    words = {"open": _("while open"), "pending": _("while pending"), "on_hold": _("while on hold")}
    return spans.listed([words.get(name, name) for name in sorted(categories, reverse=True)]) or _("never")


def _left(percent: int) -> str:
    return _("%(n)s %% are left", n=percent) if percent else _("never")


def _yes(value: bool) -> str:
    return _("yes") if value else _("no")


def _steps(number: int) -> str:
    return ngettext("%(num)s step", "%(num)s steps", number) if number else _("none")
