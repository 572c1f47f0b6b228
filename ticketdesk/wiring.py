"""What happens next: every event with its listeners, in order, and every background task; and every table."""

from collections.abc import Mapping, Sequence
from functools import partial

from ticketdesk.accounts import availability
from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.availability import Availability
from ticketdesk.accounts.capacity import AgentCapacity, ChannelWeight, RoleCapacity
from ticketdesk.accounts.link import SignInLink
from ticketdesk.accounts.session import AgentSession
from ticketdesk.accounts.skill import AgentSkill, Skill
from ticketdesk.accounts.team import Team, TeamMember
from ticketdesk.accounts.throttle import Throttle
from ticketdesk.automation.macro import Macro
from ticketdesk.brands.brand import Brand
from ticketdesk.calendars import refreshing
from ticketdesk.calendars import sources as holidays
from ticketdesk.calendars.calendar import Calendar, CalendarVersion
from ticketdesk.calendars.holiday_source import HolidaySource
from ticketdesk.channels import delivery
from ticketdesk.channels.chat import mailing, missed, recognising, ringing, visiting
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.channels.email import codes, merge_notice, sending, understanding
from ticketdesk.channels.email.raw_mail import MailDelivery, RawMail
from ticketdesk.channels.form.form import Form, FormUpload
from ticketdesk.channels.hook_secret import HookSecret
from ticketdesk.channels.mailbox import Mailbox, SenderBlock
from ticketdesk.channels.sending_server import SendingServer
from ticketdesk.contacts.code import EntryCode
from ticketdesk.contacts.contact import Contact, Identity, IdentityLink, Organization
from ticketdesk.contacts.session import CustomerSession
from ticketdesk.core.audit import AuditEntry
from ticketdesk.core.counters import Counter, CounterDelta
from ticketdesk.core.events import Listener, SoonListener
from ticketdesk.core.idempotency import IdempotencyKey
from ticketdesk.core.jobs import Task
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.core.storage import Blob
from ticketdesk.knowledge.article import Article, ArticleVote, Section
from ticketdesk.notifications import operating, rules
from ticketdesk.notifications import sending as notices
from ticketdesk.notifications.notification import Notification
from ticketdesk.routing import dispatch, projection
from ticketdesk.routing.decision import RoutingDecision
from ticketdesk.sla import acknowledging, promising, settling, simulating, telling, timers
from ticketdesk.sla.difference import SlaDifference
from ticketdesk.sla.history import AnswerTime
from ticketdesk.sla.policy import SlaPolicy, SlaPolicyVersion
from ticketdesk.sla.promise import SlaPromise
from ticketdesk.sla.simulation import SlaFlip, SlaSimulation
from ticketdesk.sla.step_taken import StepTaken
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.surveys import dispatching, planning
from ticketdesk.surveys import sending as surveys
from ticketdesk.surveys.answer import SurveyAnswer, SurveyAnswerEdit
from ticketdesk.surveys.follow_up import FollowUp
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.opt_out import SurveyOptOut
from ticketdesk.surveys.survey import Survey
from ticketdesk.tickets import counting, joining, timeline
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.follower import Follower, Reading
from ticketdesk.tickets.message import Message, Placement, Recipient
from ticketdesk.tickets.needed_skill import TagSkill, TicketSkill
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.queue import Queue, QueueGrant, QueueSkill, QueueTeam
from ticketdesk.tickets.search_row import SearchRow
from ticketdesk.tickets.status import Status
from ticketdesk.tickets.suggestion import JoinSuggestion
from ticketdesk.tickets.tag import Tag, TicketTag
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event
from ticketdesk.tickets.tracking import TicketLink

TICKET_EVENTS = (
    "ticket_opened",
    "message_received",
    "message_accepted",
    "reply_sent",
    "reply_failed",
    "reply_bounced",
    "reply_repeated",
    "mailed_unread",
    "note_added",
    "status_changed",
    "priority_changed",
    "medium_changed",
    "queue_changed",
    "assigned",
    "released",
    "skills_required",
    "tagged",
    "followed",
    "unfollowed",
    "marked_spam",
    "unmarked_spam",
    "trashed",
    "restored",
    "message_redacted",
    "merged_into",
    "merged_from",
    "merge_undone",
    "sla_applied",
    "sla_warned",
    "sla_breached",
    "promise_made",
    "promise_moved",
    "promise_kept",
    "promise_broken",
    "promise_ended",
    "promise_reopened",
    "escalated",
    "survey_sent",
    "survey_skipped",
    "survey_answered",
    "survey_changed",
    "follow_up_opened",
    "follow_up_done",
)
"""Everything that can happen to a ticket."""

