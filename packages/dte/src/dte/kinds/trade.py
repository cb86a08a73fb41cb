"""What facturas, guías and notas have in common."""

from dte.codes import ReferenceReason, ServiceKind
from dte.document import CONSUMER, Draft, Issuer, PaymentTerms, Receiver, Reference
from dte.kinds.checks import (
    check_adjustments,
    check_day,
    check_issuer,
    check_means,
    check_prices_hold_taxes,
)
from dte.kinds.refusal import refuse
from dte.law import Norm, newest_number

# Source: DTE_v10.xsd: Acteco, Telefono, TpoTranVenta, TpoTranCompra, TpoCtaPago, TermPagoDias.
MAX_ACTIVITIES = 4
MAX_ACTIVITY = 999_999
MAX_PHONES = 2
SALE_NATURES = range(1, 5)
PURCHASE_NATURES = range(1, 8)
ACCOUNT_KINDS = ("", "AHORRO", "CORRIENTE", "VISTA")
MAX_TERM_DAYS = 999

_REASONS = {str(reason.value) for reason in ReferenceReason}


def check_trade(draft: Draft) -> None:
    """Refuse what no document between companies may say, its lines apart.

    Source: DTE_v10.xsd (2026-02-06), Encabezado, DscRcgGlobal, Referencia.
    """
    check_day(draft.issue_date)
    _check_issuer(draft.issuer)
    check_means(draft)
    _check_terms(draft.payment_terms)
    if draft.service is ServiceKind.SHOW_FOR_OTHERS:
        refuse("service_only_in_boleta", "Los espectáculos de terceros van en boleta.")
    if draft.sale_nature is not None and draft.sale_nature not in SALE_NATURES:
        refuse("sale_nature", "El tipo de venta (TpoTranVenta) va de 1 a 4.")
    if draft.purchase_nature is not None and draft.purchase_nature not in PURCHASE_NATURES:
        refuse("purchase_nature", "El tipo de compra (TpoTranCompra) va de 1 a 7.")
    for place, reference in enumerate(draft.references, start=1):
        _check_reference(place, reference)
    check_adjustments(draft)
    check_prices_hold_taxes(draft)


def check_known_receiver(receiver: Receiver, *, title: str) -> None:
    """Refuse a receiver without a RUT of its own or without a name.

    Source: DTE_v10.xsd, Receptor, RznSocRecep.
    """
    if receiver.rut == CONSUMER.rut:
        refuse("receiver_required", f"Para emitir {title} falta el RUT de quien recibe.")
    if not receiver.name:
        refuse("receiver_without_name", "Falta la razón social de quien recibe.")


def check_no_credit_flag(draft: Draft) -> None:
    """Refuse the mark of a late credit note anywhere else.

    Source: Formato DTE v2.4.2 (2024-02), IndNoRebaja (61 only).
    """
    if not draft.lowers_vat:
        refuse("not_a_credit_note", "Solo una nota de crédito puede no rebajar el IVA.")


def _check_issuer(issuer: Issuer) -> None:
    check_issuer(issuer)
    if not issuer.giro:
        refuse("issuer_without_giro", "Falta el giro de la empresa.")
    if not 1 <= len(issuer.activities) <= MAX_ACTIVITIES:
        refuse(
            "issuer_activities",
            f"La empresa indica de 1 a {MAX_ACTIVITIES} actividades económicas (código SII).",
        )
    if any(not 1 <= activity <= MAX_ACTIVITY for activity in issuer.activities):
        refuse("issuer_activities", "Una actividad económica del SII tiene hasta 6 dígitos.")
    if len(issuer.phones) > MAX_PHONES:
        refuse("too_many_phones", f"Indica hasta {MAX_PHONES} teléfonos de la empresa.")
    if not issuer.address or not issuer.commune:
        refuse("issuer_without_address", "Falta la dirección y la comuna de la empresa.")


def _check_terms(terms: PaymentTerms) -> None:
    limit = newest_number(Norm.INSTALMENTS)
    if len(terms.instalments) > limit:
        refuse("instalment_count", f"El documento admite hasta {limit} pagos programados.")
    amounts = [instalment.amount_clp for instalment in terms.instalments]
    amounts += [found for found in (terms.paid_clp, terms.balance_clp) if found is not None]
    if any(amount < 0 for amount in amounts):
        refuse("negative_payment", "Un pago programado no puede ser negativo.")
    if terms.account_kind not in ACCOUNT_KINDS:
        refuse("account_kind", "El tipo de cuenta es AHORRO, CORRIENTE o VISTA.")
    if terms.term_days is not None and not 1 <= terms.term_days <= MAX_TERM_DAYS:
        refuse("term_days", f"El plazo de pago va de 1 a {MAX_TERM_DAYS} días.")


def _check_reference(place: int, reference: Reference) -> None:
    where = f"La referencia {place}"
    if not reference.kind or not reference.folio:
        refuse("reference_incomplete", f"{where} necesita el tipo y el folio del documento.")
    if reference.issue_date is None:
        refuse("reference_without_date", f"{where} necesita la fecha del documento.")
    if reference.code and reference.code not in _REASONS:
        refuse(
            "reference_code",
            f"{where} lleva un código que no es 1 (anula), 2 (texto) ni 3 (montos).",
        )
