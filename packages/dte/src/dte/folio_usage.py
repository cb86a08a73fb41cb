"""ConsumoFolios (RCOF): which folios of boletas were used on a day, and for how much.

Certification asks for it. Whether production still does is the caller's setting: Res. Ex. SII 74
of 2020 says daily, a later resolution is reported to have ended it in August 2022.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from dte.amounts import number_text
from dte.certificate import Certificate
from dte.clock import chile_time
from dte.codes import DocumentType
from dte.document import Totals
from dte.envelope import Cover
from dte.errors import DteError
from dte.sealing import open_file, seal_file
from dte.taxes import vat_percent
from dte.xml.write import amount, leaf

# Source: ConsumoFolio_v10.xsd, TipoConsumoType; TipoDocumento of at most three Resumen.
REPORTED_TYPES = (DocumentType.BOLETA, DocumentType.BOLETA_EXENTA, DocumentType.NOTA_CREDITO)
# Source: ConsumoFolio_v10.xsd, SecEnvio and Correlativo (3 digits), FoliosUtilizados (6).
SEQUENCE_LIMIT = 999
FOLIO_LIMIT = 999_999


class FolioUsageRefused(DteError):
    """A day's folios cannot be reported so.

    Codes: other_type, repeated, sequence, too_many, sender_is_not_signer.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedFolio:
    """A folio that a document of the day bears; a credit note counts when it is for boletas."""

    kind: DocumentType
    folio: int
    totals: Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class FolioRange:
    """A run of folios, both ends included."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """How many folios it holds."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeUsage:
    """What one type of document consumed in a day (Resumen); amounts in pesos.

    `voided` are folios annulled at the SII without ever being issued, not documents annulled by a
    credit note. `vat_percent` is None for a type that has no VAT.
    """

    kind: DocumentType
    net_clp: int
    vat_clp: int
    vat_percent: Decimal | None
    exempt_clp: int
    total_clp: int
    issued_count: int
    voided_count: int
    used: tuple[FolioRange, ...]
    voided: tuple[FolioRange, ...]


def sum_usage(
    used: Iterable[UsedFolio],
    day: date,
    *,
    voided: Iterable[tuple[DocumentType, int]] = (),
    kinds: Sequence[DocumentType] = REPORTED_TYPES,
) -> tuple[TypeUsage, ...]:
    """Sum a day by type, one entry for each of `kinds` even when nothing was sold.

    Ranges are compacted and in order; `voided` folios count as used (FoliosUtilizados is what was
    issued plus what was annulled) but have ranges of their own. Raises FolioUsageRefused
    (other_type, repeated, too_many).
    Source: ConsumoFolio_v10.xsd, Resumen, FoliosUtilizados and RangoAnulados.
    """
    documents, annulled = list(used), list(voided)
    folios = [(document.kind, document.folio) for document in documents] + annulled
    for kind, _ in folios:
        if kind not in kinds:
            raise FolioUsageRefused(
                "other_type",
                f"El consumo de folios no informa documentos de tipo {kind:d}. Sácalos.",
            )
    if len(set(folios)) != len(folios):
        raise FolioUsageRefused(
            "repeated", "Un folio viene dos veces en el día. Revisa los documentos del día."
        )
    return tuple(
        _sum_type(
            kind,
            [document for document in documents if document.kind == kind],
            [folio for voided_kind, folio in annulled if voided_kind == kind],
            day,
        )
        for kind in kinds
    )


