"""Saved views are made, changed, copied, moved and deleted; who has which."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, Select, func, or_, select

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import allowed
from ticketdesk.accounts.team import Team, TeamMember
from ticketdesk.core import audit
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid, NotAllowed, NotFound
from ticketdesk.tickets import saved_view_fields, view_fields
from ticketdesk.tickets.saved_view import EVERYBODY, OWN, TEAM, SavedView
from ticketdesk.tickets.saved_view_conditions import Wanted
from ticketdesk.tickets.saved_view_fields import AMONG, JOININGS, SORTS, Condition
from ticketdesk.tickets.visibility import Known, reader

LONGEST_NAME = 60
MOST_OWN = 50
MOST_SHARED = 200
ICONS = (
    "filter",
    "star",
    "flag",
    "bolt",
    "clock",
    "late",
    "tag",
    "user",
    "users",
    "org",
    "mail",
    "chat",
    "phone",
    "cal",
    "truck",
    "card",
    "chair",
    "book",
    "eye",
    "inbox",
)


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything a view is."""

    name: str
    icon: str = "filter"
    shown_to: str = OWN
    team_id: int | None = None
    among: str = "unsolved"
    joining: str = "all"
    conditions: Sequence[Condition] = ()
    sort: str = "due"
    columns: Sequence[str] = ()


@lru_cache(maxsize=500)
def seen_by(agent: Known) -> Select[SavedView]:
    """The views an agent has, in order: own, teams' and everybody's; administrators have all that are shared.

    Built once for each who asks: building costs more than asking.
    """
    wanted = select(SavedView).order_by(SavedView.position, SavedView.id)
    own = SavedView.owner_id == agent.id
    if agent.is_administrator:
        return wanted.where(or_(own, SavedView.shown_to != OWN))
    return wanted.where(or_(own & (SavedView.shown_to == OWN), SavedView.shown_to == EVERYBODY, _of_teams(agent)))


def wanted(view: SavedView) -> Wanted:
    """What a view looks for."""
    return Wanted(saved_view_fields.read(view.conditions), view.joining, view.among)


def setup_of(view: SavedView) -> Setup:
    """A view as it was put together."""
    return Setup(
        name=view.name,
        icon=view.icon,
        shown_to=view.shown_to,
        team_id=view.team_id,
        among=view.among,
        joining=view.joining,
        conditions=saved_view_fields.read(view.conditions),
        sort=view.sort,
        columns=view.columns,
    )


def may_change(agent: Agent, view: SavedView) -> bool:
    """Whether an agent, who has the view, may change it: one's own always, shared ones who may share."""
    return view.owner_id == agent.id if not view.is_shared else allowed(agent, "view.share")


def create(setup: Setup, by: Agent, at: datetime) -> SavedView:
    """Make a view at the end of the list; raises Invalid, or NotAllowed for one that the agent may not share."""
    view = SavedView(owner_id=by.id, shown_to=OWN, position=0, created_at=at)
    _write(view, setup, by, at)
    _put_last(view)
    db.session.add(view)
    db.session.flush()
    audit.note("view_created", "view", view.id, by.actor, at, {"shown_to": view.shown_to})
    return view


def change(view: SavedView, setup: Setup, by: Agent, at: datetime) -> SavedView:
    """Let a view be something else from now on; raises Invalid, NotFound or NotAllowed.

    A shared one that is made one's own is then that of whoever did so.
    """
    _lock(view, by)
    was_shared = view.is_shared
    _write(view, setup, by, at)
    if was_shared and not view.is_shared:
        view.owner_id = by.id
    if was_shared != view.is_shared:
        _put_last(view)
    audit.note("view_changed", "view", view.id, by.actor, at, {"shown_to": view.shown_to})
    return view


def copy(view: SavedView, name: str, by: Agent, at: datetime) -> SavedView:
    """Make a view of one's own from any that one has; raises Invalid."""
    own = replace(setup_of(view), name=name[:LONGEST_NAME].rstrip(), shown_to=OWN, team_id=None)
    return create(own, by, at)


def move(view: SavedView, by: Agent, places: int, at: datetime) -> None:
    """Put a view so many places further down (up when negative) among its neighbours; raises NotAllowed."""
    beside = _beside(view, by).order_by(SavedView.id).with_for_update()  # one order for all who move something
    locked = list(db.session.scalars(beside.execution_options(populate_existing=True)))
    _lock(view, by)
    listed = sorted(locked, key=lambda one: (one.position, one.id))
    places_there = [one.position for one in listed]  # those between them are of views that this agent does not see
    here = next(place for place, one in enumerate(listed) if one.id == view.id)
    there = min(max(here + places, 0), len(listed) - 1)
    listed.insert(there, listed.pop(here))
    last = -1
    for place, one in zip(places_there, listed, strict=True):
        last = one.position = max(place, last + 1)
    if there != here:
        audit.note("view_moved", "view", view.id, by.actor, at, {"to": there})


