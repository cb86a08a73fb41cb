"""The one read of the look-up page, before a company is bound."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from dte.clock import months_later
from erpmarket.fiscal.public_links import Linked


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFacts:
    """What stands on a paper and only who holds it knows together; `rut` without dots."""

    rut: str
    kind: int
    folio: int
    day: date
    total_clp: int


def find_public_document(facts: PaperFacts) -> Linked | None:
    """Find the document that all five facts name; works outside a scope.

    One statement whatever is wrong, so that neither words nor time tell which fact it was.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT company_id, document_id FROM app.public_document(%s, %s, %s, %s, %s)",
            [facts.rut, facts.kind, facts.folio, facts.day, facts.total_clp],
        )
        row = cursor.fetchone()
    return None if row is None else Linked(company_id=row[0], document_id=row[1])


def last_public_day(issued_on: date, months: int) -> date:
    """Return the last day on which a document is shown to customers.

    Source: Formato Boletas Electrónicas v4.2: the issuer's look-up site keeps three months.
    """
    return months_later(issued_on, months)
