"""The answer to "why?" in a sentence or two, and what made it so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ticketdesk.brands.brand import Brand
from ticketdesk.calendars import spans as business
from ticketdesk.calendars.hours import add_business
from ticketdesk.core.db import db
from ticketdesk.sla.explain import Happening, Timer
from ticketdesk.web import formatting, labels, spans
from ticketdesk.web.desk import stood
from ticketdesk.web.desk.causes import Causes
from ticketdesk.web.texts import _


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one clock: the timer, its ticket's events, who did them, and when one asks."""

    timer: Timer
    happenings: Sequence[Happening]
    causes: Causes
    now: datetime


def head(one: Told) -> str:
    """What it comes to."""
    timer = one.timer
    if timer.state == "breached" and timer.breached_at is not None:
        missed = when(timer.breached_at, one.now)
        if timer.late_at_change:
            return _("Late from %(when)s on, when less was promised", when=missed)
        return _("Missed %(when)s", when=missed)
    if timer.state == "met" and timer.stopped_at is not None:
        return _("Met %(when)s", when=when(timer.stopped_at, one.now))
    if timer.state == "ended":
        return _ended(timer)
    if timer.state == "paused":
        return _("It stands still, so it is not due")
    if timer.due_at is None:
        return _("It runs, but the business hours never come to what is promised")
    return _("Due %(when)s", when=when(timer.due_at, one.now))


def joint(timer: Timer) -> str:
    """What stands between that and the reasons."""
    is_due = timer.state == "running" or (timer.state == "breached" and not timer.late_at_change)
    return _(", because") if is_due and timer.due_at is not None else "."


def because(one: Told) -> str:
    """What was promised, by whom, how much of it is used, and how long it stood still."""
    timer = one.timer
    said = [_promised(one), _used(one), _stood_still(one)]
    if timer.state == "breached" and not timer.late_at_change:
        said.insert(1, _after(one))
    return " ".join(sentence for sentence in said if sentence)


def chosen(one: Told) -> str:
    """Why it is this policy's."""
    policy = one.timer.policy
    applied = [
        happening
        for happening in one.happenings
        if happening.kind == "sla_applied" and happening.data.get("policy_version_id") == policy.version_id
    ]
    facts = stood.by_seq(one.happenings, applied[-1].seq if applied else one.happenings[0].seq)
    names = {
        "queue_id": _("it was in %(queue)s", queue=one.causes.names.queue(facts.queue_id)),
        "channel": _("it came by %(channel)s", channel=_channel(facts.channel)),
        "priority": _("its priority was %(priority)s", priority=labels.priority(facts.priority).lower()),
    }
    if "brand_id" in policy.conditions:
        brand = None if facts.brand_id is None else db.session.get(Brand, facts.brand_id)
        names["brand_id"] = _("its brand was %(brand)s", brand="–" if brand is None else brand.name)
    fits = [names[name] for name in ("queue_id", "brand_id", "channel", "priority") if policy.conditions.get(name)]
    since = when(applied[-1].at, one.now) if applied else None
    if fits and since:
        return _(
            "%(policy)s was chosen %(when)s, as the first that fits: %(facts)s.",
            policy=policy.name,
            when=since,
            facts=spans.listed(fits),
        )
    if since:
        return _(
            "%(policy)s was chosen %(when)s, as the first that fits: it is for every ticket.",
            policy=policy.name,
            when=since,
        )
    return ""


def if_so(one: Told) -> str:
    """What would become of it, where that is worth a line."""
    timer = one.timer
    if timer.state == "paused":
        try:
            due = add_business(timer.hours, one.now, timer.target_s - timer.consumed_s)
        except business.NeverOpens:
            return ""
        return _("If it ran on from now, it would be due %(when)s.", when=when(due, one.now))
    if timer.state != "running":
        return ""
    if timer.metric != "resolution":
        return _("Only an answer stops it: whoever waits, waits.")
    names = {"pending": _("pending"), "on_hold": _("on hold"), "open": _("open")}
    waits = [names[name] for name in ("pending", "on_hold") if name in timer.policy.pause_categories]
    return _("It would stand still while the ticket is %(states)s.", states=spans.either(waits)) if waits else ""


