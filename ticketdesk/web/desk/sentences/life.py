"""What happened to a ticket itself: whose it is, where and how it stands, and what it was merged with."""

from datetime import datetime

from ticketdesk.web import formatting, labels
from ticketdesk.web.desk.names import Names
from ticketdesk.web.desk.sentences.sentence import Data, Sentence
from ticketdesk.web.texts import _, ngettext


def _opened(data: Data, who: str, names: Names) -> str:
    queue = names.queue(data.get("queue_id"))
    if data.get("by_agent"):
        return _("%(who)s opened the ticket in %(queue)s", who=who, queue=queue)
    return _("Opened in %(queue)s", queue=queue)


def _assigned(data: Data, who: str, names: Names) -> str:
    if data.get("to") is None:
        return _("%(who)s gave it back to the queue", who=who)
    whom = names.agent(data["to"])
    if whom == who:
        return _("%(who)s took it", who=who)
    return _("%(who)s assigned it to %(whom)s", who=who, whom=whom)


def _released(data: Data, who: str, names: Names) -> str:
    whom = names.agent(data.get("from"))
    if data.get("why") in ("offline", "not_heard"):
        return _("Back in the queue, because %(whom)s is gone", whom=whom)
    return _("Back in the queue, because %(whom)s cannot take it now", whom=whom)


def _skills(data: Data, who: str, names: Names) -> str:
    return _("%(who)s changed which skills it asks for", who=who)


def _status(data: Data, who: str, names: Names) -> str:
    was, becomes = data.get("from_category"), data.get("to_category")
    if becomes == "solved":
        return _("%(who)s solved it", who=who)
    if becomes == "closed":
        return _("%(who)s closed it", who=who)
    if was == "solved":
        return _("%(who)s reopened it", who=who)
    return _("%(who)s set the status to %(status)s", who=who, status=names.status(data.get("to")))


def _priority(data: Data, who: str, names: Names) -> str:
    return _("%(who)s set the priority to %(priority)s", who=who, priority=labels.priority(data.get("to", "")))


def _queue(data: Data, who: str, names: Names) -> str:
    return _("%(who)s moved it to %(queue)s", who=who, queue=names.queue(data.get("to")))


def _tagged(data: Data, who: str, names: Names) -> str:
    return _("%(who)s changed the tags", who=who)


def _fields(data: Data, who: str, names: Names) -> str:
    labels = [names.fields[one["id"]] for one in data["fields"] if one["id"] in names.fields]
    if len(labels) < len(data["fields"]):  # of those that are asked no more there is nothing to see
        return _("%(who)s changed the fields", who=who)
    return _("%(who)s changed %(fields)s", who=who, fields=", ".join(labels))


def _requester(data: Data, who: str, names: Names) -> str:
    if data.get("undone"):
        return _("%(who)s gave the ticket back to whoever forwarded it", who=who)
    return _("%(who)s made the original sender the requester", who=who)


def _snoozed(data: Data, who: str, names: Names) -> str:
    when = formatting.ahead(datetime.fromisoformat(data["until"]))
    return _("%(who)s put it away until %(when)s", who=who, when=when)


def _woken(data: Data, who: str, names: Names) -> str:
    why = data.get("why")
    if why == "time":
        return _("Back from snooze: its time has come")
    if why == "customer_wrote":
        return _("Back from snooze: the customer wrote")
    if why == "answered_beside":
        return _("Back from snooze: somebody outside answered")
    if why == "by_hand":
        return _("%(who)s brought it back from snooze", who=who)
    if why == "merged":
        return _("Back from snooze: another ticket was merged into it")
    return _("Back from snooze") if why in ("assigned", "moved") else _("The snooze is over")


def _followed(data: Data, who: str, names: Names) -> str:
    return _("%(whom)s follows it", whom=names.agent(data.get("agent_id")))


def _unfollowed(data: Data, who: str, names: Names) -> str:
    return _("%(whom)s no longer follows it", whom=names.agent(data.get("agent_id")))


def _spam(data: Data, who: str, names: Names) -> str:
    return _("%(who)s marked it as spam", who=who)


def _no_spam(data: Data, who: str, names: Names) -> str:
    return _("%(who)s said that it is no spam", who=who)


def _trashed(data: Data, who: str, names: Names) -> str:
    return _("%(who)s put it into the trash", who=who)


def _restored(data: Data, who: str, names: Names) -> str:
    return _("%(who)s took it out of the trash", who=who)


def _merged_into(data: Data, who: str, names: Names) -> str:
    return _("%(who)s merged it into #%(number)s", who=who, number=data.get("survivor"))


def _merged_from(data: Data, who: str, names: Names) -> str:
    if "returned" in data:
        return _(
            "%(who)s took the split back: #%(number)s is part of this ticket again", who=who, number=data["source"]
        )
    return _("%(who)s merged #%(number)s into this ticket", who=who, number=data.get("source"))


