"""The day's report of folios that certification asks for (RCOF)."""

import random
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
import xmlsec
from hypothesis import given
from hypothesis import strategies as st

from dte.certificate import Certificate, CertificateExpired
from dte.codes import DocumentType
from dte.document import Totals
from dte.envelope import Cover
from dte.folio_usage import (
    FOLIO_LIMIT,
    FolioRange,
    FolioUsageRefused,
    TypeUsage,
    UsedFolio,
    compact,
    sum_usage,
    write_folio_usage,
)
from dte.rut import Rut
from dte.xml.parse import parse_xml
from dte.xml.validate import check_file

DAY = date(2026, 11, 22)
COVER = Cover(
    issuer=Rut.parse("76918245-4"),
    sender=Rut.parse("12345678-5"),
    resolution_date=date(2026, 11, 1),
    resolution_number=0,
)


def used(folio: int, kind: int = 39, net: int = 1000, exempt: int = 0) -> UsedFolio:
    vat = net * 19 // 100
    totals = Totals(net_clp=net, exempt_clp=exempt, vat_clp=vat, total_clp=net + vat + exempt)
    return UsedFolio(kind=DocumentType(kind), folio=folio, totals=totals)


def span(first: int, last: int) -> FolioRange:
    return FolioRange(first=first, last=last)


def test_day_is_summed_by_type_with_compact_ranges() -> None:
    documents = [used(folio) for folio in (3, 1, 2, 7, 9, 8)]
    documents += [used(5, kind=41, net=0, exempt=700), used(1, kind=61, net=500)]

    boletas, exempt, notes = sum_usage(documents, DAY, voided=[(DocumentType.BOLETA, 4)])

    assert boletas == TypeUsage(
        kind=DocumentType.BOLETA,
        net_clp=6000,
        vat_clp=1140,
        vat_percent=Decimal(19),
        exempt_clp=0,
        total_clp=7140,
        issued_count=6,
        voided_count=1,
        used=(span(1, 3), span(7, 9)),
        voided=(span(4, 4),),
    )
    assert (exempt.total_clp, exempt.vat_percent, exempt.used) == (700, None, (span(5, 5),))
    assert (notes.kind, notes.net_clp, notes.vat_clp) == (DocumentType.NOTA_CREDITO, 500, 95)


def test_report_follows_the_schema_and_its_signature_fits(
    certificate: Certificate, noon: datetime
) -> None:
    usage = sum_usage(
        [used(1), used(2, exempt=990), used(9)], DAY, voided=[(DocumentType.BOLETA, 5)]
    )

    xml = write_folio_usage(usage, DAY, COVER, certificate, noon, correlative=3, check=True)

    check_file(xml)
    xmlsec_verifies(xml, certificate)
    flat = re.sub(rb">\s+<", b"><", xml)
    assert (
        b'<DocumentoConsumoFolios ID="CF20261122S1"><Caratula version="1.0">'
        b"<RutEmisor>76918245-4</RutEmisor><RutEnvia>12345678-5</RutEnvia>"
        b"<FchResol>2026-11-01</FchResol><NroResol>0</NroResol><FchInicio>2026-11-22</FchInicio>"
        b"<FchFinal>2026-11-22</FchFinal><Correlativo>3</Correlativo><SecEnvio>1</SecEnvio>"
        b"<TmstFirmaEnv>2026-11-22T12:00:00</TmstFirmaEnv></Caratula>"
        b"<Resumen><TipoDocumento>39</TipoDocumento><MntNeto>3000</MntNeto><MntIva>570</MntIva>"
        b"<TasaIVA>19</TasaIVA><MntExento>990</MntExento><MntTotal>4560</MntTotal>"
        b"<FoliosEmitidos>3</FoliosEmitidos><FoliosAnulados>1</FoliosAnulados>"
        b"<FoliosUtilizados>4</FoliosUtilizados>"
        b"<RangoUtilizados><Inicial>1</Inicial><Final>2</Final></RangoUtilizados>"
        b"<RangoUtilizados><Inicial>9</Inicial><Final>9</Final></RangoUtilizados>"
        b"<RangoAnulados><Inicial>5</Inicial><Final>5</Final></RangoAnulados></Resumen>"
        b"<Resumen><TipoDocumento>41</TipoDocumento><MntTotal>0</MntTotal>"
    ) in flat