def delete(view: SavedView, by: Agent, at: datetime) -> None:
    """Let there be no such view for anybody; its tickets stay. Raises NotAllowed."""
    _lock(view, by)
    db.session.delete(view)
    audit.note("view_deleted", "view", view.id, by.actor, at, {"shown_to": view.shown_to})


def teams_to_share_with(agent: Agent) -> Select[Team]:
    """The teams to which an agent may show a view, by name: all for administrators, their own for supervisors."""
    wanted = select(Team).order_by(Team.name)
    if agent.is_administrator:
        return wanted
    return wanted.where(Team.id.in_(select(TeamMember.team_id).where(TeamMember.agent_id == agent.id)))


def _of_teams(agent: Known) -> ColumnElement[bool]:
    return SavedView.team_id.in_(select(TeamMember.team_id).where(TeamMember.agent_id == agent.id))


def _beside(view: SavedView, by: Agent) -> Select[SavedView]:
    """The views among which it has its place: one's own, or the shared ones that one has."""
    if view.is_shared:
        return seen_by(reader(by)).where(SavedView.shown_to != OWN).order_by(None)
    return select(SavedView).where(SavedView.owner_id == view.owner_id, SavedView.shown_to == OWN)


def _lock(view: SavedView, by: Agent) -> None:
    locked = select(SavedView).where(SavedView.id == view.id).with_for_update()
    if db.session.scalar(locked.execution_options(populate_existing=True)) is None:
        raise NotFound("There is no such view any more.")
    if not may_change(by, view):
        raise NotAllowed("This view is shared; those who answer for a team may change it. You can copy it.")


def _put_last(view: SavedView) -> None:
    of = (
        SavedView.shown_to != OWN
        if view.is_shared
        else (SavedView.owner_id == view.owner_id) & (SavedView.shown_to == OWN)
    )
    others = select(func.coalesce(func.max(SavedView.position), -1), func.count()).where(
        of, SavedView.id.is_distinct_from(view.id)
    )
    with db.session.no_autoflush:
        last, count = db.session.execute(others).one()
    if count >= (MOST_SHARED if view.is_shared else MOST_OWN):
        raise Invalid("There are so many views already that no more fit. Delete one first.", "name")
    view.position = last + 1


def _write(view: SavedView, setup: Setup, by: Agent, at: datetime) -> None:
    name = " ".join(setup.name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(f"Give a name of at most {LONGEST_NAME} letters.", "name")
    if setup.icon not in ICONS:
        raise Invalid("Choose one of the icons.", "icon")
    if setup.among not in AMONG or setup.joining not in JOININGS:
        raise Invalid("Choose among which tickets it looks.", "among")
    if setup.sort not in SORTS:
        raise Invalid("Choose one of the orders.", "sort")
    if setup.sort == "due" and setup.among != "unsolved":
        raise Invalid("Nothing is due on solved tickets. Choose another order, or only unsolved tickets.", "sort")
    if not set(setup.columns) <= set(view_fields.columns()):
        raise Invalid("Choose among what can be shown.", "columns")
    conditions = saved_view_fields.checked_all(setup.conditions, view_fields.fields())
    _check_sharing(view, setup, by)
    view.name, view.icon, view.shown_to = name, setup.icon, setup.shown_to
    view.team_id = setup.team_id if setup.shown_to == TEAM else None
    view.among, view.joining, view.sort = setup.among, setup.joining, setup.sort
    view.conditions = saved_view_fields.stored(conditions)
    view.columns = [column for column in view_fields.columns() if column in setup.columns]
    view.changed_at = at


def _check_sharing(view: SavedView, setup: Setup, by: Agent) -> None:
    if setup.shown_to not in (OWN, TEAM, EVERYBODY):
        raise Invalid("Choose who has it.", "shown_to")
    if setup.shown_to == OWN:
        return
    if not allowed(by, "view.share"):
        raise NotAllowed("Views are shared by those who answer for a team.")
    stays = setup.shown_to == view.shown_to and setup.team_id == view.team_id
    is_new_team = setup.shown_to == TEAM and not stays
    if is_new_team and db.session.scalar(teams_to_share_with(by).where(Team.id == setup.team_id)) is None:
        raise Invalid("Choose a team that you answer for.", "shown_to")
