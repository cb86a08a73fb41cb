"""The XML of facturas, guías and notas (33, 34, 52, 56, 61). Order: DTE_v10.xsd (2026-02-06)."""

from functools import lru_cache

from dte.codes import Exemption, PriceBasis, ServiceKind
from dte.document import (
    Draft,
    Instalment,
    Issuer,
    Line,
    PaymentTerms,
    Receiver,
    Reference,
    Totals,
    Transport,
)
from dte.text import escape
from dte.xml.write import adjustments, amount, day, item_codes, leaf, number, plain


def write_trade_header(draft: Draft, folio: int, totals: Totals) -> str:
    """Return Encabezado. Source: DTE_v10.xsd, Encabezado."""
    transport = "" if draft.transport is None else _transport(draft.transport)
    return (
        f"<Encabezado>\n{_identity(draft, folio)}{_issuer(draft.issuer)}"
        f"{_receiver(draft.receiver)}{plain('RUTSolicita', draft.requester)}{transport}"
        f"{_totals(totals)}</Encabezado>\n"
    )


def write_trade_lines(draft: Draft) -> str:
    """Return Detalle, DscRcgGlobal and Referencia. Source: DTE_v10.xsd, Documento."""
    # In a wholly exempt document the type says it, and a mark on the line is an error.
    unmarked = Exemption.EXEMPT if draft.kind.is_wholly_exempt else None
    lines = "".join(
        _line(place, line, None if line.exemption is unmarked else line.exemption)
        for place, line in enumerate(draft.lines, start=1)
    )
    references = "".join(
        _reference(place, reference) for place, reference in enumerate(draft.references, start=1)
    )
    return f"{lines}{adjustments(draft.adjustments)}{references}"


def _identity(draft: Draft, folio: int) -> str:
    terms = draft.payment_terms
    periodic = draft.service in (ServiceKind.PERIODIC, ServiceKind.PERIODIC_AT_HOME)
    gross = draft.price_basis is PriceBasis.GROSS
    return (
        f"<IdDoc>\n<TipoDTE>{draft.kind:d}</TipoDTE>\n<Folio>{folio}</Folio>\n"
        f"<FchEmis>{draft.issue_date.isoformat()}</FchEmis>\n"
        f"{plain('IndNoRebaja', None if draft.lowers_vat else 1)}"
        f"{plain('TipoDespacho', draft.dispatch)}{plain('IndTraslado', draft.transfer_reason)}"
        f"{plain('TpoImpresion', draft.print_format)}"
        f"{plain('IndServicio', draft.service if periodic else None)}"
        f"{plain('MntBruto', 1 if gross else None)}"
        f"{plain('TpoTranCompra', draft.purchase_nature)}"
        f"{plain('TpoTranVenta', draft.sale_nature)}{_paid(terms)}"
        f"{day('PeriodoDesde', draft.period_from)}{day('PeriodoHasta', draft.period_to)}"
        f"{plain('MedioPago', draft.payment_means)}{_account_and_terms(terms)}"
        f"{day('FchVenc', draft.due_date)}</IdDoc>\n"
    )


def _paid(terms: PaymentTerms) -> str:
    return (
        f"{plain('FmaPago', terms.form)}{day('FchCancel', terms.paid_on)}"
        f"{plain('MntCancel', terms.paid_clp)}{plain('SaldoInsol', terms.balance_clp)}"
        f"{''.join(map(_instalment, terms.instalments))}"
    )


def _instalment(instalment: Instalment) -> str:
    return (
        f"<MntPagos>\n{day('FchPago', instalment.due_date)}"
        f"{plain('MntPago', instalment.amount_clp)}{leaf('GlosaPagos', instalment.note)}"
        "</MntPagos>\n"
    )


def _account_and_terms(terms: PaymentTerms) -> str:
    return (
        f"{leaf('TpoCtaPago', terms.account_kind)}{leaf('NumCtaPago', terms.account)}"
        f"{leaf('BcoPago', terms.bank)}{leaf('TermPagoCdg', terms.term_code)}"
        f"{leaf('TermPagoGlosa', terms.term_text)}{plain('TermPagoDias', terms.term_days)}"
    )


@lru_cache(maxsize=256)
def _issuer(issuer: Issuer) -> str:
    phones = "".join(leaf("Telefono", phone) for phone in issuer.phones)
    activities = "".join(plain("Acteco", activity) for activity in issuer.activities)
    return (
        f"<Emisor>\n<RUTEmisor>{issuer.rut}</RUTEmisor>\n{leaf('RznSoc', issuer.name)}"
        f"{leaf('GiroEmis', issuer.giro)}{phones}{leaf('CorreoEmisor', issuer.email)}{activities}"
        f"{leaf('Sucursal', issuer.branch_name)}{plain('CdgSIISucur', issuer.branch_code)}"
        f"{leaf('DirOrigen', issuer.address)}{leaf('CmnaOrigen', issuer.commune)}"
        f"{leaf('CiudadOrigen', issuer.city)}{leaf('CdgVendedor', issuer.seller_code)}</Emisor>\n"
    )


