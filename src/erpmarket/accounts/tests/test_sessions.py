from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from erpmarket.accounts.sessions import SessionStore
from erpmarket.common.clock import now

pytestmark = pytest.mark.django_db


def _saved() -> SessionStore:
    store = SessionStore()
    store["company_id"] = 7
    store.save()
    return store


def test_reads_what_was_saved() -> None:
    key = _saved().session_key

    assert SessionStore(session_key=key)["company_id"] == 7


def test_a_session_that_ended_is_empty_and_gets_another_key() -> None:
    key = _saved().session_key
    Session.objects.filter(session_key=key).update(expire_date=now() - timedelta(seconds=1))

    store = SessionStore(session_key=key)

    assert store.get("company_id") is None
    assert store.session_key is None


def test_a_key_that_nobody_was_given_is_empty() -> None:
    store = SessionStore(session_key="x" * 32)

    assert store.get("company_id") is None
    assert store.session_key is None


def test_a_deleted_session_cannot_be_saved_back() -> None:
    from django.contrib.sessions.backends.base import UpdateError  # noqa: PLC0415

    store = _saved()
    Session.objects.filter(session_key=store.session_key).delete()
    store["company_id"] = 8

    with pytest.raises(UpdateError):
        store.save()
