"""Bring the passwords of a company's mail accounts under the current master key."""

from django.db import transaction

from erpmarket.notifications.actions.accounts import INCOMING_SEAL, OUTGOING_SEAL
from erpmarket.notifications.models import IncomingAccount, OutgoingAccount
from erpmarket.notifications.sealing import is_current, reseal_password
from erpmarket.tenancy.scope import current_company


@transaction.atomic
def reseal_batch() -> int:
    """Reseal what is under an older key; return how many, 0 when none is left.

    Inside a scope. Raises the vault's SealBroken when a password does not open; then nothing is
    changed.
    """
    count = 0
    for model, seal in ((OutgoingAccount, OUTGOING_SEAL), (IncomingAccount, INCOMING_SEAL)):
        row: OutgoingAccount | IncomingAccount | None = model.objects.select_for_update().first()
        if row is None or row.sealed_password is None:
            continue
        sealed = bytes(row.sealed_password)
        if is_current(sealed):
            continue
        context = seal.format(company_id=current_company())
        row.sealed_password = reseal_password(sealed, context=context)
        row.save(update_fields=["sealed_password"])
        count += 1
    return count