def write_folio_usage(
    usage: Sequence[TypeUsage],
    day: date,
    cover: Cover,
    certificate: Certificate,
    at: datetime,
    *,
    sequence: int = 1,
    correlative: int | None = None,
    check: bool = False,
) -> bytes:
    """Return the signed `<ConsumoFolios>` of one day (ISO-8859-1, with XML declaration).

    `sequence` (SecEnvio) begins at 1 and grows by one each time the day is sent again, whole.
    `correlative` numbers several reports of a day. `cover.receiver` plays no part here. Raises
    FolioUsageRefused, CertificateExpired and CertificateNotYetValid; with `check` also
    SchemaRefused and SchemasMissing.
    Source: ConsumoFolio_v10.xsd.
    """
    if cover.sender != certificate.rut:
        raise FolioUsageRefused(
            "sender_is_not_signer", "El RUT que envía no es el del certificado. Corrígelo."
        )
    certificate.check(at)
    if not 1 <= sequence <= SEQUENCE_LIMIT:
        raise FolioUsageRefused(
            "sequence", f"La secuencia de envío va de 1 a {SEQUENCE_LIMIT}. Corrígela."
        )
    number = "" if correlative is None else str(correlative)
    summaries = "".join(_write_type(kind) for kind in usage)
    content = (
        f'<DocumentoConsumoFolios ID="CF{day:%Y%m%d}S{sequence}">\n<Caratula version="1.0">\n'
        f"<RutEmisor>{cover.issuer}</RutEmisor>\n<RutEnvia>{cover.sender}</RutEnvia>\n"
        f"<FchResol>{cover.resolution_date.isoformat()}</FchResol>\n"
        f"<NroResol>{cover.resolution_number}</NroResol>\n"
        f"<FchInicio>{day.isoformat()}</FchInicio>\n<FchFinal>{day.isoformat()}</FchFinal>\n"
        f"{leaf('Correlativo', number)}<SecEnvio>{sequence}</SecEnvio>\n"
        f"<TmstFirmaEnv>{chile_time(at).isoformat()}</TmstFirmaEnv>\n</Caratula>\n"
        f"{summaries}</DocumentoConsumoFolios>"
    )
    return seal_file(open_file("ConsumoFolios", content), certificate, check=check)


def compact(folios: Iterable[int]) -> tuple[FolioRange, ...]:
    """Return the fewest ranges that hold these folios and no others, in order.

    Source: ConsumoFolio_v10.xsd, RangoUtilizados.
    """
    ranges: list[FolioRange] = []
    for folio in sorted(set(folios)):
        if ranges and ranges[-1].last == folio - 1:
            ranges[-1] = FolioRange(first=ranges[-1].first, last=folio)
        else:
            ranges.append(FolioRange(first=folio, last=folio))
    return tuple(ranges)


def _sum_type(
    kind: DocumentType, documents: Sequence[UsedFolio], voided: Sequence[int], day: date
) -> TypeUsage:
    if len(documents) + len(voided) > FOLIO_LIMIT:
        raise FolioUsageRefused(
            "too_many", f"Un día informa hasta {FOLIO_LIMIT} folios por tipo. Revisa los datos."
        )
    return TypeUsage(
        kind=kind,
        net_clp=sum(document.totals.net_clp for document in documents),
        vat_clp=sum(document.totals.vat_clp for document in documents),
        vat_percent=None if kind.is_wholly_exempt else vat_percent(day),
        exempt_clp=sum(document.totals.exempt_clp for document in documents),
        total_clp=sum(document.totals.total_clp for document in documents),
        issued_count=len(documents),
        voided_count=len(voided),
        used=compact(document.folio for document in documents),
        voided=compact(voided),
    )


def _write_type(usage: TypeUsage) -> str:
    # A day without sales says zero once, in the total, and names neither amounts nor rate.
    rate = "" if usage.vat_percent is None or not usage.vat_clp else number_text(usage.vat_percent)
    return (
        f"<Resumen>\n<TipoDocumento>{usage.kind:d}</TipoDocumento>\n"
        f"{amount('MntNeto', usage.net_clp)}{amount('MntIva', usage.vat_clp)}"
        f"{leaf('TasaIVA', rate)}{amount('MntExento', usage.exempt_clp)}"
        f"<MntTotal>{usage.total_clp}</MntTotal>\n"
        f"<FoliosEmitidos>{usage.issued_count}</FoliosEmitidos>\n"
        f"<FoliosAnulados>{usage.voided_count}</FoliosAnulados>\n"
        f"<FoliosUtilizados>{usage.issued_count + usage.voided_count}</FoliosUtilizados>\n"
        f"{_write_ranges('RangoUtilizados', usage.used)}"
        f"{_write_ranges('RangoAnulados', usage.voided)}</Resumen>\n"
    )


def _write_ranges(tag: str, ranges: Sequence[FolioRange]) -> str:
    return "".join(
        f"<{tag}>\n<Inicial>{span.first}</Inicial>\n<Final>{span.last}</Final>\n</{tag}>\n"
        for span in ranges
    )
