"""Golden documents: the bytes we sign per type and case change on purpose only.

Rewrite them with `python packages/dte/tests/golden/remake.py` and review the difference.
"""

import base64
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import rsa
import xmlsec

from dte.build import prepare
from dte.signatures import verify_document_signature
from dte.ted import verify_ted
from dte.xml.parse import parse_xml
from dte.xml.read import read_document
from dte.xml.validate import check_document

FOLDER = Path(__file__).parent / "golden"
REMAKE = runpy.run_path(str(FOLDER / "remake.py"))
NAMES = sorted(REMAKE["CASES"])


def read(name: str) -> bytes:
    return (FOLDER / f"{name}.xml").read_bytes()


def test_every_case_has_its_document_and_no_document_is_left_over() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.xml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_same_draft_gives_the_same_bytes(name: str) -> None:
    assert REMAKE["make_document"](REMAKE["CASES"][name]) + b"\n" == read(name)


@pytest.mark.parametrize("name", NAMES)
def test_follows_the_official_schema(name: str) -> None:
    check_document(read(name))


@pytest.mark.parametrize("name", NAMES)
def test_signature_and_stamp_are_right(name: str) -> None:
    xml = read(name)
    document = read_document(xml)

    stamp = verify_ted(document.ted, trusted=REMAKE["trusted_keys"]())

    assert verify_document_signature(parse_xml(xml)).form == "default"
    assert (stamp.kind, stamp.facts.folio) == (document.kind, document.folio)
    assert stamp.facts.total_clp == document.totals.total_clp
    assert stamp.facts.receiver == document.receiver.rut


@pytest.mark.parametrize("name", NAMES)
def test_other_libraries_find_signature_and_stamp_right(name: str) -> None:
    root: Any = parse_xml(read(name))
    xmlsec.tree.add_ids(root.find("{*}Documento"), ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(
        REMAKE["read_certificate"]().der, xmlsec.constants.KeyDataFormatCertDer
    )
    content = re.search(rb"<DD>.*</DD>", read(name))
    stamp = re.search(rb"<FRMT[^>]*>([^<]*)</FRMT>", read(name))
    folios = rsa.PrivateKey.load_pkcs1(REMAKE["FOLIO_KEY"].read_bytes())

    context.verify(root.find("{*}Signature"))
    assert content
    assert stamp
    public = rsa.PublicKey(folios.n, folios.e)
    assert rsa.verify(content[0], base64.b64decode(stamp[1]), public) == "SHA-1"


@pytest.mark.parametrize("name", NAMES)
def test_reads_back_as_the_prepared_draft(name: str) -> None:
    document, prepared = read_document(read(name)), prepare(REMAKE["CASES"][name])

    assert document.draft == prepared.draft
    assert document.totals == prepared.totals


@pytest.mark.parametrize("name", NAMES)
def test_no_line_is_near_the_limit_of_the_gateway_that_cuts_lines(name: str) -> None:
    assert max(map(len, read(name).splitlines())) < 4000


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_empty_or_written_with_an_exponent(name: str) -> None:
    body = read(name).partition(b"<TED")[0]

    assert b"></" not in body
    assert b"/>" not in body
    assert b"E+" not in body
