"""The copy of a till's journal outlives the browser, a torn write and a month."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from till_agent.journal import CopiedDevice, CopiedEvent, JournalConflict, JournalCopy

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TILL = "0197c0de-0000-7000-8000-000000000001"


def event(seq: int, text: str = "") -> CopiedEvent:
    return CopiedEvent(seq=seq, text=text or f'{{"seq":{seq},"words":"piñón"}}')


def test_what_was_told_is_there_after_a_restart(tmp_path: Path) -> None:
    JournalCopy(tmp_path).append(TILL, [event(1), event(2)], at=AT)

    again = JournalCopy(tmp_path)

    assert again.events(TILL, after=0, limit=50) == [event(1), event(2)]
    assert again.devices() == [CopiedDevice(device=TILL, first=1, last=2, count=2)]
    assert again.broken == []


def test_an_event_told_twice_is_kept_once(tmp_path: Path) -> None:
    journal = JournalCopy(tmp_path)

    kept = [journal.append(TILL, [event(1), event(1)], at=AT) for _ in range(2)]

    assert kept == [1, 1]
    assert len((tmp_path / "diario-2026-11.jsonl").read_text().splitlines()) == 1


def test_another_event_under_a_number_is_refused_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    journal = JournalCopy(tmp_path)
    journal.append(TILL, [event(1)], at=AT)

    with pytest.raises(JournalConflict):
        journal.append(TILL, [event(2), event(1, "otro")], at=AT)

    assert journal.events(TILL, after=0, limit=50) == [event(1)]


def test_a_line_torn_by_a_power_cut_is_cut_off_and_can_be_told_again(tmp_path: Path) -> None:
    journal = JournalCopy(tmp_path)
    journal.append(TILL, [event(1), event(2)], at=AT)
    path = tmp_path / "diario-2026-11.jsonl"
    os.truncate(path, path.stat().st_size - 7)

    again = JournalCopy(tmp_path)

    assert again.events(TILL, after=0, limit=50) == [event(1)]
    assert again.append(TILL, [event(2), event(3)], at=AT) == 3
    third = JournalCopy(tmp_path)
    assert third.events(TILL, after=1, limit=50) == [event(2), event(3)]
    assert third.broken == []


def test_a_changed_line_shows(tmp_path: Path) -> None:
    JournalCopy(tmp_path).append(TILL, [event(1, "total 1000"), event(2)], at=AT)
    path = tmp_path / "diario-2026-11.jsonl"
    path.write_text(path.read_text().replace("total 1000", "total 9000"))

    again = JournalCopy(tmp_path)

    assert len(again.broken) == 1
    assert again.broken[0].startswith("diario-2026-11.jsonl:")


def test_a_line_taken_out_shows(tmp_path: Path) -> None:
    JournalCopy(tmp_path).append(TILL, [event(1), event(2), event(3)], at=AT)
    path = tmp_path / "diario-2026-11.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + lines[2])

    assert len(JournalCopy(tmp_path).broken) == 1


@pytest.mark.parametrize("rot", ["{", "7", '["", "", "uno", ""]'])
def test_a_line_that_cannot_be_read_shows_and_takes_no_other_with_it(
    tmp_path: Path, rot: str
) -> None:
    JournalCopy(tmp_path).append(TILL, [event(1), event(2), event(3)], at=AT)
    path = tmp_path / "diario-2026-11.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(f"{lines[0]}{rot}\n{lines[2]}")

    again = JournalCopy(tmp_path)

    assert [each.seq for each in again.events(TILL, after=0, limit=50)] == [1, 3]
    assert again.append(TILL, [event(4)], at=AT) == 4
    assert [each.split(":")[0] for each in again.broken] == [path.name, path.name]


def test_months_long_past_are_let_go(tmp_path: Path) -> None:
    journal = JournalCopy(tmp_path)
    for month in range(1, 7):
        journal.append(TILL, [event(month)], at=AT.replace(month=month))

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"diario-2026-0{month}.jsonl" for month in range(3, 7)
    ]
    assert [each.seq for each in journal.events(TILL, after=0, limit=50)] == [3, 4, 5, 6]


def test_events_are_given_in_order_and_in_pieces(tmp_path: Path) -> None:
    journal = JournalCopy(tmp_path)
    journal.append(TILL, [event(3), event(1), event(2)], at=AT)

    assert [each.seq for each in journal.events(TILL, after=0, limit=2)] == [1, 2]
    assert [each.seq for each in journal.events(TILL, after=2, limit=2)] == [3]


def test_a_line_holds_the_event_as_the_till_wrote_it(tmp_path: Path) -> None:
    JournalCopy(tmp_path).append(TILL, [event(1)], at=AT)

    before, device, seq, text = json.loads((tmp_path / "diario-2026-11.jsonl").read_text())

    assert (before, device, seq, text) == ("0" * 64, TILL, 1, event(1).text)


def test_a_disk_that_is_full_keeps_nothing_and_goes_on_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = JournalCopy(tmp_path)
    journal.append(TILL, [event(1)], at=AT)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            journal.append(TILL, [event(2)], at=AT)

    assert journal.events(TILL, after=0, limit=50) == [event(1)]
    assert journal.append(TILL, [event(2)], at=AT) == 2
    assert JournalCopy(tmp_path).broken == []
