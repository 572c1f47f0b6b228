"""What a saved view can ask is checked before it is kept."""

from datetime import timedelta

import pytest

from ticketdesk.core.errors import Invalid
from ticketdesk.tickets import saved_view_fields
from ticketdesk.tickets.saved_view_fields import MOST_CONDITIONS, Condition, checked, checked_all


@pytest.mark.parametrize(
    ("field", "operator", "given", "kept"),
    [
        ("priority", "is", ("high", "urgent", "high"), ("high", "urgent")),
        ("assignee", "is_not", ("me", "12"), ("me", "12")),
        ("tag", "has", ("VIP , big order",), ("vip", "big-order")),
        ("subject", "contains", ("  the   arm ",), ("the arm",)),
        ("opened", "older", ("007", "days"), ("7", "days")),
        ("due", "late", ("whatever",), ()),
    ],
)
def test_a_condition_is_kept_in_one_way(
    field: str, operator: str, given: tuple[str, ...], kept: tuple[str, ...]
) -> None:
    assert checked(Condition(field, operator, given)) == Condition(field, operator, kept)


@pytest.mark.parametrize(
    ("field", "operator", "given"),
    [
        ("password", "is", ("x",)),
        ("priority", "older", ("1", "days")),
        ("priority", "is", ()),
        ("priority", "is", ("high", "highest")),
        ("priority", "is", ("3",)),
        ("queue", "is", ("-3",)),
        ("queue", "is", ("9" * 19,)),
        ("queue", "is", ("9" * 400,)),
        ("queue", "is", ("٣",)),
        ("tag", "has", (" , ",)),
        ("tag", "has", (",".join(str(n) for n in range(60)),)),
        ("subject", "contains", ("   ",)),
        ("subject", "contains", ("x" * 201,)),
        ("opened", "older", ("0", "days")),
        ("opened", "older", ("1.5", "days")),
        ("opened", "older", ("10000", "days")),
        ("opened", "older", ("9" * 4000, "days")),
        ("opened", "older", ("1", "weeks")),
        ("opened", "older", ("1",)),
    ],
)
def test_what_cannot_be_asked_is_refused(field: str, operator: str, given: tuple[str, ...]) -> None:
    with pytest.raises(Invalid):
        checked(Condition(field, operator, given))


def test_there_is_a_most() -> None:
    one = Condition("due", "late")
    assert len(checked_all([one] * MOST_CONDITIONS)) == MOST_CONDITIONS
    with pytest.raises(Invalid):
        checked_all([one] * (MOST_CONDITIONS + 1))


def test_what_is_stored_is_read_again() -> None:
    conditions = [Condition("opened", "older", ("2", "hours")), Condition("due", "late")]
    assert saved_view_fields.read(saved_view_fields.stored(conditions)) == conditions
    assert conditions[0].span == timedelta(hours=2)