def test_day_without_sales_is_reported_with_zeros(certificate: Certificate, noon: datetime) -> None:
    usage = sum_usage([], DAY, kinds=[DocumentType.BOLETA])

    xml = write_folio_usage(usage, DAY, COVER, certificate, noon, sequence=2, check=True)

    flat = re.sub(rb">\s+<", b"><", xml)
    assert (
        b"<SecEnvio>2</SecEnvio><TmstFirmaEnv>2026-11-22T12:00:00</TmstFirmaEnv></Caratula>"
        b"<Resumen><TipoDocumento>39</TipoDocumento><MntTotal>0</MntTotal>"
        b"<FoliosEmitidos>0</FoliosEmitidos><FoliosAnulados>0</FoliosAnulados>"
        b"<FoliosUtilizados>0</FoliosUtilizados></Resumen></DocumentoConsumoFolios>"
    ) in flat


@pytest.mark.parametrize(
    ("documents", "voided", "code"),
    [
        ([used(1, kind=33)], [], "other_type"),
        ([], [(DocumentType.FACTURA, 1)], "other_type"),
        ([used(1), used(1)], [], "repeated"),
        ([used(1)], [(DocumentType.BOLETA, 1)], "repeated"),
        (
            [],
            [(DocumentType.BOLETA, folio) for folio in range(1, FOLIO_LIMIT + 2)],
            "too_many",
        ),
    ],
)
def test_what_a_day_cannot_hold_is_refused(
    documents: list[UsedFolio], voided: list[tuple[DocumentType, int]], code: str
) -> None:
    with pytest.raises(FolioUsageRefused) as refusal:
        sum_usage(documents, DAY, voided=voided)

    assert refusal.value.code == code


@pytest.mark.parametrize("sequence", [0, 1000])
def test_sequence_has_three_digits_and_begins_at_one(
    certificate: Certificate, noon: datetime, sequence: int
) -> None:
    with pytest.raises(FolioUsageRefused) as refusal:
        write_folio_usage(sum_usage([], DAY), DAY, COVER, certificate, noon, sequence=sequence)

    assert refusal.value.code == "sequence"


def test_report_is_signed_by_its_sender_with_a_valid_certificate(
    certificate: Certificate, noon: datetime
) -> None:
    usage = sum_usage([], DAY)

    with pytest.raises(FolioUsageRefused) as refusal:
        write_folio_usage(
            usage, DAY, replace(COVER, sender=Rut.parse("11111111-1")), certificate, noon
        )
    with pytest.raises(CertificateExpired):
        write_folio_usage(
            usage, DAY, COVER, certificate, certificate.valid_to + timedelta(seconds=1)
        )

    assert refusal.value.code == "sender_is_not_signer"


@given(st.sets(st.integers(1, 60)), st.randoms(use_true_random=False))
def test_ranges_hold_exactly_the_folios_whatever_their_order(
    folios: set[int], order: random.Random
) -> None:
    shuffled = list(folios)
    order.shuffle(shuffled)

    ranges = compact(shuffled)

    assert [folio for run in ranges for folio in range(run.first, run.last + 1)] == sorted(folios)
    assert sum(run.count for run in ranges) == len(folios)
    # No two ranges touch: they would be one.
    assert all(left.last + 1 < right.first for left, right in pairwise(ranges))


def xmlsec_verifies(xml: bytes, certificate: Certificate) -> None:
    root: Any = parse_xml(xml)
    xmlsec.tree.add_ids(root[0], ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate.der, xmlsec.constants.KeyDataFormatCertDer)
    context.verify(root[1])
