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
from ticketdesk.automation.macro_use import MacroUse
from ticketdesk.brands.brand import Brand
from ticketdesk.calendars import refreshing
from ticketdesk.calendars import sources as holidays
from ticketdesk.calendars.calendar import Calendar, CalendarVersion
from ticketdesk.calendars.holiday_source import HolidaySource
from ticketdesk.channels import delivery, later_replies, side_delivery
from ticketdesk.channels.chat import mailing, missed, reaching, recognising, ringing, transcript
from ticketdesk.channels.chat.visitor import Visitor
from ticketdesk.channels.chat.widget import Widget
from ticketdesk.channels.chat.widget_secret import WidgetSecret
from ticketdesk.channels.email import codes, merge_notice, order_refusals, sending, side_letters, understanding
from ticketdesk.channels.email.dkim_key import DkimKey
from ticketdesk.channels.email.oauth_rows import OAuthAttempt, OAuthClient, OAuthGrant
from ticketdesk.channels.email.picture_choice import PictureChoice
from ticketdesk.channels.email.raw_mail import MailDelivery, RawMail
from ticketdesk.channels.email.remote_pictures import RemotePicture
from ticketdesk.channels.form.form import Form, FormUpload
from ticketdesk.channels.form.ticket_fields import FormTicketField
from ticketdesk.channels.hook_secret import HookSecret
from ticketdesk.channels.mailbox import Mailbox, SenderBlock
from ticketdesk.channels.sending_pace import SendingPace
from ticketdesk.channels.sending_server import SendingServer
from ticketdesk.contacts.attribute import ContactAttribute, ContactValue
from ticketdesk.contacts.code import EntryCode
from ticketdesk.contacts.contact import Contact, Identity, IdentityLink, Organization, OrganizationDomain
from ticketdesk.contacts.importing import asking, working
from ticketdesk.contacts.importing.contact_import import ContactImport, ContactImportLine
from ticketdesk.contacts.joined import ContactJoin, KeptApart
from ticketdesk.contacts.note import ContactNote
from ticketdesk.contacts.session import CustomerSession
from ticketdesk.core.audit import AuditEntry
from ticketdesk.core.counters import Counter, CounterDelta
from ticketdesk.core.events import Listener, SoonListener
from ticketdesk.core.idempotency import IdempotencyKey
from ticketdesk.core.jobs import Task
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.core.storage import Blob
from ticketdesk.knowledge.article import Article, ArticleVote, Section
from ticketdesk.notifications import browsers, digest, gathering, operating, pushing, rules
from ticketdesk.notifications import sending as notices
from ticketdesk.notifications.notice_setting import NoticeSetting
from ticketdesk.notifications.notification import Notification
from ticketdesk.notifications.push_subscription import PushSubscription
from ticketdesk.routing import dispatch, ending, projection
from ticketdesk.routing.decision import RoutingDecision
from ticketdesk.routing.offer import RoutingOffer
from ticketdesk.sla import acknowledging, deferring, promising, settling, simulating, telling, timers
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
from ticketdesk.tickets import counting, joining, sending_later, snoozing, timeline
from ticketdesk.tickets.attachment import Attachment
from ticketdesk.tickets.batch import Batch, BatchTicket
from ticketdesk.tickets.checklist_item import ChecklistItem
from ticketdesk.tickets.draft import Draft
from ticketdesk.tickets.field import FieldQueue, FieldValue, TicketField
from ticketdesk.tickets.follower import Follower, Reading
from ticketdesk.tickets.later_reply import LaterReply
from ticketdesk.tickets.message import Message, Placement, Recipient
from ticketdesk.tickets.needed_skill import TagSkill, TicketSkill
from ticketdesk.tickets.participant import Participant
from ticketdesk.tickets.queue import Queue, QueueGrant, QueueSkill, QueueTeam
from ticketdesk.tickets.relation import Relation
from ticketdesk.tickets.saved_view import SavedView
from ticketdesk.tickets.search_row import SearchRow
from ticketdesk.tickets.search_word import SearchWord
from ticketdesk.tickets.side_conversation import SideConversation, SideMessage, SidePerson
from ticketdesk.tickets.status import Status
from ticketdesk.tickets.suggestion import JoinSuggestion
from ticketdesk.tickets.tag import Tag, TicketTag
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.time_spent import TimeSpent
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
    "reply_withdrawn",
    "reply_kept_for_later",
    "later_reply_cancelled",
    "reply_handed_back",
    "mail_failed",
    "mailed_unread",
    "transcript_mailed",
    "note_added",
    "status_changed",
    "priority_changed",
    "medium_changed",
    "queue_changed",
    "assigned",
    "released",
    "chat_offered",
    "chat_accepted",
    "chat_passed_on",
    "chat_invited",
    "chat_unanswered",
    "skills_required",
    "snoozed",
    "woken",
    "tagged",
    "fields_changed",
    "followed",
    "unfollowed",
    "marked_spam",
    "unmarked_spam",
    "trashed",
    "restored",
    "message_redacted",
    "side_begun",
    "side_sent",
    "side_received",
    "side_accepted",
    "side_refused",
    "side_withdrawn",
    "side_failed",
    "side_repeated",
    "side_done",
    "side_reopened",
    "checklist_added",
    "checklist_ticked",
    "checklist_changed",
    "checklist_removed",
    "time_added",
    "time_corrected",
    "time_removed",
    "time_put_back",
    "requester_changed",
    "visitor_recognised",
    "merged_into",
    "merged_from",
    "merge_undone",
    "split_from",
    "split_off",
    "linked",
    "unlinked",
    "incidents_updated",
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
        "snoozed",
        "woken",
    ]
)

