"""What the planner expects is asked without running anything."""

import pytest
from sqlalchemy import Text, cast, func, select

from ticketdesk.core.estimating import rows_expected


@pytest.mark.usefixtures("app")
def test_it_plans_and_does_not_run() -> None:
    numbers = func.generate_series(1, 40).table_valued("n").render_derived()
    asked = [select(numbers.c.n), select(numbers.c.n).limit(3), select(cast(func.pg_sleep(600), Text))]
    assert rows_expected(*asked) == [40, 3, 1]
    assert rows_expected(asked[1]) == [3]
