"""Both runners do the room's work: the names are right and Celery knows them."""

import pytest
from django.utils.module_loading import import_string

from erpmarket.config.celery import app
from erpmarket.config.periodic import PERIODIC

OURS = ["notifications.fetch_mails", "notifications.send_mails", "notifications.watch"]


@pytest.mark.parametrize("name", OURS)
def test_work_of_the_room_is_done_by_both_runners(name: str, fresh_database: str) -> None:
    function = import_string(PERIODIC[name].function)

    # Keywords of an older or newer release change nothing.
    function(is_stopping=lambda: True, unknown_keyword=1)

    assert name in app.tasks
    assert app.conf.beat_schedule[name]["task"] == name


def test_no_work_of_the_room_is_forgotten() -> None:
    assert sorted(name for name in PERIODIC if name.startswith("notifications.")) == OURS
