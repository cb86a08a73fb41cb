from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from erpmarket.common.pace import Pace

PACE = Pace(base=timedelta(seconds=2), cap=timedelta(minutes=10))


@given(attempts=st.integers(min_value=0, max_value=2_000_000_000))
def test_a_wait_lies_between_half_and_the_whole_of_the_doubled_base_and_under_the_cap(
    attempts: int,
) -> None:
    full = min(timedelta(seconds=2) * 2 ** min(max(attempts - 1, 0), 30), timedelta(minutes=10))

    assert full / 2 <= PACE.wait(attempts) <= full


def test_waits_of_many_shops_differ() -> None:
    assert len({PACE.wait(8) for _ in range(50)}) > 10
