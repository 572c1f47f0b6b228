"""What a customer answers is kept once, may be changed for a day, and stays (SEMANTICS 9, SECURITY R28)."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.channels.mails import later, work_all
from tests.people import World, open_for
from tests.surveys.conftest import asked_by, invitations, solve
from ticketdesk.core import links
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid, NotFound
from ticketdesk.notifications.notification import Notification
from ticketdesk.surveys import answering, following_up, satisfaction
from ticketdesk.surveys.answer import SurveyAnswer, SurveyAnswerEdit
from ticketdesk.surveys.follow_up import FollowUp
from ticketdesk.surveys.invitation import SurveyInvitation
from ticketdesk.surveys.sending import LINK
from ticketdesk.tickets import flags, progress, timeline
from ticketdesk.tickets.ticket import Ticket

DAY = timedelta(hours=24)


@pytest.fixture
def sent(world: World, ticket: Ticket, now: datetime) -> SurveyInvitation:
    """dana was asked at eleven."""
    solve(ticket, world, now)
    work_all(later(now, hours=1))
    return invitations(ticket)[0]


@pytest.fixture
def asked_at(now: datetime) -> datetime:
    return later(now, hours=1)


def kinds(sent: SurveyInvitation) -> list[str]:
    return [event.kind for event in timeline.of_ticket(sent.ticket_id)]


def test_an_answer_keeps_score_comment_wording_and_direction(sent: SurveyInvitation, asked_at: datetime) -> None:
    made = answering.answer(sent.id, 4, "  Quick.\r\nThanks. ", asked_at)
    assert (made.score, made.comment, made.direction) == (4, "Quick.\nThanks.", "higher_is_better")
    assert made.wording["question"] == "How content are you with our help?"
    assert made.wording["words"][3] == "Content"
    assert sent.state == "answered"
    event = timeline.of_ticket(sent.ticket_id)[-1]
    assert (event.kind, event.data["score"], event.actor_id) == ("survey_answered", 4, sent.identity_id)
    assert "Quick" not in str(event.data), "events hold no words of people"


def test_new_words_in_the_settings_leave_old_answers_alone(
    world: World, sent: SurveyInvitation, asked_at: datetime
) -> None:
    answering.answer(sent.id, 4, "", asked_at)
    asked_by(world, asked_at, question="And?", words=("a", "b", "c", "d", "e"))
    (asked,) = satisfaction.of_ticket(sent.ticket_id)
    assert asked.words == "Content"


def test_the_same_answer_twice_is_one(sent: SurveyInvitation, asked_at: datetime) -> None:
    first = answering.answer(sent.id, 4, "Quick.", asked_at)
    again = answering.answer(sent.id, 4, "Quick.", later(asked_at, days=3))
    assert again.id == first.id
    assert kinds(sent).count("survey_answered") == 1
    assert "survey_changed" not in kinds(sent)


def test_an_answer_may_be_changed_for_a_day_with_history(sent: SurveyInvitation, asked_at: datetime) -> None:
    made = answering.answer(sent.id, 4, "Quick.", asked_at)
    last = asked_at + DAY - timedelta(seconds=1)
    answering.answer(sent.id, 5, "Very quick.", last)
    assert (made.score, made.comment, made.edited_at, made.answered_at) == (5, "Very quick.", last, asked_at)
    (before,) = db.session.scalars(select(SurveyAnswerEdit))
    assert (before.score, before.comment, before.replaced_at) == (4, "Quick.", last)
    with pytest.raises(Conflict):
        answering.answer(sent.id, 1, "", asked_at + DAY)
    assert made.score == 5


def test_opening_again_after_answering_keeps_the_answer(
    world: World, sent: SurveyInvitation, asked_at: datetime
) -> None:
    answering.answer(sent.id, 4, "", asked_at)
    progress.reopen(db.session.get_one(Ticket, sent.ticket_id), world.alice.actor, later(asked_at, hours=1))
    db.session.commit()
    assert db.session.scalars(select(SurveyAnswer.score)).one() == 4
    assert invitations()[0].state == "answered"


@pytest.mark.parametrize("score", [0, 6, -1, 10**9])
def test_scores_beyond_the_scale_are_refused(sent: SurveyInvitation, asked_at: datetime, score: int) -> None:
    with pytest.raises(Invalid):
        answering.answer(sent.id, score, "", asked_at)
    with pytest.raises(Invalid):
        answering.answer(sent.id, 3, "x" * 4001, asked_at)


def test_what_was_never_sent_cannot_be_answered(world: World, ticket: Ticket, now: datetime) -> None:
    solve(ticket, world, now)
    with pytest.raises(NotFound):
        answering.answer(invitations(ticket)[0].id, 4, "", now)
    with pytest.raises(NotFound):
        answering.answer(999_999, 4, "", now)


def test_a_link_opens_for_thirty_days_until_it_is_revoked(sent: SurveyInvitation, asked_at: datetime) -> None:
    token = links.signed(LINK, sent.id)
    assert answering.invited(token, asked_at) is not None
    assert answering.invited(token, later(asked_at, days=30, seconds=-1)) is not None
    assert answering.invited(token, later(asked_at, days=30)) is None
    sent.revoked_at = asked_at
    assert answering.invited(token, asked_at) is None


def test_a_link_of_another_purpose_opens_nothing(sent: SurveyInvitation, asked_at: datetime) -> None:
    assert answering.invited(links.signed("ticket", sent.id), asked_at) is None
    assert answering.invited("", asked_at) is None
    assert answering.invited(f"{sent.id}-{'a' * 32}", asked_at) is None


def test_a_link_is_dead_while_its_ticket_is_in_the_trash(
    world: World, sent: SurveyInvitation, asked_at: datetime
) -> None:
    flags.trash(db.session.get_one(Ticket, sent.ticket_id), world.alice.actor, asked_at)
    assert answering.invited(links.signed(LINK, sent.id), asked_at) is None


@pytest.mark.parametrize("score", [1, 2])
def test_a_low_score_opens_a_follow_up_with_owner_and_deadline(
    world: World, sent: SurveyInvitation, asked_at: datetime, score: int
) -> None:
    answering.answer(sent.id, score, "Nobody came.", asked_at)
    (task,) = db.session.scalars(select(FollowUp))
    assert (task.owner_id, task.due_at, task.done_at) == (world.sam.id, later(asked_at, days=2), None)
    assert kinds(sent)[-1] == "follow_up_opened"


def test_a_good_score_opens_none(sent: SurveyInvitation, asked_at: datetime) -> None:
    answering.answer(sent.id, 3, "", asked_at)
    assert db.session.scalars(select(FollowUp)).all() == []


def test_a_score_made_worse_opens_one_and_made_worse_again_no_second(
    sent: SurveyInvitation, asked_at: datetime
) -> None:
    for score in (4, 2, 1):
        answering.answer(sent.id, score, "", asked_at)
    assert len(db.session.scalars(select(FollowUp)).all()) == 1


def test_the_settings_say_whose_it_is(world: World, sent: SurveyInvitation, asked_at: datetime) -> None:
    asked_by(world, asked_at, follow_up_owner="agent", follow_up_days=5, low_score=3)
    answering.answer(sent.id, 3, "", asked_at)
    (task,) = db.session.scalars(select(FollowUp))
    assert (task.owner_id, task.due_at) == (world.alice.id, later(asked_at, days=5))


def test_an_agent_who_left_owns_nothing_more(world: World, sent: SurveyInvitation, asked_at: datetime) -> None:
    asked_by(world, asked_at, follow_up_owner="agent")
    world.alice.disabled_at = asked_at
    answering.answer(sent.id, 1, "", asked_at)
    assert db.session.scalars(select(FollowUp.owner_id)).one() == world.sam.id


def test_a_low_score_tells_the_supervisor(world: World, sent: SurveyInvitation, asked_at: datetime) -> None:
    db.session.execute(Notification.__table__.delete())
    answering.answer(sent.id, 1, "", asked_at)
    db.session.commit()
    work_all(asked_at)
    told = {(row.agent_id, row.reason) for row in db.session.scalars(select(Notification))}
    assert told == {(world.sam.id, "owner"), (world.alice.id, "assignee")}


def test_without_a_supervisor_the_administrators_hear_of_it(
    world: World, sent: SurveyInvitation, asked_at: datetime
) -> None:
    world.sam.disabled_at = asked_at
    answering.answer(sent.id, 1, "", asked_at)
    db.session.commit()
    work_all(asked_at)
    assert db.session.scalars(select(FollowUp.owner_id)).one() == world.ada.id


def test_a_follow_up_ends_with_an_outcome_once(world: World, sent: SurveyInvitation, asked_at: datetime) -> None:
    answering.answer(sent.id, 1, "", asked_at)
    (task,) = db.session.scalars(following_up.waiting_for(world.sam))
    with pytest.raises(Invalid):
        following_up.finish(task, " ", world.sam, asked_at)
    following_up.finish(task, "We called and sent another.", world.sam, later(asked_at, hours=3))
    assert (task.outcome, task.done_by_id) == ("We called and sent another.", world.sam.id)
    assert kinds(sent)[-1] == "follow_up_done"
    with pytest.raises(Conflict):
        following_up.finish(task, "Again", world.alice, later(asked_at, hours=4))
    assert db.session.scalars(following_up.waiting_for(world.sam)).all() == []


def test_follow_ups_are_seen_by_whoever_sees_the_ticket(
    world: World, sent: SurveyInvitation, asked_at: datetime
) -> None:
    answering.answer(sent.id, 1, "", asked_at)
    seen = {
        name: len(db.session.scalars(following_up.waiting_for(world.agent(name))).all()) for name in ("sam", "carol")
    }
    assert seen == {"sam": 1, "carol": 0}


def test_a_survivor_of_a_merge_shows_and_takes_the_answer(
    world: World, sent: SurveyInvitation, asked_at: datetime
) -> None:
    survivor_id = open_for(world, world.care_queue, "The other one", asked_at).id
    db.session.get_one(Ticket, sent.ticket_id).merged_into_id = survivor_id
    db.session.flush()
    answering.answer(sent.id, 1, "", asked_at)
    assert [event.kind for event in timeline.of_ticket(survivor_id)][-1] == "follow_up_opened"
    (asked,) = satisfaction.of_ticket(survivor_id)
    assert asked.answer is not None
    assert asked.follow_up is not None
