"""What a simulation found, as its page and its spreadsheets say it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from ticketdesk.core.db import db
from ticketdesk.reports.paired import Paired, mcnemar
from ticketdesk.reports.statistics import Share, share
from ticketdesk.sla.policies import METRICS
from ticketdesk.sla.simulation import SlaSimulation
from ticketdesk.sla.tallying import Dimension, Tallies, measured, tightest
from ticketdesk.tickets.queue import Queue
from ticketdesk.web import labels
from ticketdesk.web.admin import policy_names
from ticketdesk.web.texts import _, ngettext

SHARES = (90, 95)
"""The parts of a hundred for which the tightest target is looked for."""


@dataclass(frozen=True, slots=True)
class Line:
    """One part of the work under both: shares in target, and how many verdicts change which way."""

    key: str
    name: str
    was: Share | None
    would: Share | None
    lost: int
    won: int
    judged: int  # with a verdict on both sides
    was_open: int
    would_open: int
    was_changed: int
    would_changed: int
    newly: int  # promised under the draft only
    dropped: int  # promised as it was only

    @property
    def points(self) -> float | None:
        """How much higher the share is under the draft, between -1 and 1."""
        return None if self.was is None or self.would is None else self.would.value - self.was.value


@dataclass(frozen=True, slots=True)
class Tightest:
    """The least targets that would have held, in business seconds."""

    metric: str
    priority: str
    target_s: int | None  # what the draft promises by mail; None when a draft of hours says nothing of it
    counted: int
    never: int
    held: Sequence[int | None]  # for each of SHARES


def lines(simulation: SlaSimulation, metric: str, dimension: Dimension) -> list[Line]:
    """The parts of one metric, those with most verdicts first."""
    counts = Tallies(simulation.tallies or None).counts(metric, dimension)
    names = {"all": policy_names.metric(metric)} if dimension == "all" else _names(dimension, list(counts))
    found = [_line(key, names.get(key, key), count) for key, count in counts.items()]
    return sorted(found, key=lambda line: (-line.judged, line.name))


def overall(simulation: SlaSimulation) -> dict[str, Line]:
    """All of each metric that has a clock at all."""
    tallies = Tallies(simulation.tallies or None)
    found = {metric: tallies.counts(metric, "all").get("all") for metric in METRICS}
    return {metric: _line("all", policy_names.metric(metric), count) for metric, count in found.items() if count}


def _line(key: str, name: str, count: dict[str, int]) -> Line:
    def of(side: str) -> Share | None:
        met = count.get(f"{side}_met", 0)
        return share(met, met + count.get(f"{side}_missed", 0))

    return Line(
        key,
        name,
        of("was"),
        of("would"),
        count.get("lost", 0),
        count.get("won", 0),
        count.get("judged", 0),
        count.get("was_open", 0),
        count.get("would_open", 0),
        count.get("was_changed", 0),
        count.get("would_changed", 0),
        count.get("was_none", 0),
        count.get("would_none", 0),
    )


def _names(dimension: Dimension, keys: Sequence[str]) -> dict[str, str]:
    if dimension == "queue":
        rows = db.session.execute(select(Queue.id, Queue.name).where(Queue.id.in_([int(key) for key in keys])))
        return {str(row.id): row.name for row in rows}
    if dimension == "channel":
        return labels.channels()
    return labels.priorities()


def targets(simulation: SlaSimulation) -> list[Tightest]:
    """The tightest targets by metric and priority, where anything was measured."""
    tallies = Tallies(simulation.tallies or None)
    words = simulation.draft.get("words")
    found = []
    for metric in METRICS:
        needs = tallies.needs(metric)
        for priority in policy_names.PRIORITIES:
            need = needs.get(priority)
            if need is None:
                continue
            target = words["targets"].get(priority, {}).get(metric) if words else None
            held = [tightest(need, percent) for percent in SHARES]
            found.append(Tightest(metric, priority, target, measured(need), need["never"], held))
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """A comparison in plain words."""

    test: Paired
    changes: str
    meaning: str


def said(line: Line, metric: str) -> Said:
    """What changes, and whether chance alone would do that."""
    test = mcnemar(line.lost, line.won)
    if not line.judged:
        return Said(test, _("Nothing has a verdict on both sides."), _("So there is nothing to compare."))
    if not line.lost and not line.won:
        changes = ngettext(
            "The only verdict stays what it was.", "All %(num)s verdicts stay what they were.", line.judged
        )
        return Said(test, changes, _("The draft makes no difference here."))
    if metric == "resolution":
        late = ngettext(
            "%(num)s solution would have become late", "%(num)s solutions would have become late", line.lost
        )
    else:
        late = ngettext("%(num)s answer would have become late", "%(num)s answers would have become late", line.lost)
    changes = _("%(late)s, %(won)s in time, of %(judged)s.", late=late, won=line.won, judged=line.judged)
    if test.is_unlikely:
        meaning = _(
            "Hardly chance (p %(p)s): a draft that makes no real difference would seldom be so uneven.", p=_p(test)
        )
    else:
        meaning = _(
            "May well be chance (p %(p)s): a draft that makes no real difference is often as uneven.", p=_p(test)
        )
    return Said(test, changes, meaning)


def _p(test: Paired) -> str:
    """A probability as it is usually written."""
    if test.p < 0.001:
        return "< 0.001"
    return f"= {test.p:.3f}" if test.p < 0.1 else f"= {test.p:.2f}"
