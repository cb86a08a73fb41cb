"""A till without a network stamps by itself; its stamp is taken over only if it is the right one."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from dte.build import FolioRefused, adopt, build
from dte.caf import Caf
from dte.document import Document, Draft, Line
from dte.errors import StampWrong
from dte.xml.validate import check_document

MakeDraft = Callable[..., Draft]
MakeLine = Callable[..., Line]


@pytest.fixture
def draft(make_draft: MakeDraft, line: MakeLine) -> Draft:
    return make_draft(line(name="Piña “al natural” & jugo", unit_price=Decimal(1990)))


@pytest.fixture
def made(draft: Draft, caf: Caf, noon: datetime) -> Document:
    return build(draft=draft, folio=7, caf=caf, at=noon)


def test_the_document_of_an_adopted_stamp_is_the_one_that_would_be_built(
    draft: Draft, made: Document, caf: Caf, noon: datetime
) -> None:
    adopted = adopt(draft=draft, folio=7, caf=caf, ted=made.ted, at=noon)

    assert adopted == made
    check_document(adopted.xml)


@pytest.mark.parametrize(
    "change",
    [
        lambda draft: replace(draft, lines=(replace(draft.lines[0], name="Otra cosa"),)),
        lambda draft: replace(draft, lines=(replace(draft.lines[0], quantity=Decimal(2)),)),
        lambda draft: replace(draft, issue_date=draft.issue_date - timedelta(days=1)),
    ],
)
def test_a_stamp_of_another_sale_is_refused(
    draft: Draft,
    made: Document,
    caf: Caf,
    noon: datetime,
    change: Callable[[Draft], Draft],
) -> None:
    with pytest.raises(StampWrong) as refused:
        adopt(draft=change(draft), folio=7, caf=caf, ted=made.ted, at=noon)

    assert refused.value.code == "other_facts"


def test_a_stamp_of_another_folio_or_second_is_refused(
    draft: Draft, made: Document, caf: Caf, noon: datetime
) -> None:
    for folio, at in ((8, noon), (7, noon + timedelta(seconds=1))):
        with pytest.raises(StampWrong) as refused:
            adopt(draft=draft, folio=folio, caf=caf, ted=made.ted, at=at)
        assert refused.value.code == "other_facts"


def test_a_stamp_signed_with_another_key_is_refused(
    draft: Draft, made: Document, caf: Caf, noon: datetime, make_caf: Callable[..., Caf]
) -> None:
    for signature in (base64.b64encode(bytes(64)), b"????", b"\xe9", b""):
        # The last FRMT is the stamp's own; the first is the authorization's.
        cut = made.ted.rindex(b'withRSA">') + len(b'withRSA">')
        forged = made.ted[:cut] + signature + b"</FRMT></TED>"
        with pytest.raises(StampWrong) as refused:
            adopt(draft=draft, folio=7, caf=caf, ted=forged, at=noon)
        assert refused.value.code in {"signature", "unreadable"}
    other = make_caf(first="1", last="500")
    with pytest.raises(StampWrong) as refused:
        adopt(draft=draft, folio=7, caf=other, ted=made.ted, at=noon)
    assert refused.value.code == "other_facts"


def test_more_bytes_around_the_stamp_are_refused(
    draft: Draft, made: Document, caf: Caf, noon: datetime
) -> None:
    for ted in (b" " + made.ted, made.ted + b"\n", made.ted[:-1], b""):
        with pytest.raises(StampWrong):
            adopt(draft=draft, folio=7, caf=caf, ted=ted, at=noon)


def test_a_folio_outside_the_authorization_is_refused(
    draft: Draft, made: Document, caf: Caf, noon: datetime
) -> None:
    with pytest.raises(FolioRefused) as refused:
        adopt(draft=draft, folio=1001, caf=caf, ted=made.ted, at=noon)

    assert refused.value.code == "folio_outside_caf"
