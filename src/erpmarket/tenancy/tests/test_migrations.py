"""New shops take one step a room; shops of older versions walk the steps they have left."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

ROOMS = Path(__file__).parents[2]
# The last steps of a version from before the first ones of each room were put together.
OLDER = {"catalog": 4, "customers": 1, "pos": 6}
LATER = {
    ("catalog", "0005_scale_rules"),
    ("catalog", "0006_price_lists"),
    ("catalog", "0007_takes_baes"),
    ("customers", "0002_credit_and_vales"),
    ("customers", "0003_price_list"),
    ("pos", "0007_sale_discounts"),
    ("pos", "0008_tenders_and_customers"),
}


def steps_after(last: dict[str, int]) -> set[tuple[str, str]]:
    """List the steps that lie in the rooms' folders after the last ones of a version."""
    return {
        (room, path.stem)
        for room in last
        for path in (ROOMS / room / "migrations").glob("0*.py")
        if "_squashed_" not in path.stem and int(path.stem[:4]) > last[room]
    }


def left_to_do() -> set[tuple[str, str]]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return {(step.app_label, step.name) for step, _ in plan}


def test_a_shop_of_today_has_nothing_left_to_do(db: None) -> None:
    assert left_to_do() == set()


def test_a_shop_of_an_older_version_walks_the_steps_it_has_left(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied = {
        (room, name): row
        for (room, name), row in MigrationRecorder(connection).applied_migrations().items()
        if "_squashed_" not in name and (room not in OLDER or int(name[:4]) <= OLDER[room])
    }
    monkeypatch.setattr(MigrationRecorder, "applied_migrations", lambda _self: applied)

    left = left_to_do()

    assert left == steps_after(OLDER)
    assert left >= LATER


def test_the_steps_made_since_run_back_and_forth_where_a_shop_is(
    fresh_database: str, found_cast: Any
) -> None:
    found_cast()
    owner = {"ERP_DATABASE_ROLE": "erp_owner", "ERP_DATABASE_NAME": fresh_database}

    def migrate(*target: str) -> None:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0", *target],
            cwd=ROOMS.parents[1],
            env={**os.environ, **owner},
            check=True,
        )

    migrate("pos", "0001_squashed_0008_tenders_and_customers")
    migrate("customers", "0001_squashed_0003_price_list")
    assert left_to_do() == steps_after({"pos": 8, "customers": 3})

    migrate()
    assert left_to_do() == set()