def _merge_undone(data: Data, who: str, names: Names) -> str:
    other = data.get("survivor") or data.get("source")
    return _("%(who)s separated it from #%(number)s again", who=who, number=other)


def _split_from(data: Data, who: str, names: Names) -> str:
    many = ngettext("one message", "%(num)s messages", len(data["message_ids"]))
    return _("%(who)s split %(many)s off from #%(number)s into this ticket", who=who, many=many, number=data["source"])


def _split_off(data: Data, who: str, names: Names) -> str:
    many = ngettext("one message", "%(num)s messages", len(data["message_ids"]))
    return _("%(who)s split %(many)s off into #%(number)s", who=who, many=many, number=data["part"])


def _linked(data: Data, who: str, names: Names) -> str:
    number = data["other"]
    said = {
        "related": _("%(who)s linked it to #%(number)s", who=who, number=number),
        "original": _("%(who)s marked it as a duplicate of #%(number)s", who=who, number=number),
        "duplicate": _("%(who)s marked #%(number)s as a duplicate of it", who=who, number=number),
        "problem": _("%(who)s made it an incident of the problem #%(number)s", who=who, number=number),
        "incident": _("%(who)s made #%(number)s an incident of this problem", who=who, number=number),
    }
    return said[data["role"]]


def _unlinked(data: Data, who: str, names: Names) -> str:
    return _("%(who)s took the link to #%(number)s off", who=who, number=data["other"])


def _incidents_updated(data: Data, who: str, names: Names) -> str:
    many = ngettext("one incident", "%(num)s incidents", len(data["ticket_ids"]))
    if data["kind"] == "note":
        return _("%(who)s put a note into %(many)s", who=who, many=many)
    if data.get("taken_back"):
        return _("%(who)s took the answer to %(many)s back", who=who, many=many)
    if data["solved"]:
        return _("%(who)s answered and solved %(many)s", who=who, many=many)
    return _("%(who)s answered %(many)s", who=who, many=many)


def _to_do(data: Data, who: str, names: Names) -> str:
    return _("%(who)s added to the checklist", who=who)


def _ticked(data: Data, who: str, names: Names) -> str:
    if data["done"]:
        return _("%(who)s ticked something off the checklist", who=who)
    return _("%(who)s took a tick off the checklist", who=who)


def _list_changed(data: Data, who: str, names: Names) -> str:
    return _("%(who)s changed the checklist", who=who)


def _list_shorter(data: Data, who: str, names: Names) -> str:
    return _("%(who)s took a line off the checklist", who=who)


def _time_added(data: Data, who: str, names: Names) -> str:
    return _("%(who)s wrote down time of their own", who=who)  # how much is for whoever may read it


def _time_corrected(data: Data, who: str, names: Names) -> str:
    return _("%(who)s corrected time of their own", who=who)


def _time_removed(data: Data, who: str, names: Names) -> str:
    return _("%(who)s removed time of their own", who=who)


def _time_put_back(data: Data, who: str, names: Names) -> str:
    return _("%(who)s put time of their own back", who=who)


SENTENCES: dict[str, tuple[str, Sentence]] = {
    "checklist_added": ("list", _to_do),
    "checklist_ticked": ("check", _ticked),
    "checklist_changed": ("list", _list_changed),
    "checklist_removed": ("list", _list_shorter),
    "time_added": ("clock", _time_added),
    "time_corrected": ("clock", _time_corrected),
    "time_removed": ("clock", _time_removed),
    "time_put_back": ("clock", _time_put_back),
    "ticket_opened": ("inbox", _opened),
    "assigned": ("user", _assigned),
    "released": ("undo", _released),
    "skills_required": ("tag", _skills),
    "status_changed": ("queue", _status),
    "priority_changed": ("flag", _priority),
    "queue_changed": ("queue", _queue),
    "tagged": ("tag", _tagged),
    "fields_changed": ("form", _fields),
    "requester_changed": ("user", _requester),
    "snoozed": ("snooze", _snoozed),
    "woken": ("snooze", _woken),
    "followed": ("eye", _followed),
    "unfollowed": ("eye", _unfollowed),
    "marked_spam": ("mute", _spam),
    "unmarked_spam": ("undo", _no_spam),
    "trashed": ("x", _trashed),
    "restored": ("undo", _restored),
    "merged_into": ("merge", _merged_into),
    "merged_from": ("merge", _merged_from),
    "merge_undone": ("split", _merge_undone),
    "split_from": ("split", _split_from),
    "split_off": ("split", _split_off),
    "linked": ("link", _linked),
    "unlinked": ("link", _unlinked),
    "incidents_updated": ("send", _incidents_updated),
}
