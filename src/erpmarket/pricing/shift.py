"""What the drawer of a shift must hold, and what a count of it says."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from erpmarket.pricing.cash import Payment, Refund, Tender, settle_payment


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawer:
    """Running totals of a shift in pesos; each verb gives the drawer after it.

    Third-party money (deposits taken for a bank) lies in the drawer but is not the shop's.
    """

    opening_clp: int
    cash_sales_clp: int = 0
    cash_refunds_clp: int = 0
    credit_payments_clp: int = 0
    moved_clp: int = 0
    third_party_clp: int = 0
    rounding_clp: int = 0

    @property
    def expected_clp(self) -> int:
        """The shop's cash that must be there."""
        sold = self.cash_sales_clp - self.cash_refunds_clp + self.credit_payments_clp
        return self.opening_clp + sold + self.moved_clp

    @property
    def expected_in_drawer_clp(self) -> int:
        return self.expected_clp + self.third_party_clp

    def difference_clp(self, counted_clp: int) -> int:
        """Counted minus expected, third-party money included: recorded, never absorbed."""
        return counted_clp - self.expected_in_drawer_clp

    def sell(self, payment: Payment) -> Self:
        return replace(
            self,
            cash_sales_clp=self.cash_sales_clp + payment.cash_to_pay_clp,
            rounding_clp=self.rounding_clp + payment.rounding_clp,
        )

    def refund(self, refund: Refund) -> Self:
        return replace(
            self,
            cash_refunds_clp=self.cash_refunds_clp + refund.cash_out_clp,
            rounding_clp=self.rounding_clp + refund.rounding_clp,
        )

    def collect_credit(self, amount_clp: int, tenders: Iterable[Tender]) -> Self:
        """Take a payment of credit: it rounds as a sale does, the whole debt is cancelled.

        Raises what settle_payment raises.
        """
        payment = settle_payment(amount_clp, tuple(tenders))
        return replace(
            self,
            credit_payments_clp=self.credit_payments_clp + payment.cash_to_pay_clp,
            rounding_clp=self.rounding_clp + payment.rounding_clp,
        )

    def move(self, amount_clp: int) -> Self:
        """Put cash in (above zero) or take it out: expenses, withdrawals."""
        return replace(self, moved_clp=self.moved_clp + amount_clp)

    def hold_for_others(self, amount_clp: int) -> Self:
        """Take (above zero) or pay out money of a third party."""
        return replace(self, third_party_clp=self.third_party_clp + amount_clp)
