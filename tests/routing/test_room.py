"""The rules of the room on real rows: skills, weights, stickiness, hours, and what is kept of each decision."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.people import LONG_AGO, World, open_for
from tests.routing.conftest import come
from tests.web.desk.conftest import counted
from ticketdesk.accounts import capacities, people, skills, teams
from ticketdesk.accounts.skill import Skill
from ticketdesk.calendars import editing as calendars
from ticketdesk.core.actor import SYSTEM
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.core.outbox import OutboxRow
from ticketdesk.routing import asking, deciding, dispatch, explaining, projection, setting_up
from ticketdesk.routing.offer import RoutingOffer
from ticketdesk.routing.setting_up import Room
from ticketdesk.tickets import assignment, opening, progress, queues, receiving, replying, tagging, visibility
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.tag import Tag
from ticketdesk.tickets.ticket import Ticket

MINUTE = timedelta(minutes=1)
DANA = [("dana@customer.example", "")]


@pytest.fixture
def french(world: World) -> Skill:
    """A language that nobody speaks yet."""
    return skills.create("French", "language", SYSTEM, LONG_AGO)


def newest(ticket: Ticket) -> tuple[str, str, int | None]:
    one = deciding.of_ticket(ticket.id)[-1]
    return one.kind, one.reason, one.agent_id


def barred(ticket: Ticket, agent_id: int) -> str | None:
    kept = deciding.of_ticket(ticket.id)[-1].candidates["considered"]
    found: str | None = next(one["why_not"] for one in kept if one["agent_id"] == agent_id)
    return found


def test_a_queue_may_require_a_skill(world: World, queue: Queue, now: datetime, french: Skill) -> None:
    setting_up.change(queue, Room(required=[french.id]), SYSTEM, now)
    come(now, world.alice, world.bob)
    ticket = open_for(world, queue, at=now)
    assert not dispatch.dispatch(ticket.id, now)
    assert barred(ticket, world.bob.id) == "lacks_skills"
    skills.give(world.bob, [french.id], SYSTEM, now)
    assert dispatch.dispatch(ticket.id, now)
    assert newest(ticket) == ("dispatched", "only_one", world.bob.id)


def test_a_ticket_may_require_more_by_its_tag(world: World, queue: Queue, now: datetime, french: Skill) -> None:
    come(now, world.alice, world.bob)
    skills.give(world.bob, [french.id], SYSTEM, now)
    ticket = open_for(world, queue, at=now)
    tagging.change_tags(ticket, ["france"], (), SYSTEM, now)
    asking.lead(db.session.scalars(select(Tag).where(Tag.name == "france")).one(), [french.id], SYSTEM, now)
    assert asking.needed(ticket) == {french.id}
    assert dispatch.dispatch(ticket.id, now)
    assert ticket.assignee_id == world.bob.id
    tagging.change_tags(ticket, (), ["france"], SYSTEM, now)
    assert asking.needed(ticket) == set()


def test_what_bears_a_tag_already_asks_for_its_skills_at_the_price_of_one(
    world: World, queue: Queue, now: datetime, french: Skill
) -> None:
    tickets = [open_for(world, queue, at=now) for _ in range(6)]
    for ticket in tickets:
        tagging.change_tags(ticket, ["france"], (), SYSTEM, now)
    tag = db.session.scalars(select(Tag).where(Tag.name == "france")).one()
    db.session.flush()
    with counted() as ran:
        asking.lead(tag, [french.id], SYSTEM, now)
    assert {ticket.needs for ticket in tickets} == {f"email:{french.id}"}
    assert len(ran) <= 10, ran


def test_a_ticket_may_require_more_because_somebody_said_so(
    world: World, queue: Queue, now: datetime, french: Skill
) -> None:
    come(now, world.alice)
    ticket = open_for(world, queue, at=now)
    asking.require(ticket, [french.id], world.sam.actor, now)
    assert not dispatch.dispatch(ticket.id, now)
    asking.require(ticket, [], world.sam.actor, now)
    assert dispatch.dispatch(ticket.id, now)


def test_a_skill_that_a_queue_requires_is_not_forgotten(
    world: World, queue: Queue, now: datetime, french: Skill
) -> None:
    setting_up.change(queue, Room(required=[french.id]), SYSTEM, now)
    with pytest.raises(Conflict):
        asking.remove(french, SYSTEM, now)
    setting_up.change(queue, Room(gives_way=[french.id]), SYSTEM, now)
    ticket = open_for(world, queue, at=now)
    asking.require(ticket, [french.id], SYSTEM, now)
    asking.remove(french, SYSTEM, now)
    assert (asking.needed(ticket), setting_up.room_of(queue)) == (frozenset(), Room())


def test_a_skill_gives_way_to_waiting_and_that_is_kept(
    world: World, queue: Queue, now: datetime, french: Skill
) -> None:
    setting_up.change(queue, Room(required=[french.id], gives_way=[french.id], relax_after_minutes=10), SYSTEM, now)
    ticket = open_for(world, queue, at=now)
    come(now + 9 * MINUTE, world.alice)
    assert dispatch.dispatch_waiting(now + 9 * MINUTE) == 0
    [step] = explaining.look(ticket, now + 9 * MINUTE).steps
    assert (step.at, step.skill_id) == (now + 10 * MINUTE, french.id)
    assert dispatch.dispatch_waiting(now + 10 * MINUTE) == 1
    decision = explaining.why(ticket).decision
    assert decision is not None and decision.relaxed == [french.id]
    assert decision.candidates["considered"][0]["missing"] == [french.id]


def test_no_more_is_given_than_an_agent_takes(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    capacities.set_own(world.alice, "email", 2, SYSTEM, now)
    tickets = [open_for(world, queue, at=now + MINUTE * number) for number in range(3)]
    assert dispatch.dispatch_waiting(now) == 2
    assert [ticket.assignee_id for ticket in tickets] == [world.alice.id, world.alice.id, None]
    assert not dispatch.dispatch(tickets[2].id, now)
    assert barred(tickets[2], world.alice.id) == "full"


def test_what_waits_for_the_customer_weighs_a_fifth(world: World, queue: Queue, now: datetime) -> None:
    ticket = open_for(world, queue, at=now)
    assignment.assign(ticket, world.alice, SYSTEM, now)
    mine = (world.alice.id, "email")
    assert projection.loads([world.alice.id])[mine] == 100
    replying.reply(ticket, world.alice, "Which one?", to=DANA, at=now)
    assert projection.loads([world.alice.id])[mine] == 20
    receiving.receive(ticket, world.dana, receiving.Letter("email", "This"), now + MINUTE)
    assert projection.loads([world.alice.id])[mine] == 100
    progress.move_to(ticket, "on_hold", world.alice.actor, now + MINUTE)
    assert projection.loads([world.alice.id])[mine] == 20
    progress.solve(ticket, world.alice.actor, now + MINUTE)
    assert projection.loads([world.alice.id])[mine] == 0


def test_whoever_has_less_to_do_is_looked_for_work(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    capacities.set_own(world.alice, "email", 1, SYSTEM, now)
    first, second = (open_for(world, queue, at=now + MINUTE * number) for number in range(2))
    dispatch.dispatch_waiting(now)
    db.session.execute(OutboxRow.__table__.delete())
    replying.reply(first, world.alice, "Here", to=DANA, at=now)
    seeks = db.session.scalars(select(OutboxRow.payload).where(OutboxRow.task == "routing.seek")).all()
    assert seeks == [{"agent_id": world.alice.id}]
    assert second.assignee_id is None


@pytest.mark.parametrize(("takes", "rings", "sought"), [(1, 0, True), (2, 0, False), (2, 1, True)])
def test_nobody_is_looked_for_work_who_had_room_for_it(
    world: World, queue: Queue, now: datetime, takes: int, rings: int, sought: bool
) -> None:
    """A chat that rings takes its room before it is accepted."""
    come(now, world.alice)
    capacities.set_own(world.alice, "chat", takes, SYSTEM, now)
    mine, *others = (
        opening.open_ticket(queue_id=queue.id, requester=world.eve, subject="Hi", channel="chat", by=SYSTEM, at=now)
        for _ in range(1 + rings)
    )
    assignment.assign(mine, world.alice, SYSTEM, now)
    for other in others:
        until = now + MINUTE
        db.session.add(
            RoutingOffer(ticket_id=other.id, agent_id=world.alice.id, purpose="chat", offered_at=now, until=until)
        )
    db.session.commit()
    db.session.execute(OutboxRow.__table__.delete())
    progress.solve(mine, world.alice.actor, now)
    assert bool(db.session.scalar(select(OutboxRow.id).where(OutboxRow.task == "routing.seek"))) is sought


def test_fewest_open_compares_mail_and_chat_by_weight(world: World, queue: Queue, now: datetime) -> None:
    queue.strategy = "fewest_open"
    come(now, world.alice, world.bob)
    talk = opening.open_ticket(
        queue_id=world.orders_queue.id, requester=world.eve, subject="Hi", channel="chat", by=SYSTEM, at=now
    )
    assignment.assign(talk, world.alice, SYSTEM, now)
    for _ in range(2):
        assignment.assign(open_for(world, world.orders_queue, at=now), world.bob, SYSTEM, now)
    first, second = open_for(world, queue, at=now), open_for(world, queue, at=now)
    dispatch.dispatch_waiting(now)
    # A talk weighs three letters: bob has two and gets the third, then they take turns.
    assert (first.assignee_id, second.assignee_id) == (world.bob.id, world.alice.id)


def test_most_spare_gives_to_whoever_has_most_room_in_percent(world: World, queue: Queue, now: datetime) -> None:
    queue.strategy = "most_spare"
    come(now, world.alice, world.bob)
    capacities.set_own(world.alice, "email", 4, SYSTEM, now)
    for _ in range(1):
        assignment.assign(open_for(world, world.orders_queue, at=now), world.alice, SYSTEM, now)
        assignment.assign(open_for(world, world.orders_queue, at=now), world.bob, SYSTEM, now)
    ticket = open_for(world, queue, at=now)
    assert dispatch.dispatch(ticket.id, now)
    assert newest(ticket) == ("dispatched", "most_spare", world.bob.id)


def test_whoever_knows_the_customer_gets_it_where_the_queue_wants_that(
    world: World, queue: Queue, now: datetime
) -> None:
    come(now, world.alice, world.bob)
    earlier = open_for(world, queue, at=now)
    assignment.assign(earlier, world.bob, SYSTEM, now)
    assert dispatch.dispatch((first := open_for(world, queue, at=now)).id, now)
    assert dispatch.dispatch(open_for(world, queue, at=now).id, now)
    assert first.assignee_id == world.alice.id
    setting_up.change(queue, Room(sticky=True), SYSTEM, now)
    assignment.assign(earlier, world.bob, SYSTEM, now)
    last = opening.open_ticket(
        queue_id=queue.id, requester=world.eve, subject="Again", channel="email", by=SYSTEM, at=now
    )
    assignment.assign(last, world.alice, SYSTEM, now)
    again = opening.open_ticket(
        queue_id=queue.id, requester=world.eve, subject="Once more", channel="email", by=SYSTEM, at=now
    )
    assert dispatch.dispatch(again.id, now)
    assert newest(again) == ("dispatched", "knows_customer", world.alice.id)


def test_least_time_left_goes_first_and_then_the_oldest(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    capacities.set_own(world.alice, "email", 2, SYSTEM, now)
    old, newer, urgent = (open_for(world, queue, at=now + MINUTE * number) for number in range(3))
    urgent.next_due_at = now + 60 * MINUTE
    db.session.flush()
    assert dispatch.dispatch_waiting(now) == 2
    assert [one.assignee_id for one in (old, newer, urgent)] == [world.alice.id, None, world.alice.id]


def test_what_nobody_can_take_keeps_nothing_else_waiting(
    world: World, queue: Queue, now: datetime, french: Skill
) -> None:
    come(now, world.alice)
    many = [open_for(world, queue, at=now) for _ in range(5)]
    for one in many:
        asking.require(one, [french.id], SYSTEM, now)
    plain = open_for(world, queue, at=now + MINUTE)
    assert dispatch.dispatch_waiting(now + MINUTE, limit=2) == 1
    assert plain.assignee_id == world.alice.id


def test_in_a_queue_where_agents_choose_nothing_is_given(world: World, now: datetime) -> None:
    come(now, world.alice, world.bob)
    ticket = open_for(world, world.care_queue, at=now)
    assert not dispatch.dispatch(ticket.id, now)
    assert dispatch.dispatch_waiting(now) == 0
    assert (deciding.of_ticket(ticket.id), explaining.why(ticket).how) == ([], "manual")


def test_a_decision_keeps_the_best_fifty_and_says_how_many_more(world: World, queue: Queue, now: datetime) -> None:
    for number in range(60):
        one = people.create(f"agent{number}@desk.example", f"Agent {number}", "agent", SYSTEM, LONG_AGO)
        people.change_teams(one, [world.care.id], SYSTEM, LONG_AGO)
    come(now, world.bob)
    ticket = open_for(world, queue, at=now)
    assert dispatch.dispatch(ticket.id, now)
    [decision] = deciding.of_ticket(ticket.id)
    kept = decision.candidates["considered"]
    assert (len(kept), kept[0]["agent_id"], decision.candidates["more"]) == (50, world.bob.id, 13)


def _hours(name: str, timezone: str, now: datetime) -> int:
    """From eight to four."""
    return calendars.create(name, timezone, [[[480, 960]]] * 7, SYSTEM, now).id


def test_work_follows_the_sun(world: World, queue: Queue, now: datetime) -> None:
    sydney, boston = (teams.create(name, SYSTEM, now) for name in ("Sydney", "Boston"))
    for team, agent in ((sydney, world.carol), (boston, world.sam)):
        people.change_teams(agent, [team.id], SYSTEM, now)
    people.change_teams(world.bob, [], SYSTEM, now)
    midnight = now.replace(hour=0)
    for team, zone in ((world.care, "Europe/London"), (sydney, "Australia/Sydney"), (boston, "America/New_York")):
        team.calendar_id = _hours(team.name, zone, midnight - timedelta(days=400))
    setting_up.change(queue, Room(teams=[world.care.id, sydney.id, boston.id]), SYSTEM, midnight)
    by_hour = {}
    for hour in range(24):
        at = midnight + timedelta(hours=hour, minutes=30)
        come(at, world.alice, world.carol, world.sam)
        ticket = open_for(world, queue, at=at)
        dispatch.dispatch(ticket.id, at)
        by_hour[hour] = next(
            (name for name in ("alice", "carol", "sam") if ticket.assignee_id == getattr(world, name).id), None
        )
        if ticket.assignee_id is not None:
            progress.solve(ticket, SYSTEM, at)
        else:
            opened = deciding.of_ticket(ticket.id)[-1].candidates["considered"]
            assert {one["why_not"] for one in opened} == {"team_closed"}
            assignment.assign(ticket, world.ada, SYSTEM, at)
    # In March London is UTC, Sydney eleven hours ahead and New York five behind.
    expected = dict.fromkeys(range(8, 16), "alice")
    expected |= dict.fromkeys((*range(5), *range(21, 24)), "carol")
    expected |= dict.fromkeys(range(16, 21), "sam")
    assert by_hour == {hour: expected.get(hour) for hour in range(24)}


def test_the_next_open_team_is_asked_when_nobody_of_the_first_can(world: World, queue: Queue, now: datetime) -> None:
    setting_up.change(queue, Room(teams=[world.care.id, world.orders.id], next_team_after_minutes=5), SYSTEM, now)
    come(now, world.carol)
    ticket = open_for(world, queue, at=now)
    assert not dispatch.dispatch(ticket.id, now)
    assert barred(ticket, world.carol.id) == "team_later"
    later = now + 5 * MINUTE
    come(later, world.carol)
    assert dispatch.dispatch_waiting(later) == 1
    decision = explaining.why(ticket).decision
    assert decision is not None and decision.teams == [world.care.id, world.orders.id]


def test_a_team_that_serves_a_queue_may_answer_in_it(world: World, queue: Queue, now: datetime) -> None:
    ticket = open_for(world, queue, at=now)
    assert visibility.level(world.carol, ticket) is None
    queues.share(queue, {world.orders.id: "read"}, SYSTEM, now)
    setting_up.change(queue, Room(teams=[world.care.id, world.orders.id]), SYSTEM, now)
    assert visibility.level(world.carol, ticket) == "reply"
    for grants in ({}, {world.orders.id: "read"}):
        with pytest.raises(Invalid):
            queues.share(queue, grants, SYSTEM, now)
    with pytest.raises(Invalid):
        queues.change(queue, queues.Setup("Care", world.orders.id), SYSTEM, now)
    setting_up.change(queue, Room(), SYSTEM, now)
    queues.share(queue, {}, SYSTEM, now)
    assert visibility.level(world.carol, ticket) is None


@pytest.mark.parametrize(
    "room",
    [
        Room(relax_after_minutes=-1),
        Room(next_team_after_minutes=10_000),
        Room(required=[987_654]),
        Room(teams=[987_654]),
        Room(gives_way=[1, 1]),
    ],
)
def test_what_makes_no_sense_is_refused(world: World, queue: Queue, now: datetime, room: Room) -> None:
    with pytest.raises(Invalid):
        setting_up.change(queue, room, SYSTEM, now)


def test_why_me(world: World, queue: Queue, now: datetime) -> None:
    come(now, world.alice)
    routed, taken, given, waiting = (open_for(world, queue, at=now) for _ in range(4))
    for one in (taken, given):
        assignment.assign(one, world.bob, (world.bob if one is taken else world.sam).actor, now)
    progress.move_to(waiting, "pending", SYSTEM, now)
    assert dispatch.dispatch(routed.id, now)
    found = explaining.why(routed)
    assert (found.how, found.agent_id, found.at) == ("routed", world.alice.id, now)
    assert explaining.why(taken).how == "taken"
    assert (explaining.why(given).how, explaining.why(given).by_id) == ("given", world.sam.id)
    assert explaining.why(waiting).how == "done"
    assignment.assign(routed, world.bob, world.alice.actor, now + MINUTE)
    assert (explaining.why(routed).how, explaining.why(routed).by_id) == ("given", world.alice.id)
