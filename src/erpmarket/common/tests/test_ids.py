import uuid
from concurrent.futures import ThreadPoolExecutor

from erpmarket.common.ids import Uuid7Source, uuid7


def test_uuid7_carries_version_variant_and_the_millisecond() -> None:
    source = Uuid7Source(unix_ms=lambda: 0x017F22E279B0, random_bits=lambda _: 0)

    made = source()

    assert str(made) == "017f22e2-79b0-7000-8000-000000000000"
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_uuid7_puts_counter_and_random_tail_in_their_bits() -> None:
    source = Uuid7Source(unix_ms=lambda: 1, random_bits=lambda bits: 2**bits - 1)

    first, second = source(), source()

    assert str(first) == "00000000-0001-77ff-bfff-ffffffffffff"
    assert str(second) == "00000000-0001-7800-8000-0000ffffffff"


def test_uuid7_grows_while_the_clock_stands_still_or_steps_back() -> None:
    ticks = iter([5, 5, 5, 3, 5, 6])
    source = Uuid7Source(unix_ms=lambda: next(ticks))

    made = [source() for _ in range(6)]

    assert made == sorted(set(made))
    assert [item.int >> 80 for item in made] == [5, 5, 5, 5, 5, 6]


def test_uuid7_borrows_the_next_millisecond_when_the_counter_is_full() -> None:
    source = Uuid7Source(unix_ms=lambda: 5, random_bits=lambda _: 0)
    first = source()
    source._counter = 2**42 - 1

    last = source()

    assert first < last
    assert last.int >> 80 == 6


def test_uuid7_is_unique_across_threads() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: uuid7(), range(2_000)))

    assert len(set(made)) == 2_000
