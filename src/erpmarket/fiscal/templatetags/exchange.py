from django import template

from erpmarket.accounts.permissions import ISSUE_PAPERS
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.envelopes import BOLETA_KINDS
from erpmarket.fiscal.exchange_forms import ExchangeForm
from erpmarket.fiscal.exchange_queries import find_exchange_address
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.tenancy.access import Member

register = template.Library()


@register.inclusion_tag("fiscal/_exchange.html")
def exchange_form(document: IssuedDocument, member: Member) -> dict[str, object]:
    """Show the form that sends a document to its receiver; nothing for boletas and other roles."""
    if document.kind in BOLETA_KINDS or ISSUE_PAPERS not in member.verbs:
        return {"document": None}
    address = find_exchange_address(document.receiver_rut)
    return {
        "document": document,
        "exchange_form": ExchangeForm(initial={"correo": address}),
        "exchange_uid": uuid7(),
    }
