import base64
import os
from typing import Any

from erpmarket.common.clock import now
from erpmarket.notifications.actions.accounts import INCOMING_SEAL, OUTGOING_SEAL
from erpmarket.notifications.actions.reseal import reseal_batch
from erpmarket.notifications.models import IncomingAccount, OutgoingAccount
from erpmarket.notifications.sealing import open_password, seal_password
from erpmarket.tenancy.scope import company_scope


def test_mail_passwords_come_under_the_new_key_once(dona_rosa: Any, settings: Any) -> None:
    contexts = {
        OutgoingAccount: OUTGOING_SEAL.format(company_id=dona_rosa.company_id),
        IncomingAccount: INCOMING_SEAL.format(company_id=dona_rosa.company_id),
    }
    with company_scope(dona_rosa.company_id):
        for model, context in contexts.items():
            model.objects.create(
                host="mail.example",
                port=993,
                security="tls",
                username="rosa",
                sealed_password=seal_password("secreta", context=context),
                updated_at=now(),
                **({"available_at": now()} if model is IncomingAccount else {}),
            )
        settings.MASTER_KEY_PREVIOUS = settings.MASTER_KEY
        settings.MASTER_KEY = base64.b64encode(os.urandom(32)).decode()

        counts = [reseal_batch(), reseal_batch()]

        settings.MASTER_KEY_PREVIOUS = ""
        assert counts == [2, 0]
        for model, context in contexts.items():
            sealed = bytes(model.objects.get().sealed_password)
            assert open_password(sealed, context=context) == "secreta"
