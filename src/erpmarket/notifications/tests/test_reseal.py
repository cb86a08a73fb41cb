"""The master key changes and the mail accounts still open."""

from datetime import UTC, datetime
from typing import Any

from erpmarket.notifications.actions.accounts import (
    Login,
    keep_incoming_account,
    keep_outgoing_account,
)
from erpmarket.notifications.actions.reseal import reseal_batch
from erpmarket.notifications.models import IncomingAccount, OutgoingAccount
from erpmarket.notifications.sealing import open_password
from erpmarket.tenancy.scope import company_scope

AT = datetime(2026, 11, 22, 15, tzinfo=UTC)
NEW_KEY = "bmV3LXRlc3RzLW1hc3Rlci1rZXktMzItYnl0ZXMhISE="


def test_passwords_open_under_the_new_key_alone(dona_rosa: Any, settings: Any) -> None:
    login = Login(
        host="mail.example", port=587, security="starttls", username="u", password="secreta"
    )
    company = dona_rosa.company_id
    with company_scope(company):
        keep_outgoing_account(login=login, from_address="a@b.example", from_name="", at=AT)
        keep_incoming_account(login=login, folder="INBOX", at=AT)
    settings.MASTER_KEY_PREVIOUS = settings.MASTER_KEY
    settings.MASTER_KEY = NEW_KEY

    with company_scope(company):
        counts = [reseal_batch(), reseal_batch()]
        rows = OutgoingAccount.objects.get(), IncomingAccount.objects.get()
    settings.MASTER_KEY_PREVIOUS = ""

    assert counts == [2, 0]
    assert open_password(rows[0].sealed_password, context=f"notifications.outgoing:{company}") == (
        "secreta"
    )
    assert open_password(rows[1].sealed_password, context=f"notifications.incoming:{company}") == (
        "secreta"
    )


def test_account_without_a_password_has_nothing_to_reseal(dona_rosa: Any) -> None:
    login = Login(host="mail.example", port=25, security="none", username="", password="")
    with company_scope(dona_rosa.company_id):
        keep_outgoing_account(login=login, from_address="a@b.example", from_name="", at=AT)

        assert reseal_batch() == 0
