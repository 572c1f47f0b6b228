"""The commands about clocks: why a ticket's timers stand where they stand, and writing them anew."""

import json
from collections.abc import Iterator, Mapping, Sequence

import click
from flask.cli import AppGroup
from sqlalchemy import select

from ticketdesk.core import clock
from ticketdesk.core.db import db
from ticketdesk.sla import loading, rebuilding, timers
from ticketdesk.sla.explain import Timer, as_json
from ticketdesk.tickets.ticket import Ticket

BATCH = 200

sla_commands = AppGroup("sla", help="Clocks and what was promised.")


@sla_commands.command("explain")
@click.argument("number", type=int)
@click.option("--json", "as_json_", is_flag=True, help="One JSON object instead of text.")
def explain_command(number: int, as_json_: bool) -> None:
    """Tell how the timers of ticket NUMBER came to stand where they stand."""
    (ticket_id,) = next(_one(number)).values()
    told = loading.happenings([ticket_id])[ticket_id]
    found = timers.reckon(told, timers.terms([told]), clock.now())
    click.echo(json.dumps(as_json(number, found)) if as_json_ else as_text(number, found))


@sla_commands.command("rebuild")
@click.argument("number", type=int, required=False)
@click.option("--dry-run", is_flag=True, help="Only say what differs; exit 1 when anything does.")
@click.option("--after", type=int, default=0, help="Go on after this ticket, where an earlier run was stopped.")
def rebuild_command(number: int | None, dry_run: bool, after: int) -> None:
    """Write the timers of ticket NUMBER, or of all tickets, anew from their events, and say what differed.

    Each batch is committed by itself, beside whatever else is running; a run that was stopped goes on with --after.
    """
    looked_at = differing = 0
    for tickets in _one(number) if number is not None else _all(after):
        now = clock.now()
        ids = list(tickets.values())
        differences = rebuilding.compare(ids, now) if dry_run else rebuilding.rebuild(ids, now)
        db.session.commit()
        for differs, lines in differences.items():
            for line in lines:
                click.echo(f"#{differs} {line}")
        looked_at, differing = looked_at + len(ids), differing + len(differences)
        click.echo(f"{looked_at} tickets looked at, up to #{max(tickets)}; {differing} differed.", err=True)
    if dry_run and differing:
        raise click.exceptions.Exit(1)


def _one(number: int) -> Iterator[Mapping[int, int]]:
    ticket_id = db.session.scalar(select(Ticket.id).where(Ticket.number == number))
    if ticket_id is None:
        raise click.ClickException(f"There is no ticket #{number}.")
    yield {number: ticket_id}


def _all(after: int) -> Iterator[Mapping[int, int]]:
    while tickets := rebuilding.batch(after, BATCH):
        yield tickets
        after = max(tickets)


def as_text(number: int, found: Sequence[Timer]) -> str:
    """The timers and their segments for people."""
    if not found:
        return f"Nothing is promised for #{number}."
    lines: list[str] = []
    for timer in found:
        due = "no due time" if timer.due_at is None else f"due {timer.due_at:%a %Y-%m-%d %H:%M:%S} UTC"
        late = ", late by a change" if timer.late_at_change else ""
        why = f" ({timer.ended_reason})" if timer.ended_reason else ""
        lines += [
            f"#{number} {timer.metric} {timer.cycle}: {timer.state}{why}{late}, {due}",
            f"  {_span(timer.consumed_s)} used of {_span(timer.target_s)};"
            f" policy {timer.policy.name}, version {timer.policy.number}",
        ]
        lines += [
            f"  {one.start:%a %m-%d %H:%M:%S} – {one.end:%a %m-%d %H:%M:%S}  {one.state:<8}"
            f"{_span(one.business_s):>10}  {one.reason} (event {one.event_seq})"
            for one in timer.segments()
        ]
    return "\n".join(lines)


def _span(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    words = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes) + [f"{rest} s"] * bool(rest)
    return " ".join(words) or "0 s"
