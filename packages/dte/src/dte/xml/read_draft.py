"""The draft that a document was built from, out of its XML: every type, every issuer.

Names of elements: DTE_v10.xsd (2026-02-06) and EnvioBOLETA_v11.xsd (2025 generation); where the
two differ (`RznSoc`, `RznSocEmisor`), either is taken, since issuers mix them up.
"""

from dataclasses import replace
from datetime import date
from decimal import InvalidOperation

from dte.amounts import net_of_gross, to_pesos
from dte.codes import (
    AdjustmentKind,
    DispatchKind,
    DocumentType,
    Exemption,
    PaymentForm,
    PaymentMeans,
    PriceBasis,
    PrintFormat,
    ServiceKind,
    TradeMeans,
    TransferReason,
)
from dte.document import (
    Adjustment,
    Draft,
    Instalment,
    Issuer,
    ItemCode,
    Line,
    PaymentTerms,
    Receiver,
    Reference,
    TaxAmount,
    Totals,
    Transport,
)
from dte.rut import Rut
from dte.taxes import vat_percent
from dte.xml.group import Group, read_amount, read_date, read_decimal, read_time

# Source: SiiTypes_v10.xsd, ImpAdicDTEType (3 digits); DTE_v10.xsd, Acteco (6 digits).
MAX_CODE_DIGITS = 6

_NO_TRANSPORT = Transport()


def read_draft(
    document: Group, head: Group, identity: Group, *, kind: DocumentType, totals: Totals
) -> Draft:
    """Read everything but folio and stamp; `head` is Encabezado, `identity` its IdDoc.

    Raises XmlRefused.
    Source: DTE_v10.xsd, Documento and Liquidacion; EnvioBOLETA_v11.xsd, Documento.
    """
    issue_date = identity.value("FchEmis", read_date)
    basis = _read_price_basis(identity, kind)
    return Draft(
        kind=kind,
        issue_date=issue_date,
        issuer=_read_issuer(head.required_group("Emisor")),
        receiver=_read_receiver(head.required_group("Receptor")),
        lines=tuple(_read_line(line, kind) for line in document.groups("Detalle")),
        price_basis=basis,
        vat_clp=None if _vat_follows(totals, basis, issue_date) else totals.vat_clp,
        adjustments=tuple(map(_read_adjustment, document.groups("DscRcgGlobal"))),
        references=tuple(map(_read_reference, document.groups("Referencia"))),
        payment_means=_read_means(identity, kind),
        payment_terms=_read_payment_terms(identity),
        due_date=identity.lenient("FchVenc", read_date),
        period_from=identity.lenient("PeriodoDesde", read_date),
        period_to=identity.lenient("PeriodoHasta", read_date),
        service=identity.lenient("IndServicio", _service) or ServiceKind.SALES_AND_SERVICES,
        print_format=identity.lenient("TpoImpresion", PrintFormat),
        sale_nature=identity.lenient("TpoTranVenta", read_amount),
        purchase_nature=identity.lenient("TpoTranCompra", read_amount),
        lowers_vat=identity.text("IndNoRebaja") != "1",
        dispatch=identity.lenient("TipoDespacho", lambda text: DispatchKind(int(text))),
        transfer_reason=identity.lenient("IndTraslado", lambda text: TransferReason(int(text))),
        transport=_read_transport(head.group("Transporte")),
        requester=head.lenient("RUTSolicita", Rut.parse),
        software_provider=head.lenient("RUTProvSW", Rut.parse),
    )


def read_totals(node: Group) -> Totals:
    """Read Totales; an absent amount is zero. Raises XmlRefused.

    Source: DTE_v10.xsd and EnvioBOLETA_v11.xsd, Totales.
    """
    commission = node.group("Comisiones")
    return Totals(
        net_clp=_amount(node, "MntNeto"),
        exempt_clp=_amount(node, "MntExe"),
        vat_clp=_amount(node, "IVA"),
        total_clp=node.value("MntTotal", read_amount),
        vat_percent=node.optional("TasaIVA", read_decimal),
        taxes=tuple(map(_read_tax, node.groups("ImptoReten"))),
        deposit_clp=_amount(node, "GrntDep"),
        not_billable_clp=_amount(node, "MontoNF"),
        unretained_vat_clp=_amount(node, "IVANoRet"),
        construction_credit_clp=_amount(node, "CredEC"),
        commission_net_clp=_amount(commission, "ValComNeto"),
        commission_exempt_clp=_amount(commission, "ValComExe"),
        commission_vat_clp=_amount(commission, "ValComIVA"),
        # The boleta's name for it, then that of the others.
        period_clp=_either_amount(node, "TotalPeriodo", "MontoPeriodo"),
        previous_balance_clp=node.optional("SaldoAnterior", read_amount),
        payable_clp=node.optional("VlrPagar", read_amount),
    )