NOW: Mapping[str, Sequence[Listener]] = {
    kind: [
        *([counting.recount] if kind in COUNTED else []),
        projection.follow,
        *([ending.follow] if kind in ending.KINDS else []),
        timers.follow,
        *([delivery.spread] if kind == "reply_sent" else []),
        *([side_delivery.spread] if kind in side_delivery.KINDS else []),
        *([delivery.ring_for] if kind in delivery.RUNG_FOR else []),
        *([ringing.ring] if kind in ringing.KINDS else []),
        *([planning.plan] if kind == "status_changed" else []),
        *([snoozing.follow] if kind in snoozing.KINDS else []),
        *([sending_later.follow] if kind in sending_later.KINDS else []),
    ]
    for kind in TICKET_EVENTS
}
"""Run inside the transaction of the change, and touch only the database."""

SOON: Mapping[str, Sequence[SoonListener]] = {
    "ticket_opened": [dispatch.on_event, acknowledging.acknowledge, joining.suggest],
    "merged_from": [merge_notice.tell],
    "chat_unanswered": [deferring.tell],
    **{kind: [dispatch.on_event] for kind in dispatch.KINDS},
    **{kind: [rules.notify] for kind in rules.KINDS},
    # Routing comes first: whoever holds a ticket must not wait for the turn of an agent.
    "assigned": [dispatch.on_event, rules.notify],
    "chat_passed_on": [dispatch.on_event, rules.notify],
    "woken": [dispatch.on_event, rules.notify],
    "message_received": [dispatch.revive, rules.notify, recognising.recognise],
}
"""Run afterwards from the outbox, each on its own, so that a broken rule never rejects a mail."""

FIRST = frozenset({dispatch.on_event})
"""Of those, who takes the turns of agents: whoever holds a ticket must not wait for these."""

TASKS: Mapping[str, Task] = {
    "tell": Task(timeline.tell),
    availability.SEEK_TASK: Task(dispatch.seek),
    "mail.understand": Task(understanding.understand, waits=understanding.WAITS, failed=understanding.failed),
    "mail.send": Task(
        sending.send, waits=sending.WAITS, failed=delivery.failed, held=delivery.hold, tried=delivery.ring
    ),
    side_delivery.TASK: Task(
        side_letters.send,
        waits=sending.WAITS,
        failed=side_delivery.failed,
        held=side_delivery.hold,
        tried=side_delivery.ring,
    ),
    delivery.LEAVE_TASK: Task(delivery.leave),
    sending_later.TASK: Task(later_replies.send, failed=later_replies.failed),
    reaching.UNDELIVERED: Task(missed.look, failed=delivery.failed, held=delivery.hold, tried=delivery.ring),
    missed.MAIL_TASK: Task(
        mailing.send, waits=sending.WAITS, failed=delivery.failed, held=delivery.hold, tried=delivery.ring
    ),
    transcript.MAIL_TASK: Task(transcript.send, waits=sending.WAITS, failed=transcript.failed),
    codes.TASK: Task(codes.send, waits=codes.WAITS),
    order_refusals.TASK: Task(order_refusals.send, waits=sending.WAITS, failed=order_refusals.failed),
    rules.MAIL_TASK: Task(partial(notices.send, settled=settling.settled), waits=sending.WAITS),
    browsers.TASK: Task(partial(pushing.send, settled=settling.settled), waits=pushing.WAITS),
    gathering.TASK: Task(digest.send, waits=sending.WAITS, failed=digest.failed),
    operating.TASK: Task(operating.send, waits=sending.WAITS),
    simulating.TASK: Task(simulating.carry_on, failed=simulating.failed),
    asking.TASK: Task(working.carry_on, failed=working.failed),
    planning.TASK: Task(dispatching.decide),
    holidays.TASK: Task(refreshing.work),
    promising.TASK: Task(telling.tell),
    "mail.survey": Task(surveys.send, waits=sending.WAITS, failed=delivery.failed, held=delivery.hold),
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
    RemotePicture,
    PictureChoice,
    Visitor,
    Widget,
    WidgetSecret,
    Mailbox,
    SenderBlock,
    HookSecret,
    SendingPace,
    DkimKey,
    OAuthClient,
    OAuthGrant,
    OAuthAttempt,
    SendingServer,
    Form,
    FormUpload,
    FormTicketField,
    Organization,
    Contact,
    Identity,
    IdentityLink,
    OrganizationDomain,
    ContactAttribute,
    ContactValue,
    ContactNote,
    ContactJoin,
    KeptApart,
    ContactImport,
    ContactImportLine,
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
    NoticeSetting,
    PushSubscription,
    RoutingDecision,
    RoutingOffer,
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
    Batch,
    BatchTicket,
    Draft,
    TicketField,
    FieldQueue,
    FieldValue,
    SavedView,
    LaterReply,
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
    SearchWord,
    ChecklistItem,
    TimeSpent,
    SideConversation,
    SidePerson,
    SideMessage,
    Status,
    Tag,
    TicketTag,
    JoinSuggestion,
    Ticket,
    TicketLink,
    Relation,
    Event,
    Survey,
    SurveyInvitation,
    SurveyAnswer,
    SurveyAnswerEdit,
    SurveyOptOut,
    FollowUp,
    Macro,
    MacroUse,
)
"""Every model, so that importing this module makes the schema complete."""
