"""How content the customer was, and what was made of a low score, as the side of a ticket tells it."""

from dataclasses import dataclass
from datetime import datetime

from ticketdesk.surveys import satisfaction
from ticketdesk.surveys.follow_up import FollowUp
from ticketdesk.surveys.satisfaction import Asked
from ticketdesk.surveys.survey import SCALES
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.web.desk.names import Names
from ticketdesk.web.texts import _


@dataclass(frozen=True, slots=True)
class Task:
    """Coming back to the customer: whose it is, by when, and what came of it."""

    id: int
    owner: str | None
    due_at: datetime
    is_late: bool
    done_at: datetime | None
    done_by: str | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """One solution of the ticket and what its customer said of it."""

    state: str
    at: datetime
    score: int | None
    most: int
    words: str
    comment: str
    is_low: bool
    is_changed: bool
    why_not: str | None
    task: Task | None


def of(ticket: Ticket, names: Names, now: datetime) -> list[Satisfaction]:
    """What was asked and answered about a ticket, the newest first."""
    return [_shown(asked, names, now) for asked in satisfaction.of_ticket(ticket.id)]


def not_asked(reason: str | None) -> str:
    """Why nobody was asked, in the reader's words."""
    words = {
        "reopened": _("the ticket was opened again"),
        "merged": _("the ticket was merged into another"),
        "spam": _("the ticket is spam"),
        "trashed": _("the ticket is in the trash"),
        "switched_off": _("the survey was switched off meanwhile"),
        "solved_by_itself": _("no person solved it"),
        "agents_only": _("only agents took part"),
        "unanswered": _("no agent answered in public"),
        "no_address": _("the customer gave no mail address"),
        "own_address": _("the address is one of ours"),
        "unanswerable": _("the customer's mail is not to be answered by machines"),
        "undeliverable": _("mail to the customer came back"),
        "opted_out": _("the customer does not want to be asked"),
        "asked_lately": _("the customer was asked not long ago"),
        "not_drawn": _("the customer was not drawn this time"),
        "too_many_mails": _("the customer had too many automatic mails in the last hours"),
        "no_mailbox": _("there is no mailbox to write from"),
    }
    return words.get(reason or "", "–")


def _shown(asked: Asked, names: Names, now: datetime) -> Satisfaction:
    invitation, answer = asked.invitation, asked.answer
    return Satisfaction(
        state=invitation.state,
        at=asked.at if invitation.state != "waiting" else invitation.due_at,
        score=answer.score if answer is not None else None,
        most=SCALES[invitation.kind][-1],
        words=asked.words,
        comment=answer.comment if answer is not None else "",
        is_low=asked.follow_up is not None,
        is_changed=answer is not None and answer.edited_at is not None,
        why_not=not_asked(invitation.reason) if invitation.state in ("skipped", "cancelled") else None,
        task=_task(asked.follow_up, names, now) if asked.follow_up is not None else None,
    )


def _task(follow_up: FollowUp, names: Names, now: datetime) -> Task:
    return Task(
        id=follow_up.id,
        owner=names.agent(follow_up.owner_id) if follow_up.owner_id is not None else None,
        due_at=follow_up.due_at,
        is_late=follow_up.done_at is None and follow_up.due_at < now,
        done_at=follow_up.done_at,
        done_by=names.agent(follow_up.done_by_id) if follow_up.done_by_id is not None else None,
        outcome=follow_up.outcome,
    )
