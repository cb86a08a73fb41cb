"""Money over the counter: rounding of cash, payments and refunds.

Only the cash part rounds, only at payment; the document keeps its amount.
Source: Ley 20.956, in force since 2017-11-01: cash rounds to the ten, 1-5 down and 6-9 up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from erpmarket.pricing import errors

CASH: Final = "cash"
CARD: Final = "card"
_COIN: Final = 10
_LAST_DIGIT_DOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """A means of payment and its pesos; for cash, what was handed over."""

    kind: str
    amount_clp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How a total was paid: non-cash + cash to pay - rounding = total.

    `payments` is what is recorded: cash as what was to pay, never what was handed over. Rounding is
    signed for the shop.
    """

    cash_due_clp: int
    rounding_clp: int
    cash_to_pay_clp: int
    change_clp: int
    payments: tuple[Tender, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidTender:
    """What a sale got by one means, and what of it was refunded before."""

    kind: str
    amount_clp: int
    refunded_clp: int = 0

    @property
    def left_clp(self) -> int:
        return self.amount_clp - self.refunded_clp


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """How money goes back; `parts` ends with cash when any is due. Rounding is the shop's gain."""

    parts: tuple[Tender, ...]
    cash_due_clp: int
    cash_out_clp: int
    rounding_clp: int


def round_cash(amount_clp: int) -> int:
    """Round pesos (zero or more) to what coins can pay: last digit 1-5 down, 6-9 up.

    Source: Ley 20.956, in force since 2017-11-01.
    """
    last_digit = amount_clp % _COIN
    down = amount_clp - last_digit
    return down if last_digit <= _LAST_DIGIT_DOWN else down + _COIN


def settle_payment(total_clp: int, tenders: Sequence[Tender]) -> Payment:
    """Lay tenders on a total.

    Raises BadCashAmount or BadAmount in order of the tenders, then OverTender (non-cash above the
    total, or cash with nothing due), then UnderTender.
    """
    _check_amounts(tenders)
    others = tuple(tender for tender in tenders if tender.kind != CASH)
    handed_over = sum(tender.amount_clp for tender in tenders if tender.kind == CASH)
    due = total_clp - sum(tender.amount_clp for tender in others)
    if due < 0 or (due == 0 and handed_over):
        raise errors.OverTender
    to_pay = round_cash(due)
    if (len(others) == len(tenders) and due) or handed_over < to_pay:
        raise errors.UnderTender
    cash = (Tender(kind=CASH, amount_clp=to_pay),) if due else ()
    return Payment(
        cash_due_clp=due,
        rounding_clp=to_pay - due,
        cash_to_pay_clp=to_pay,
        change_clp=handed_over - to_pay,
        payments=others + cash,
    )


def settle_refund(
    amount_clp: int, paid: Sequence[PaidTender], chosen: Sequence[Tender] | None = None
) -> Refund:
    """Give an amount back: non-cash in the order paid, up to what each still holds, the rest cash.

    `chosen` are the cashier's own non-cash amounts. Raises BadAmount, and OverRefund when they
    exceed what a means holds or the amount itself.
    """
    others = _proposed(amount_clp, paid) if chosen is None else tuple(chosen)
    left = {tender.kind: tender.left_clp for tender in paid if tender.kind != CASH}
    for tender in others:
        if tender.amount_clp <= 0:
            raise errors.BadAmount
        left[tender.kind] = left.get(tender.kind, 0) - tender.amount_clp
        if left[tender.kind] < 0:
            raise errors.OverRefund
    due = amount_clp - sum(tender.amount_clp for tender in others)
    if due < 0:
        raise errors.OverRefund
    out = round_cash(due)
    cash = (Tender(kind=CASH, amount_clp=out),) if due else ()
    return Refund(parts=others + cash, cash_due_clp=due, cash_out_clp=out, rounding_clp=due - out)


def _check_amounts(tenders: Sequence[Tender]) -> None:
    for tender in tenders:
        if tender.kind == CASH:
            if tender.amount_clp < 0 or tender.amount_clp % _COIN:
                raise errors.BadCashAmount
        elif tender.amount_clp <= 0:
            raise errors.BadAmount


def _proposed(amount_clp: int, paid: Sequence[PaidTender]) -> tuple[Tender, ...]:
    parts: list[Tender] = []
    for tender in paid:
        part = min(amount_clp, tender.left_clp)
        if tender.kind != CASH and part > 0:
            parts.append(Tender(kind=tender.kind, amount_clp=part))
            amount_clp -= part
    return tuple(parts)