def when(at: datetime, now: datetime) -> str:
    """A moment with its time of day, however far away."""
    days = abs((formatting.local(at).date() - formatting.local(now).date()).days)
    near = formatting.moment(at, now)
    return near if days < 7 else f"{near}, {formatting.clock(at)}"


def _promised(one: Told) -> str:
    timer = one.timer
    ends = [moment for moment in (timer.breached_at, timer.stopped_at) if moment is not None]
    facts = stood.by_moment(one.happenings, min(ends, default=one.now))
    in_chat = facts.medium == "chat" and timer.metric in timer.policy.chat_targets.get(facts.priority, {})
    words = {
        "span": spans.short(timer.target_s),
        "priority": labels.priority(facts.priority).lower(),
        "policy": timer.policy.name,
        "number": timer.policy.number,
    }
    if in_chat:
        return _(
            "%(span)s are promised in a chat at %(priority)s priority by %(policy)s (version %(number)s).", **words
        )
    return _("%(span)s are promised at %(priority)s priority by %(policy)s (version %(number)s).", **words)


def _used(one: Told) -> str:
    timer = one.timer
    over = timer.consumed_s - timer.target_s
    if timer.state == "breached" and over > 0:
        return _("%(used)s are used, %(over)s too much.", used=spans.short(timer.consumed_s), over=spans.short(over))
    if timer.stopped_at is not None:
        return _("%(used)s were used.", used=spans.short(timer.consumed_s))
    return _("%(used)s are used.", used=spans.short(timer.consumed_s))


def _after(one: Told) -> str:
    timer = one.timer
    if timer.stopped_at is None:
        return _("Nothing has stopped it since.")
    if timer.ended_reason is not None:
        return _ended(timer) + "."
    if timer.metric == "resolution":
        return _("It was solved %(when)s.", when=when(timer.stopped_at, one.now))
    return _("The answer came %(when)s.", when=when(timer.stopped_at, one.now))


def _stood_still(one: Told) -> str:
    """How long, and for whom one waited most of it."""
    waited: dict[str, float] = {}
    for stretch in one.timer.stretches:
        if stretch.mode == "paused":
            category = stood.by_seq(one.happenings, stretch.seq).category
            waited[category] = waited.get(category, 0) + stretch.end - stretch.start
    if not waited:
        return ""
    span = formatting.duration(sum(waited.values()))
    most = max(waited, key=lambda category: waited[category])
    if most == "pending":
        return _("It stood still for %(span)s while we waited for %(who)s.", span=span, who=one.causes.requester)
    if most == "on_hold":
        return _("It stood still for %(span)s while we waited for somebody else.", span=span)
    return _("It stood still for %(span)s.", span=span)


def _ended(timer: Timer) -> str:
    reasons = {
        "solved": _("Ended without an answer, because the ticket was solved"),
        "no_reply_needed": _("Ended, because no answer was needed"),
        "merged": _("Set aside, because the ticket was merged into another, where its clock runs"),
        "spam": _("Set aside, because the ticket is spam"),
        "trash": _("Set aside, because the ticket is in the trash"),
        "not_promised": _("Ended, because nothing is promised for it any more"),
        "merge_undone": _("Ended, because what waited for an answer went back to its own ticket"),
        "split_off": _("Ended, because what waited for an answer was split off into a ticket of its own"),
        "reply_withdrawn": _("Ended, because an earlier clock waits for the same answer again"),
        "reply_failed": _("Ended, because an earlier clock waits for the same answer again"),
    }
    return reasons.get(timer.ended_reason or "", _("Ended"))


def _channel(name: str) -> str:
    return {"email": _("mail"), "form": _("a form"), "chat": _("chat"), "phone": _("phone")}.get(name, name)
