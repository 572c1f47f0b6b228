"""Playing the steps of conversations through the real verbs."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from babel.dates import format_date
from sqlalchemy import bindparam, select, update

from ticketdesk.accounts import availability
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.availability import Availability
from ticketdesk.calendars.hours import is_open
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.demo import pictures, writing
from ticketdesk.demo.conversation import AGENT, CUSTOMER, Conversation, Turn
from ticketdesk.demo.planning import Step
from ticketdesk.demo.stage import Stage, chance
from ticketdesk.routing import dispatch, offering
from ticketdesk.routing.offer import RoutingOffer
from ticketdesk.surveys import answering, following_up
from ticketdesk.surveys.follow_up import FollowUp
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.tickets import (
    assignment,
    flags,
    following,
    mentions,
    merging,
    moving,
    noting,
    priority,
    progress,
    tagging,
)
from ticketdesk.tickets.placing import NewFile
from ticketdesk.tickets.ticket import CHAT, Ticket

_BLANK = re.compile(r"\{(order|day|date)([+-]\d+)?\}")


def play(step: Step, stage: Stage) -> None:
    """Let one step happen at its moment."""
    conversation, turn = step.conversation, step.turn
    if turn is None:
        _begin(conversation, stage, step.at)
    elif turn.who == CUSTOMER:
        CUSTOMERS_DEEDS[turn.does](conversation, turn, stage, step.at)
    else:
        ticket = stage.ticket(conversation)
        agent = _who(turn, conversation, ticket, stage, step.at)
        DEEDS[turn.does](conversation, turn, ticket, agent, stage, step.at)


def _begin(conversation: Conversation, stage: Stage, at: datetime) -> None:
    stage.number_order(conversation, at)
    if is_open(stage.firm.hours, at):
        _come_in(conversation.queue, "chat" if conversation.channel == "chat" else "email", stage, at)
    ticket = writing.open_by(conversation, filled(conversation.text, conversation, stage, at), stage, at)
    stage.ticket_ids[conversation.key] = ticket.id
    if conversation.priority != "normal":
        priority.change_priority(ticket, conversation.priority, SYSTEM, at)
    if conversation.tags:
        tagging.change_tags(ticket, conversation.tags, (), SYSTEM, at)
    if ticket.medium == CHAT:
        _ring(conversation, ticket, at)


def _ring(conversation: Conversation, ticket: Ticket, at: datetime) -> None:
    """A chat rings; whoever is to answer it accepts after some seconds."""
    answering = next((turn.who for turn in conversation.turns if turn.who != CUSTOMER), None)
    if answering is None or not dispatch.dispatch(ticket.id, at):
        return
    _accepted(ticket, at + timedelta(seconds=chance(conversation, "ring").randint(3, 15)), answering)


def _accepted(ticket: Ticket, at: datetime, name: str) -> Agent | None:
    """Somebody accepts what rings: whoever is named, where it rings for them. None when it rings for nobody."""
    ringing = db.session.execute(
        select(RoutingOffer.id, Agent)
        .join(Agent, Agent.id == RoutingOffer.agent_id)
        .where(RoutingOffer.ticket_id == ticket.id, RoutingOffer.state == "ringing")
        .order_by(Agent.name != name, RoutingOffer.id)
        .limit(1)
    ).one_or_none()
    if ringing is None:
        return None
    offering.accept(ringing[0], ringing[1], at)
    return ringing[1]


def _come_in(queue: str, channel: availability.Channel, stage: Stage, at: datetime) -> None:
    """Where work is handed out, whoever is on shift is there to be given some; for chats everybody is."""
    if stage.firm.queues[queue].strategy == "manual" and channel != "chat":
        return
    for agent in stage.firm.teams[queue]:
        state: availability.State = "online" if channel == "chat" or _is_on_shift(agent, at) else "offline"
        if stage.there.get((agent.id, channel)) != state:
            availability.state(agent, channel, state, at)
            stage.there[agent.id, channel] = state
    # Their browsers have been open since they came.
    db.session.execute(_HEARD, {"at": at})


_HEARD = (
    update(Availability)
    .where(Availability.state == "online")
    .values(heard_at=bindparam("at"))
    .execution_options(synchronize_session=False)
)


def _takes(_: Conversation, __: Turn, ticket: Ticket, agent: Agent, ___: Stage, at: datetime) -> None:
    assignment.assign(ticket, agent, agent.actor, at)


def _writes(conversation: Conversation, turn: Turn, ticket: Ticket, agent: Agent, stage: Stage, at: datetime) -> None:
    writing.answer(conversation, filled(turn.text, conversation, stage, at), ticket, agent, stage, at)


def _asks(conversation: Conversation, turn: Turn, ticket: Ticket, agent: Agent, stage: Stage, at: datetime) -> None:
    writing.answer(conversation, filled(turn.text, conversation, stage, at), ticket, agent, stage, at)
    progress.move_to(ticket, "pending", agent.actor, at)


def _settles(conversation: Conversation, turn: Turn, ticket: Ticket, agent: Agent, stage: Stage, at: datetime) -> None:
    writing.answer(conversation, filled(turn.text, conversation, stage, at), ticket, agent, stage, at)
    progress.solve(ticket, agent.actor, at)


def _notes(conversation: Conversation, turn: Turn, ticket: Ticket, agent: Agent, stage: Stage, at: datetime) -> None:
    words = filled(turn.text, conversation, stage, at)
    noting.note(ticket, agent, words, at=at, mentioned=mentions.mentioned(words, stage.firm.agents.values()))


def _waits(_: Conversation, __: Turn, ticket: Ticket, agent: Agent, ___: Stage, at: datetime) -> None:
    progress.move_to(ticket, "pending", agent.actor, at)


def _holds(_: Conversation, __: Turn, ticket: Ticket, agent: Agent, ___: Stage, at: datetime) -> None:
    progress.move_to(ticket, "on_hold", agent.actor, at)


def _solves(_: Conversation, __: Turn, ticket: Ticket, agent: Agent, ___: Stage, at: datetime) -> None:
    progress.solve(ticket, agent.actor, at)


def _raises(_: Conversation, turn: Turn, ticket: Ticket, agent: Agent, __: Stage, at: datetime) -> None:
    priority.change_priority(ticket, turn.what.removeprefix("to "), agent.actor, at)


def _tags(_: Conversation, turn: Turn, ticket: Ticket, agent: Agent, __: Stage, at: datetime) -> None:
    tagging.change_tags(ticket, turn.what.split(", "), (), agent.actor, at)


def _moves(_: Conversation, turn: Turn, ticket: Ticket, agent: Agent, stage: Stage, at: datetime) -> None:
    moving.move(ticket, stage.firm.queues[turn.what.removeprefix("to ")], agent.actor, at)
    assignment.assign(ticket, None, agent.actor, at)


def _hands(_: Conversation, turn: Turn, ticket: Ticket, agent: Agent, stage: Stage, at: datetime) -> None:
    assignment.assign(ticket, stage.firm.agents[turn.what.removeprefix("to ")], agent.actor, at)


def _discards(_: Conversation, __: Turn, ticket: Ticket, agent: Agent, ___: Stage, at: datetime) -> None:
    flags.mark_spam(ticket, agent.actor, at)


def _merges(_: Conversation, turn: Turn, ticket: Ticket, agent: Agent, stage: Stage, at: datetime) -> None:
    survivor = db.session.get_one(Ticket, stage.ticket_ids[turn.what.removeprefix("into ")])
    merging.merge(ticket, survivor, agent.actor, at)


def _concludes(_: Conversation, turn: Turn, ticket: Ticket, agent: Agent, __: Stage, at: datetime) -> None:
    """Say what came of a low score."""
    follow_up = db.session.scalar(select(FollowUp).where(FollowUp.ticket_id == ticket.id, FollowUp.done_at.is_(None)))
    if follow_up is not None:
        following_up.finish(follow_up, turn.text, agent, at)


def _follows(_: Conversation, __: Turn, ticket: Ticket, agent: Agent, ___: Stage, at: datetime) -> None:
    following.follow(ticket, agent, agent.actor, at)


Deed = Callable[[Conversation, Turn, Ticket, Agent, Stage, datetime], None]
DEEDS: Mapping[str, Deed] = {
    "takes": _takes,
    "writes": _writes,
    "asks": _asks,
    "settles": _settles,
    "notes": _notes,
    "waits": _waits,
    "holds": _holds,
    "solves": _solves,
    "raises": _raises,
    "tags": _tags,
    "moves": _moves,
    "hands": _hands,
    "discards": _discards,
    "follows": _follows,
    "merges": _merges,
    "concludes": _concludes,
}
"""What an agent may do in a turn."""


def _writes_back(conversation: Conversation, turn: Turn, stage: Stage, at: datetime) -> None:
    writing.write_back(conversation, filled(turn.text, conversation, stage, at), _files(turn.what), stage, at)


def _leaves(conversation: Conversation, _: Turn, stage: Stage, at: datetime) -> None:
    writing.leave(conversation, stage, at)


def _rates(conversation: Conversation, turn: Turn, stage: Stage, at: datetime) -> None:
    """Answer the survey, if one was sent by now."""
    invitation_id = db.session.scalar(
        select(SurveyInvitation.id)
        .where(SurveyInvitation.ticket_id == stage.ticket(conversation).id, SurveyInvitation.state == "sent")
        .order_by(SurveyInvitation.id.desc())
        .limit(1)
    )
    if invitation_id is not None:
        answering.answer(invitation_id, int(turn.what), turn.text, at)


CUSTOMERS_DEEDS: Mapping[str, Callable[[Conversation, Turn, Stage, datetime], None]] = {
    "writes": _writes_back,
    "leaves": _leaves,
    "rates": _rates,
}
"""What a customer may do in a turn."""


def _files(what: str) -> tuple[NewFile, ...]:
    """What `writes with a.png, b.png` takes along."""
    return pictures.attached(what.removeprefix("with ").split(", ")) if what else ()


def filled(text: str, conversation: Conversation, stage: Stage, at: datetime) -> str:
    """A text with its blanks filled: `{order}`, `{day+2}` (a weekday) and `{date-5}` (a date), counted from then."""

    def word(found: re.Match[str]) -> str:
        if found[1] == "order":
            return stage.orders[conversation.key]
        day = (at + timedelta(days=int(found[2] or 0))).date()
        return format_date(day, "EEEE" if found[1] == "day" else "d MMMM", locale="en_GB")

    return _BLANK.sub(word, text)


def _who(turn: Turn, conversation: Conversation, ticket: Ticket, stage: Stage, at: datetime) -> Agent:
    """Who takes this step: the one who is named, or has the ticket, or somebody of its team."""
    if turn.who != AGENT:
        return stage.firm.agents[turn.who]
    if ticket.assignee_id is not None:
        return db.session.get_one(Agent, ticket.assignee_id)
    queue = next(name for name, queue in stage.firm.queues.items() if queue.id == ticket.queue_id)
    _come_in(queue, "chat" if ticket.medium == CHAT else "email", stage, at)
    if dispatch.dispatch(ticket.id, at):
        taker = _accepted(ticket, at, turn.who)
        if taker is not None or ticket.assignee_id is not None:
            return taker or db.session.get_one(Agent, ticket.assignee_id)
    return chance(conversation, queue).choice(stage.firm.teams[queue])


def _is_on_shift(agent: Agent, at: datetime) -> bool:
    """Two of three are there on any one day."""
    return (agent.id + at.toordinal()) % 3 != 0