def _amount(node: Group, name: str) -> int:
    return node.optional(name, read_amount) or 0


def _either_amount(node: Group, first: str, second: str) -> int | None:
    found = node.optional(first, read_amount)
    return node.optional(second, read_amount) if found is None else found


def _read_tax(node: Group) -> TaxAmount:
    return TaxAmount(
        code=node.value("TipoImp", read_amount),
        percent=node.optional("TasaImp", read_decimal),
        amount_clp=node.value("MontoImp", read_amount),
    )


def _read_price_basis(identity: Group, kind: DocumentType) -> PriceBasis:
    if kind.is_boleta:
        return PriceBasis.NET if identity.text("IndMntNeto") == "2" else PriceBasis.GROSS
    return PriceBasis.GROSS if identity.text("MntBruto") == "1" else PriceBasis.NET


def _vat_follows(totals: Totals, basis: PriceBasis, issue_date: date) -> bool:
    """Say whether the VAT is the one that a draft need not state (see `kinds.sums`)."""
    net, vat = totals.net_clp, totals.vat_clp
    try:
        percent = totals.vat_percent or vat_percent(issue_date)
        if basis is PriceBasis.GROSS:
            return net_of_gross(net + vat, percent) == net
        return to_pesos(net * percent / 100) == vat
    except (ValueError, InvalidOperation):
        # No rate on record for the day, or one with more digits than arithmetic carries.
        return False


def _read_means(identity: Group, kind: DocumentType) -> PaymentMeans | TradeMeans | None:
    if kind.is_boleta:
        return identity.lenient("MedioPago", lambda text: PaymentMeans(int(text)))
    return identity.lenient("MedioPago", TradeMeans)


def _service(text: str) -> ServiceKind:
    return ServiceKind(int(text))


def _read_issuer(node: Group) -> Issuer:
    return Issuer(
        rut=node.value("RUTEmisor", Rut.parse),
        name=node.text("RznSocEmisor") or node.text("RznSoc"),
        giro=node.text("GiroEmisor") or node.text("GiroEmis"),
        address=node.text("DirOrigen"),
        commune=node.text("CmnaOrigen"),
        city=node.text("CiudadOrigen"),
        branch_code=node.lenient("CdgSIISucur", read_amount),
        branch_name=node.text("Sucursal"),
        activities=tuple(int(code) for code in node.texts("Acteco") if _is_code(code)),
        phones=node.texts("Telefono"),
        email=node.text("CorreoEmisor"),
        seller_code=node.text("CdgVendedor"),
    )


def _read_receiver(node: Group) -> Receiver:
    return Receiver(
        rut=node.value("RUTRecep", Rut.parse),
        name=node.text("RznSocRecep"),
        giro=node.text("GiroRecep"),
        internal_code=node.text("CdgIntRecep"),
        contact=node.text("Contacto"),
        email=node.text("CorreoRecep"),
        phone=node.text("TelefonoRecep"),
        address=node.text("DirRecep"),
        commune=node.text("CmnaRecep"),
        city=node.text("CiudadRecep"),
        postal_address=node.text("DirPostal"),
        postal_commune=node.text("CmnaPostal"),
        postal_city=node.text("CiudadPostal"),
    )


