"""Give vales and take them: the row of a vale is locked while it is spent."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from erpmarket.customers.errors import BadAmount, UnknownVale, ValeSpent
from erpmarket.customers.store_credit_models import StoreCredit, StoreCreditMove
from erpmarket.customers.vale_codes import new_code, plain_code


@transaction.atomic
def issue_vale(
    *, uid: UUID, amount_clp: int, by_id: int, at: datetime, customer_id: int | None = None
) -> StoreCredit:
    """Give a vale for goods that came back; the same uid twice is the same vale."""
    known: StoreCredit | None = StoreCredit.objects.filter(uid=uid).first()
    if known is not None:
        return known
    if amount_clp <= 0:
        raise BadAmount
    vale: StoreCredit = StoreCredit.objects.create(
        uid=uid,
        code=new_code(),
        issued_clp=amount_clp,
        balance_clp=amount_clp,
        customer_id=customer_id,
        issued_by_id=by_id,
        issued_at=at,
    )
    _write(vale, uid, amount_clp, at)
    return vale


def lock_vales(codes: Iterable[str]) -> None:
    """Lock vales by their code: who spends several in one transaction."""
    wanted = {plain for code in codes if (plain := plain_code(code))}
    if wanted:
        rows = StoreCredit.objects.select_for_update(of=("self",), no_key=True).filter(
            code__in=wanted
        )
        list(rows.order_by("code").values_list("id", flat=True))


@transaction.atomic
def spend_vale(
    *, code: str, uid: UUID, amount_clp: int, at: datetime, is_fact: bool = False
) -> int:
    """Pay a sale with a vale and return what it paid; the same uid twice pays once.

    Of a fact it pays what is there, and nothing when nobody knows the code. Raises UnknownVale and
    ValeSpent.
    """
    plain = plain_code(code)
    vale: StoreCredit | None = (
        StoreCredit.objects.select_for_update(of=("self",), no_key=True).filter(code=plain).first()
        if plain
        else None
    )
    if vale is None:
        if is_fact:
            return 0
        raise UnknownVale(shown=code)
    known = StoreCreditMove.objects.filter(store_credit_id=vale.id, uid=uid).first()
    if known is not None:
        return int(-known.amount_clp)
    if amount_clp > vale.balance_clp and not is_fact:
        raise ValeSpent(balance_clp=int(vale.balance_clp))
    paid = min(amount_clp, int(vale.balance_clp))
    if paid:
        vale.balance_clp -= paid
        vale.save(update_fields=["balance_clp"])
        _write(vale, uid, -paid, at)
    return paid


def _write(vale: StoreCredit, uid: UUID, amount_clp: int, at: datetime) -> None:
    StoreCreditMove.objects.create(
        uid=uid,
        store_credit=vale,
        amount_clp=amount_clp,
        balance_clp=vale.balance_clp,
        made_at=at,
    )
