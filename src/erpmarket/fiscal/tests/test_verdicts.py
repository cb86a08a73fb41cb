from datetime import date

import pytest

from dte.rut import Rut
from dte.sii import DocumentState, DocumentVerdict, EnvelopeStatus, TypeCount, VerdictError
from dte.sii import EnvelopeState as SiiState
from erpmarket.fiscal.actions.leases import HeldDocument
from erpmarket.fiscal.actions.verdicts import read_status
from erpmarket.fiscal.models import SubmissionState

DOCUMENTS = tuple(
    HeldDocument(
        document_id=folio + 100,
        kind=39,
        folio=folio,
        receiver=Rut.parse("66666666-6"),
        total_clp=1000,
        issue_date=date(2026, 11, 20),
    )
    for folio in (1, 2, 3)
)


def _verdict(folio: int, state: DocumentState, text: str = "") -> DocumentVerdict:
    error = VerdictError(
        section="DET", line=1, level=3, code="640", text="Monto no cuadra", detail="1190"
    )
    return DocumentVerdict(
        kind=39, folio=folio, state=state, code=str(state), text=text, errors=(error,)
    )


def _status(
    state: SiiState,
    *details: DocumentVerdict,
    accepted: int = 0,
    rejected: int = 0,
    with_remarks: int = 0,
    text: str = "",
) -> EnvelopeStatus:
    count = TypeCount(
        kind=39, informed=3, accepted=accepted, rejected=rejected, with_remarks=with_remarks
    )
    return EnvelopeStatus(
        state=state, code=str(state), text=text, counts=(count,), details=details, raw=b"{}"
    )


def test_each_document_gets_its_own_verdict() -> None:
    status = _status(
        SiiState.EPR,
        _verdict(1, DocumentState.RCH, "Documento rechazado"),
        _verdict(2, DocumentState.RPR, "Con reparos"),
        accepted=1,
        rejected=1,
        with_remarks=1,
    )

    reading = read_status(status, DOCUMENTS)

    assert [(v.document.folio, v.state) for v in reading.verdicts] == [
        (1, SubmissionState.REJECTED),
        (2, SubmissionState.ACCEPTED_WITH_REMARKS),
        (3, SubmissionState.ACCEPTED),
    ]
    assert reading.verdicts[0].words == "Documento rechazado; Monto no cuadra 1190 (DET)"
    assert reading.verdicts[2].words == ""
    assert reading.unclear == ()


def test_silence_is_no_yes_when_the_counters_know_of_more_rejections() -> None:
    status = _status(SiiState.EPR, _verdict(1, DocumentState.RCH), accepted=1, rejected=2)

    reading = read_status(status, DOCUMENTS)

    assert [v.document.folio for v in reading.verdicts] == [1]
    assert [document.folio for document in reading.unclear] == [2, 3]


def test_silence_is_no_yes_when_the_type_is_not_counted() -> None:
    reading = read_status(_status(SiiState.EPR), DOCUMENTS)

    assert reading.verdicts == ()
    assert reading.unclear == DOCUMENTS


def test_a_state_of_a_document_that_we_do_not_know_decides_nothing() -> None:
    status = _status(SiiState.EPR, _verdict(1, DocumentState.UNKNOWN), accepted=2)

    reading = read_status(status, DOCUMENTS)

    assert [document.folio for document in reading.unclear] == [1]


def test_remarks_on_the_whole_are_remarks_on_each() -> None:
    reading = read_status(_status(SiiState.RPR, with_remarks=3), DOCUMENTS)

    assert {v.state for v in reading.verdicts} == {SubmissionState.ACCEPTED_WITH_REMARKS}


@pytest.mark.parametrize("state", [SiiState.RSC, SiiState.RCT, SiiState.RCO, SiiState.VOF])
def test_a_turned_down_envelope_rejects_all_in_its_words(state: SiiState) -> None:
    reading = read_status(_status(state, text="Línea 7"), DOCUMENTS)

    assert [v.state for v in reading.verdicts] == [SubmissionState.REJECTED] * 3
    assert {v.words for v in reading.verdicts} == {f"{state.meaning} ({state}): Línea 7"}


@pytest.mark.parametrize("state", [SiiState.RFR, SiiState.RPT])
def test_what_may_be_repeated_is_asked_about_first(state: SiiState) -> None:
    reading = read_status(_status(state), DOCUMENTS)

    assert reading.verdicts == ()
    assert reading.unclear == DOCUMENTS