COUNTED = frozenset(
    [
        "ticket_opened",
        "status_changed",
        "queue_changed",
        "assigned",
        "released",
        "marked_spam",
        "unmarked_spam",
        "trashed",
        "restored",
        "merged_into",
        "merge_undone",
    ]
)

NOW: Mapping[str, Sequence[Listener]] = {
    kind: [
        *([counting.recount] if kind in COUNTED else []),
        projection.follow,
        timers.follow,
        *([delivery.spread] if kind == "reply_sent" else []),
        *([ringing.ring] if kind in ringing.KINDS else []),
        *([planning.plan] if kind == "status_changed" else []),
    ]
    for kind in TICKET_EVENTS
}
"""Run inside the transaction of the change, and touch only the database."""

SOON: Mapping[str, Sequence[SoonListener]] = {
    "ticket_opened": [dispatch.on_event, acknowledging.acknowledge, joining.suggest],
    "merged_from": [merge_notice.tell],
    **{kind: [dispatch.on_event] for kind in dispatch.KINDS},
    **{kind: [rules.notify] for kind in rules.KINDS},
    # Routing comes first: whoever holds a ticket must not wait for the turn of an agent.
    "assigned": [dispatch.on_event, rules.notify],
    "message_received": [rules.notify, recognising.recognise],
}
"""Run afterwards from the outbox, each on its own, so that a broken rule never rejects a mail."""

TASKS: Mapping[str, Task] = {
    "tell": Task(timeline.tell),
    availability.SEEK_TASK: Task(dispatch.seek),
    "mail.understand": Task(understanding.understand, waits=understanding.WAITS, failed=understanding.failed),
    "mail.send": Task(sending.send, waits=sending.WAITS, failed=delivery.failed),
    visiting.UNDELIVERED: Task(missed.look, failed=delivery.failed),
    missed.MAIL_TASK: Task(mailing.send, waits=sending.WAITS, failed=delivery.failed),
    codes.TASK: Task(codes.send, waits=codes.WAITS),
    rules.MAIL_TASK: Task(partial(notices.send, settled=settling.settled), waits=sending.WAITS),
    operating.TASK: Task(operating.send, waits=sending.WAITS),
    simulating.TASK: Task(simulating.carry_on, failed=simulating.failed),
    planning.TASK: Task(dispatching.decide),
    holidays.TASK: Task(refreshing.work),
    promising.TASK: Task(telling.tell),
    "mail.survey": Task(surveys.send, waits=sending.WAITS, failed=delivery.failed),
}
"""What an outbox row may name."""

TABLES = (
    Agent,
    Availability,
    Skill,
    AgentSkill,
    AgentCapacity,
    RoleCapacity,
    ChannelWeight,
    SignInLink,
    AgentSession,
    Team,
    TeamMember,
    Throttle,
    Brand,
    Calendar,
    CalendarVersion,
    HolidaySource,
    RawMail,
    MailDelivery,
    Visitor,
    Widget,
    Mailbox,
    SenderBlock,
    HookSecret,
    SendingServer,
    Form,
    FormUpload,
    Organization,
    Contact,
    Identity,
    IdentityLink,
    EntryCode,
    CustomerSession,
    Section,
    Article,
    ArticleVote,
    AuditEntry,
    Counter,
    CounterDelta,
    IdempotencyKey,
    OutboxRow,
    Blob,
    Notification,
    RoutingDecision,
    SlaPolicy,
    SlaPolicyVersion,
    SlaSimulation,
    SlaFlip,
    SlaTimer,
    SlaDifference,
    SlaPromise,
    AnswerTime,
    StepTaken,
    Attachment,
    Draft,
    Follower,
    Reading,
    Message,
    Recipient,
    Placement,
    Participant,
    Queue,
    QueueGrant,
    QueueTeam,
    QueueSkill,
    TagSkill,
    TicketSkill,
    SearchRow,
    Status,
    Tag,
    TicketTag,
    JoinSuggestion,
    Ticket,
    TicketLink,
    Event,
    Survey,
    SurveyInvitation,
    SurveyAnswer,
    SurveyAnswerEdit,
    SurveyOptOut,
    FollowUp,
    Macro,
)
"""Every model, so that importing this module makes the schema complete."""
