"""Settings, for administrators."""

from ticketdesk.web.admin import (
    agents,
    articles,
    aside,
    brands,
    forms,
    hours,
    macros,
    mailboxes,
    policies,
    policy,
    policy_versions,
    queues,
    start,
    surveys,
    teams,
    widget_preview,
    widgets,
)
from ticketdesk.web.admin.door import blueprint

__all__ = [
    "agents",
    "articles",
    "aside",
    "blueprint",
    "brands",
    "forms",
    "hours",
    "macros",
    "mailboxes",
    "policies",
    "policy",
    "policy_versions",
    "queues",
    "start",
    "surveys",
    "teams",
    "widget_preview",
    "widgets",
]
