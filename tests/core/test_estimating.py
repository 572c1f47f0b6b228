"""What the planner expects is asked without running anything."""

import pytest
from sqlalchemy import func, select

from ticketdesk.core.estimating import rows_expected


@pytest.mark.usefixtures("app")
def test_it_plans_and_does_not_run() -> None:
    numbers = func.generate_series(1, 40).table_valued("n").render_derived()
    assert rows_expected(select(numbers.c.n)) == 40
    assert rows_expected(select(numbers.c.n).limit(3)) == 3
    assert rows_expected(select(func.pg_sleep(600))) == 1
