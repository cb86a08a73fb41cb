"""Every objection that the simulator knows: where it is said, how grave, its code and its words.

Numbers that were seen in the SII's own answers are 505, 640, 646, 650 and the words of 100; the SII
publishes no list, so the others are the simulator's. `Settings.rule_levels` changes a level, and 0
turns a rule off.
Source: Formato DTE v2.4.2 (2024-02); Formato Boletas Electrónicas v4.2 (2025-09-08).
"""

from dataclasses import dataclass

from lxml import etree

from .envelope import line_of
from .findings import LIGHT, REJECT, REMARK, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One reason to object to a document; `trigger` says what makes it happen."""

    section: str
    code: int
    level: int
    text: str
    trigger: str

    @property
    def key(self) -> str:
        """The name by which settings know it, e.g. "HED-121"."""
        return f"{self.section}-{self.code}"

    def at(self, element: etree._Element | None, detail: str = "") -> Finding:
        """Object, pointing at the line of an element."""
        return self.finding(detail, line=line_of(element))

    def differs(self, element: etree._Element | None, own: object, wanted: object) -> Finding:
        """Object with the value that stands there and the one that was expected."""
        return self.at(element, f"[{own}] <> [{wanted}]")

    def finding(self, detail: str = "", *, line: int = 0) -> Finding:
        """Object to the document as a whole."""
        return Finding(
            section=self.section,
            level=self.level,
            code=self.code,
            text=self.text,
            detail=detail,
            line=line,
        )


def _rule(name: str, text: str, trigger: str) -> Rule:
    section, level, code = name.split("-")
    return Rule(section=section, code=int(code), level=int(level), text=text, trigger=trigger)


assert (REJECT, REMARK, LIGHT) == (3, 2, 1), "the numbers in the names below"

# Who signed.
BAD_SIGNATURE = _rule(
    "DTE-3-505", "Firma DTE Incorrecta", "The document's own signature does not verify in any form."
)
STRANGE_CERTIFICATE = _rule(
    "DTE-3-506", "Certificado no autorizado", "No known authority issued the signer's certificate."
)
EXPIRED_CERTIFICATE = _rule(
    "DTE-3-507", "Certificado no vigente", "The signer's certificate is expired or not yet valid."
)
SIGNER_NOT_AUTHORIZED = _rule(
    "DTE-3-508",
    "Firmante no autorizado por la empresa",
    "The company has a list of persons (Settings.signers) and the signer is not on it.",
)
REPEATED = _rule(
    "DTE-3-510",
    "DTE repetido",
    "The folio was accepted before; the whole envelope falls instead if the setting says so.",
)
LATE_SIGNATURE = _rule(
    "DTE-1-650",
    "Fecha de firma fuera de plazo respecto de la emision",
    "TmstFirma is before FchEmis or more than three days after it.",
)

# Who and when.
OTHER_ISSUER = _rule(
    "HED-3-102", "RUT Emisor distinto al de la caratula", "RUTEmisor is not the cover's."
)
BAD_ISSUER = _rule("HED-3-103", "RUT Emisor invalido", "RUTEmisor has a wrong check digit.")
BAD_RECEIVER = _rule("HED-3-104", "RUT Receptor invalido", "RUTRecep has a wrong check digit.")
ANONYMOUS_SERVICE = _rule(
    "HED-3-105",
    "IndServicio exige identificar al receptor",
    "A boleta to 66666666-6 has another IndServicio than 3.",
)
FUTURE_DATE = _rule("HED-3-106", "Fecha de emision en el futuro", "FchEmis is after today.")
ANONYMOUS_NOTE = _rule(
    "HED-3-107",
    "Nota sin receptor identificado",
    "A 56 or 61 goes to 66666666-6 (off by default: the SII's practice is not established).",
)

# The type.
ALL_EXEMPT_FACTURA = _rule(
    "HED-3-130", "Factura sin lineas afectas: corresponde tipo 34", "All lines of a 33 are exempt."
)
EXEMPT_WITH_VAT = _rule(
    "HED-3-131",
    "Documento exento con neto o IVA",
    "A 34 or 41 states MntNeto, TasaIVA, IVA, ImptoReten or IndMntNeto.",
)
GROSS_WITH_TAXES = _rule(
    "HED-3-132", "MntBruto no admite impuestos adicionales", "MntBruto 1 and a line's CodImpAdic."
)
MARKED_EXEMPT_LINE = _rule(
    "DET-2-102", "IndExe sobra en una factura exenta", "A line of a 34 has IndExe 1."
)

# The amounts.
LINE_AMOUNT = _rule(
    "DET-2-100",
    "Valor Detalle Distinto a Precio * Cantidad",
    "MontoItem is not round(PrcItem x QtyItem) - DescuentoMonto + RecargoMonto.",
)
LINE_NUMBER = _rule(
    "DET-2-101", "NroLinDet fuera de orden", "The lines are not numbered 1, 2, 3..."
)
MISSING_PESOS = _rule(
    "DET-3-103",
    "Falta el monto del descuento o recargo",
    "DescuentoPct without DescuentoMonto, or RecargoPct without RecargoMonto.",
)
WRONG_PESOS = _rule(
    "DET-2-104",
    "Monto del descuento o recargo distinto a su porcentaje",
    "The pesos are more than one peso away from their percentage of price x quantity.",
)
TOTAL = _rule(
    "HED-3-121",
    "MntTotal distinto a neto + IVA + exento",
    "MntTotal is not the sum of net, exempt, VAT, additional taxes and deposits.",
)
EXEMPT = _rule(
    "HED-3-122", "MntExe distinto a las lineas exentas", "MntExe does not follow the exempt lines."
)
AFFECTED = _rule(
    "HED-3-123",
    "MntNeto + IVA distinto a las lineas afectas",
    "The affected lines and MntNeto (with gross prices: MntNeto + IVA) disagree.",
)
VAT = _rule(
    "HED-2-124",
    "MntNeto o IVA mal calculado",
    "The sum is right, but MntNeto or IVA is not what the rate gives.",
)
TAX_AMOUNT = _rule(
    "HED-2-125",
    "MontoImp distinto a tasa por base",
    "An additional tax is more than a peso away from its rate x the lines that carry its code.",
)
TAX_CODES = _rule(
    "HED-3-126",
    "ImptoReten no corresponde a las lineas",
    "A line's CodImpAdic is missing in the totals, or the totals have a tax that no line has.",
)
DEPOSIT = _rule(
    "HED-3-127", "GrntDep distinto a las lineas", "GrntDep is not the sum of lines with IndExe 3."
)
NOT_BILLABLE = _rule(
    "HED-2-128",
    "MontoNF distinto a las lineas",
    "MontoNF is not the sum of lines with IndExe 2 and 6.",
)
VAT_RATE = _rule("HED-3-129", "TasaIVA distinta a la vigente", "TasaIVA is missing or is not 19.")
TAX_RATE = _rule(
    "HED-2-133", "TasaImp distinta a la vigente", "TasaImp is not the law's rate of this code."
)
BIG_DISCOUNT = _rule(
    "HED-3-134",
    "Descuento global mayor que su base",
    "A global discount is larger than the lines it applies to.",
)
PESO_DISCOUNT_OF_TAXES = _rule(
    "HED-3-135",
    "Descuento global en pesos con impuestos adicionales distintos",
    "DscRcgGlobal in $ on affected lines that carry more than one additional tax.",
)

# References.
NO_REFERENCE = _rule("REF-3-140", "Nota sin referencia", "A 56 or 61 has no Referencia.")
NO_REASON = _rule(
    "REF-3-141", "Nota sin CodRef", "No Referencia of a 56 or 61 to a document has a CodRef."
)
SEVERAL_TARGETS = _rule(
    "REF-3-142",
    "Anulacion o correccion de texto de mas de un documento",
    "CodRef 1 or 2 stands in a nota that refers to more than one document.",
)
TEXT_WITH_AMOUNTS = _rule(
    "REF-3-143", "Correccion de texto con montos", "CodRef 2 with MntTotal or a MontoItem above 0."
)
OVER_REMAINING = _rule(
    "REF-3-144",
    "Monto de la nota de credito mayor al del documento",
    "A 61 is above what earlier notas left of its documents.",
)
ANNULLED_AGAIN = _rule(
    "REF-3-145", "Documento ya anulado", "A nota refers to a document that a nota annulled before."
)
REFERENCE_DATE = _rule(
    "REF-2-146",
    "FchRef distinta a la fecha del documento",
    "The register has the document under another date.",
)
PARTIAL_ANNULMENT = _rule(
    "REF-2-147",
    "Anulacion por un monto distinto al del documento",
    "CodRef 1, and MntTotal is not that of the document in the register.",
)

# Moved goods.
NO_TRANSFER_REASON = _rule("HED-3-150", "Guia sin IndTraslado", "A 52 has no IndTraslado.")
INTERNAL_ELSEWHERE = _rule(
    "HED-3-151",
    "Traslado interno a otro RUT",
    "IndTraslado 5, and the receiver is not the issuer.",
)
TRANSPORT = _rule(
    "HED-2-152",
    "Faltan datos del transporte",
    "From 2026-05-01 a 52 (or a factura with Transporte, or TipoDespacho 2 or 3) lacks origin,"
    " destination, carrier, driver or plate.",
)

# Large boletas.
BIG_BOLETA_BUYER = _rule(
    "HED-2-160",
    "Boleta sobre 135 UF sin identificar al comprador",
    "Over 135 UF with RUTRecep 66666666-6 or without RznSocRecep.",
)
BIG_BOLETA_PAYMENT = _rule(
    "HED-2-161", "Boleta sobre 135 UF sin MedioPago", "Over 135 UF without MedioPago."
)

# The stamp.
STAMP_ISSUER = _rule("TED-3-601", "RUT Emisor del TED distinto al del documento", "RE differs.")
STAMP_KIND = _rule("TED-3-602", "Tipo DTE del TED distinto al del documento", "TD differs.")
STAMP_FOLIO = _rule("TED-3-603", "Folio del TED distinto al del documento", "F differs.")
STAMP_DATE = _rule("TED-3-604", "Fecha Emision del TED distinto al del documento", "FE differs.")
STAMP_RECEIVER = _rule("TED-3-605", "RUT Receptor del TED distinto al del documento", "RR differs.")
STAMP_TOTAL = _rule(
    "TED-3-640", "Monto del TED distinto al del documento", "MNT is not MntTotal, digit by digit."
)
CAF_ISSUER = _rule(
    "TED-3-611", "RUT del CAF distinto al del documento", "The CAF is of another company."
)
CAF_KIND = _rule(
    "TED-3-612", "Tipo del CAF distinto al del documento", "The CAF is of another type."
)
CAF_RANGE = _rule(
    "TED-3-613", "Folio fuera del rango autorizado", "The folio is outside the CAF's range."
)
CAF_EXPIRED = _rule(
    "TED-3-614",
    "CAF vencido",
    "FchEmis is six months or more after FA, for the types of Settings.expiring_kinds.",
)
STAMP_BEFORE_CAF = _rule(
    "TED-1-646",
    "Fecha del timbre anterior a la autorizacion del CAF",
    "TSTED is before the CAF's FA.",
)

RULES: tuple[Rule, ...] = tuple(
    value for value in tuple(globals().values()) if isinstance(value, Rule)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeRule:
    """A reason to turn a whole envelope down; `text` begins its glosa."""

    state: str
    text: str
    trigger: str


ENVELOPE_RULES: tuple[EnvelopeRule, ...] = (
    EnvelopeRule(state="RSC", text="CHR-00002 Line too long", trigger="A line of 4,090 bytes."),
    EnvelopeRule(state="RSC", text="LPX-00202", trigger="A comment, CDATA or DTD."),
    EnvelopeRule(
        state="RSC",
        text="SCH-00001 Invalid Schema Name",
        trigger="Another encoding than ISO-8859-1 or windows-1252, or another root.",
    ),
    EnvelopeRule(state="RSC", text="LPX-00007", trigger="The XML is cut or broken."),
    EnvelopeRule(state="RSC", text="LSX-00333", trigger="A date with a zone, a fraction of time."),
    EnvelopeRule(state="RSC", text="[", trigger="The schema of the SII refuses the file."),
    EnvelopeRule(
        state="RCT",
        text="CRT-3-11 RUT envia diferente al Upload",
        trigger="RutEnvia is not the rutSender of the upload.",
    ),
    EnvelopeRule(
        state="RCT",
        text="RUT emisor diferente al Upload",
        trigger="RutEmisor is not the rutCompany of the upload.",
    ),
    EnvelopeRule(
        state="RCT",
        text="RUT receptor no es el SII",
        trigger="RutReceptor is not 60803000-K.",
    ),
    EnvelopeRule(
        state="RCT", text="Numero de resolucion errado", trigger="NroResol of another environment."
    ),
    EnvelopeRule(
        state="RCT", text="Fecha de resolucion errada", trigger="FchResol of another environment."
    ),
    EnvelopeRule(
        state="RCT",
        text="SubTotDTE no cuadra",
        trigger="Wrong counts, one type twice, or types out of order.",
    ),
    EnvelopeRule(
        state="RCT", text="TmstFirmaEnv esta en el futuro", trigger="Signed ten minutes from now."
    ),
    EnvelopeRule(
        state="RFR", text="Firma del envio incorrecta", trigger="The signature of SetDTE is wrong."
    ),
    EnvelopeRule(
        state="RFR",
        text="Certificado no autorizado",
        trigger="No known authority issued the sender's certificate.",
    ),
    EnvelopeRule(
        state="RFR", text="Certificado no vigente", trigger="The sender's certificate is expired."
    ),
    EnvelopeRule(
        state="RFR",
        text="RUT del certificado distinto a RutEnvia",
        trigger="Somebody else signed the envelope.",
    ),
    EnvelopeRule(
        state="RFR",
        text="Firmante no autorizado por la empresa",
        trigger="The sender is not on the company's list (Settings.signers).",
    ),
    EnvelopeRule(
        state="RFR",
        text="DTE repetido",
        trigger="A folio already accepted, or twice in one envelope.",
    ),
    EnvelopeRule(
        state="RFR",
        text="CAF: IDK de otro ambiente",
        trigger="The CAF names another key of the SII (100 certification, 300 production).",
    ),
    EnvelopeRule(
        state="RFR",
        text="CAF: Firma del SII incorrecta",
        trigger="The CAF was altered or not issued here.",
    ),
    EnvelopeRule(
        state="RFR",
        text="TED: Firma TED no coincide",
        trigger="The stamp was altered, or signed with the key of another CAF.",
    ),
)


def applied(findings: list[Finding], levels: tuple[tuple[str, int], ...]) -> tuple[Finding, ...]:
    """Give the findings the levels that the settings order; a level of 0 drops one."""
    if not findings:
        return ()
    ordered = dict(levels)
    return tuple(
        Finding(
            section=finding.section,
            level=level,
            code=finding.code,
            text=finding.text,
            detail=finding.detail,
            line=finding.line,
        )
        for finding in findings
        if (level := ordered.get(f"{finding.section}-{finding.code}", finding.level)) > 0
    )


def table() -> str:
    """Write all rules as two tables in Markdown, the documents' and the envelopes'."""
    rows = [
        "| rule | level | words | what makes it happen |",
        "|---|---|---|---|",
        *(f"| {rule.key} | {rule.level} | {rule.text} | {rule.trigger} |" for rule in RULES),
        "",
        "| state | glosa begins with | what makes it happen |",
        "|---|---|---|",
        *(f"| {rule.state} | {rule.text} | {rule.trigger} |" for rule in ENVELOPE_RULES),
    ]
    return "\n".join(rows) + "\n"
