"""Note the VAT credit that the month before left over."""

from datetime import date, datetime

from erpmarket.fiscal.books_models import CarriedCredit


def enter_carried_credit(
    *, environment: str, month: date, amount_clp: int, entered_by: int | None, at: datetime
) -> None:
    """Replace what is carried into a month, named by its first day, in pesos."""
    CarriedCredit.objects.update_or_create(
        environment=environment,
        month=month,
        defaults={"amount_clp": amount_clp, "entered_by_id": entered_by, "entered_at": at},
    )