def _receiver(receiver: Receiver) -> str:
    return (
        f"<Receptor>\n<RUTRecep>{receiver.rut}</RUTRecep>\n"
        f"{leaf('CdgIntRecep', receiver.internal_code)}{leaf('RznSocRecep', receiver.name)}"
        f"{leaf('GiroRecep', receiver.giro)}{leaf('Contacto', receiver.contact)}"
        f"{leaf('CorreoRecep', receiver.email)}{leaf('DirRecep', receiver.address)}"
        f"{leaf('CmnaRecep', receiver.commune)}{leaf('CiudadRecep', receiver.city)}"
        f"{leaf('DirPostal', receiver.postal_address)}"
        f"{leaf('CmnaPostal', receiver.postal_commune)}"
        f"{leaf('CiudadPostal', receiver.postal_city)}</Receptor>\n"
    )


def _transport(transport: Transport) -> str:
    driver = ""
    if transport.driver is not None:
        driver = (
            f"<Chofer>\n{plain('RUTChofer', transport.driver)}"
            f"{leaf('NombreChofer', transport.driver_name)}</Chofer>\n"
        )
    departs_at = None if transport.departs_at is None else f"{transport.departs_at:%H:%M:%S}"
    return (
        f"<Transporte>\n{leaf('Patente', transport.plate)}"
        f"{leaf('PatenteCarro', transport.trailer_plate)}{plain('RUTTrans', transport.carrier)}"
        f"{driver}{leaf('DirDest', transport.address)}"
        f"{leaf('CmnaDest', transport.commune)}{leaf('CiudadDest', transport.city)}"
        f"{day('FchSalida', transport.departs_on)}{plain('HraSalida', departs_at)}"
        f"{day('FchLlegada', transport.arrives_on)}</Transporte>\n"
    )


def _totals(totals: Totals) -> str:
    taxes = "".join(
        f"<ImptoReten>\n<TipoImp>{tax.code}</TipoImp>\n{number('TasaImp', tax.percent)}"
        f"<MontoImp>{tax.amount_clp}</MontoImp>\n</ImptoReten>\n"
        for tax in totals.taxes
    )
    commission = (
        f"{amount('ValComNeto', totals.commission_net_clp)}"
        f"{amount('ValComExe', totals.commission_exempt_clp)}"
        f"{amount('ValComIVA', totals.commission_vat_clp)}"
    )
    commissions = f"<Comisiones>\n{commission}</Comisiones>\n" if commission else ""
    return (
        f"<Totales>\n{amount('MntNeto', totals.net_clp)}{amount('MntExe', totals.exempt_clp)}"
        f"{number('TasaIVA', totals.vat_percent)}{amount('IVA', totals.vat_clp)}{taxes}"
        f"{amount('IVANoRet', totals.unretained_vat_clp)}"
        f"{amount('CredEC', totals.construction_credit_clp)}"
        f"{amount('GrntDep', totals.deposit_clp)}"
        f"{commissions}"
        f"<MntTotal>{totals.total_clp}</MntTotal>\n{amount('MontoNF', totals.not_billable_clp)}"
        f"{plain('MontoPeriodo', totals.period_clp)}"
        f"{plain('SaldoAnterior', totals.previous_balance_clp)}"
        f"{plain('VlrPagar', totals.payable_clp)}</Totales>\n"
    )


def _line(place: int, line: Line, exemption: Exemption | None) -> str:
    tax_codes = "".join(plain("CodImpAdic", code) for code in line.tax_codes)
    return (
        f"<Detalle>\n<NroLinDet>{place}</NroLinDet>\n{item_codes(line.codes)}"
        f"{plain('IndExe', exemption)}<NmbItem>{escape(line.name)}</NmbItem>\n"
        f"{leaf('DscItem', line.description)}{number('QtyRef', line.reference_quantity)}"
        f"{leaf('UnmdRef', line.reference_unit)}{number('PrcRef', line.reference_price)}"
        f"{number('QtyItem', line.quantity)}{day('FchElabor', line.made_on)}"
        f"{day('FchVencim', line.expires_on)}{leaf('UnmdItem', line.unit)}"
        f"{number('PrcItem', line.unit_price)}{number('DescuentoPct', line.discount_percent)}"
        f"{amount('DescuentoMonto', line.discount_clp)}"
        f"{number('RecargoPct', line.surcharge_percent)}"
        f"{amount('RecargoMonto', line.surcharge_clp)}{tax_codes}"
        f"<MontoItem>{line.amount_clp}</MontoItem>\n</Detalle>\n"
    )


def _reference(place: int, reference: Reference) -> str:
    return (
        f"<Referencia>\n<NroLinRef>{place}</NroLinRef>\n{leaf('TpoDocRef', reference.kind)}"
        f"{plain('IndGlobal', 1 if reference.is_global else None)}"
        f"{leaf('FolioRef', reference.folio)}{plain('RUTOtr', reference.other_issuer)}"
        f"{day('FchRef', reference.issue_date)}{leaf('CodRef', reference.code)}"
        f"{leaf('RazonRef', reference.reason)}</Referencia>\n"
    )