def _read_payment_terms(identity: Group) -> PaymentTerms:
    return PaymentTerms(
        form=identity.lenient("FmaPago", lambda text: PaymentForm(int(text))),
        instalments=tuple(map(_read_instalment, identity.groups("MntPagos"))),
        paid_on=identity.lenient("FchCancel", read_date),
        paid_clp=identity.optional("MntCancel", read_amount),
        balance_clp=identity.optional("SaldoInsol", read_amount),
        account_kind=identity.text("TpoCtaPago"),
        account=identity.text("NumCtaPago"),
        bank=identity.text("BcoPago"),
        term_code=identity.text("TermPagoCdg"),
        term_text=identity.text("TermPagoGlosa"),
        term_days=identity.lenient("TermPagoDias", read_amount),
    )


def _read_instalment(node: Group) -> Instalment:
    return Instalment(
        due_date=node.value("FchPago", read_date),
        amount_clp=node.value("MntPago", read_amount),
        note=node.text("GlosaPagos"),
    )


def _read_transport(node: Group) -> Transport | None:
    driver = node.group("Chofer")
    transport = Transport(
        plate=node.text("Patente"),
        trailer_plate=node.text("PatenteCarro"),
        carrier=node.lenient("RUTTrans", Rut.parse),
        driver=driver.lenient("RUTChofer", Rut.parse),
        driver_name=driver.text("NombreChofer"),
        address=node.text("DirDest"),
        commune=node.text("CmnaDest"),
        city=node.text("CiudadDest"),
        departs_on=node.lenient("FchSalida", read_date),
        departs_at=node.lenient("HraSalida", read_time),
        arrives_on=node.lenient("FchLlegada", read_date),
    )
    return None if transport == _NO_TRANSPORT else transport


def _read_line(node: Group, kind: DocumentType) -> Line:
    exemption = node.lenient("IndExe", lambda text: Exemption(int(text)))
    if exemption is None and kind.is_wholly_exempt:
        # There the type says it, and a mark on the line may be missing.
        exemption = Exemption.EXEMPT
    line = Line(
        name=node.text("NmbItem"),
        quantity=node.optional("QtyItem", read_decimal),
        unit=node.text("UnmdItem"),
        unit_price=node.optional("PrcItem", read_decimal),
        discount_percent=node.optional("DescuentoPct", read_decimal),
        discount_clp=_amount(node, "DescuentoMonto"),
        surcharge_percent=node.optional("RecargoPct", read_decimal),
        surcharge_clp=_amount(node, "RecargoMonto"),
        exemption=exemption,
        tax_codes=tuple(int(code) for code in node.texts("CodImpAdic") if _is_code(code)),
        codes=tuple(
            ItemCode(kind=code.text("TpoCodigo"), value=code.text("VlrCodigo"))
            for code in node.groups("CdgItem")
        ),
        description=node.text("DscItem"),
        reference_quantity=node.optional("QtyRef", read_decimal),
        reference_unit=node.text("UnmdRef"),
        reference_price=node.optional("PrcRef", read_decimal),
        made_on=node.lenient("FchElabor", read_date),
        expires_on=node.lenient("FchVencim", read_date),
    )
    stated = node.value("MontoItem", read_amount)
    return line if _follows(line, stated) else replace(line, fixed_amount_clp=stated)


def _follows(line: Line, stated_clp: int) -> bool:
    if line.quantity is None or line.unit_price is None:
        return False
    try:
        return line.amount_clp == stated_clp
    except InvalidOperation:
        # More digits than decimal arithmetic carries: no amount of pesos follows from them.
        return False


def _read_adjustment(node: Group) -> Adjustment:
    return Adjustment(
        kind=node.value("TpoMov", AdjustmentKind),
        value=node.value("ValorDR", read_decimal),
        is_percent=node.value("TpoValor", ("$", "%").index) == 1,
        applies_to=node.lenient("IndExeDR", lambda text: Exemption(int(text))),
        reason=node.text("GlosaDR"),
    )


def _read_reference(node: Group) -> Reference:
    return Reference(
        kind=node.text("TpoDocRef"),
        folio=node.text("FolioRef"),
        issue_date=node.lenient("FchRef", read_date),
        code=node.text("CodRef"),
        reason=node.text("RazonRef"),
        is_global=node.text("IndGlobal") == "1",
        other_issuer=node.lenient("RUTOtr", Rut.parse),
        seller_code=node.text("CodVndor"),
        till_code=node.text("CodCaja"),
    )


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MAX_CODE_DIGITS
