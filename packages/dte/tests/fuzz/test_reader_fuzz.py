"""Spoil our own documents at random: whatever comes, only a DteError may come out.

A longer run: DTE_FUZZ_CASES=200000 DTE_FUZZ_SEED=7 pytest packages/dte/tests/fuzz
A failure names seed and case; the same seed with DTE_FUZZ_FIRST=<case> DTE_FUZZ_CASES=1 repeats it.
"""

import os
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from random import Random
from typing import Any

import pytest

from dte.build import build
from dte.caf import Caf, SiiKey
from dte.certificate import Certificate
from dte.document import Draft
from dte.envelope import Cover, pack_boletas
from dte.errors import DteError
from dte.signer import SignatureForm, sign_document
from dte.verify import verify_file
from dte.xml.read import ReadDocument, read_document
from dte.xml.read_envelope import read_envelope

CASES = int(os.environ.get("DTE_FUZZ_CASES", "1500"))
FIRST = int(os.environ.get("DTE_FUZZ_FIRST", "0"))
SEED = os.environ.get("DTE_FUZZ_SEED", "1")

Mutation = Callable[[bytes, Random], bytes]

TAG = re.compile(rb"</?[A-Za-z][^<>]*>")
ELEMENT = re.compile(rb"<([A-Za-z]+)[^<>]*>[^<>]*</\1>")
INTERESTING = (
    b"&x;",
    b"&amp;",
    b"&#0;",
    b"&#x10FFFF;",
    b"<!-- x -->",
    b"<![CDATA[<Folio>]]>",
    b"<?php x ?>",
    b"<!DOCTYPE a [<!ENTITY x 'y'>]>",
    b"<!ENTITY x 'y'>",
    b' xmlns="urn:x"',
    b' xmlns=""',
    b' xmlns:x="relative"',
    b' ID="F7T39"',
    b"\x00",
    b"\xff\xfe",
    b"\xc3\xb1",
    b"]]>",
    b"'",
    b'"',
)
VALUES = (
    b"",
    b"-1",
    b"0",
    b"9" * 18,
    b"9" * 400,
    b"1e999",
    b"NaN",
    b"Infinity",
    b"0.000000000000000001",
    b"\xb2",
    b"0001-01-01",
    b"9999-12-31",
    b"0001-01-01T00:00:00+14:00",
    b"9999-12-31T23:59:59-12:00",
    b"2026-W01-1",
    b"66666666-6",
    b"<x/>",
    b"AAAA",
    b"=",
    b"%",
)
HEADERS = (
    b"\xef\xbb\xbf",
    b'<?xml version="1.0" encoding="UTF-16"?>',
    b'<?xml version="1.0" encoding="windows-1252"?>',
    b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>',
    b'<?xml version="1.1"?>',
)


def flip(xml: bytes, random: Random) -> bytes:
    place = random.randrange(len(xml))
    return xml[:place] + bytes([random.randrange(256)]) + xml[place + 1 :]


def cut(xml: bytes, random: Random) -> bytes:
    start = random.randrange(len(xml))
    return xml[:start] + xml[start + random.randrange(1, 400) :]


def repeat(xml: bytes, random: Random) -> bytes:
    start = random.randrange(len(xml))
    piece = xml[start : start + random.randrange(1, 400)]
    return xml[:start] + piece * random.randrange(2, 5) + xml[start + len(piece) :]


def drop_tag(xml: bytes, random: Random) -> bytes:
    return replace_one(xml, TAG, b"", random)


def swap_tag(xml: bytes, random: Random) -> bytes:
    return replace_one(xml, TAG, random.choice(TAG.findall(xml) or [b""]), random)


def double_element(xml: bytes, random: Random) -> bytes:
    found = [match[0] for match in ELEMENT.finditer(xml)] or [b""]
    return replace_one(xml, TAG, random.choice(found), random)


def change_value(xml: bytes, random: Random) -> bytes:
    spots = list(ELEMENT.finditer(xml))
    if not spots:
        return xml
    spot = random.choice(spots)
    start = xml.index(b">", spot.start()) + 1
    end = xml.index(b"</", start)
    return xml[:start] + random.choice(VALUES) + xml[end:]


def inject(xml: bytes, random: Random) -> bytes:
    place = random.randrange(len(xml) + 1)
    return xml[:place] + random.choice(INTERESTING) + xml[place:]


def into_tag(xml: bytes, random: Random) -> bytes:
    spot = random.choice(list(TAG.finditer(xml)) or [re.match(b"", xml)])
    assert spot is not None
    place = max(spot.end() - 1, 0)
    return xml[:place] + random.choice(INTERESTING) + xml[place:]


def head(xml: bytes, random: Random) -> bytes:
    return random.choice(HEADERS) + xml


def truncate(xml: bytes, random: Random) -> bytes:
    return xml[: random.randrange(len(xml))]


def replace_one(xml: bytes, pattern: re.Pattern[bytes], new: bytes, random: Random) -> bytes:
    spots = list(pattern.finditer(xml))
    if not spots:
        return xml
    spot = random.choice(spots)
    return xml[: spot.start()] + new + xml[spot.end() :]


MUTATIONS: Sequence[Mutation] = (
    flip,
    cut,
    repeat,
    drop_tag,
    swap_tag,
    double_element,
    change_value,
    change_value,
    change_value,
    inject,
    into_tag,
    head,
    truncate,
)


@pytest.fixture(scope="module")
def seeds(
    make_draft: Callable[..., Draft],
    caf: Caf,
    certificate: Certificate,
    noon: datetime,
    line: Any,
    factura: Callable[..., bytes],
    caf_paper: Any,
) -> list[bytes]:
    draft = make_draft(line(name="Ñandú & té"), line(name="Pan"))
    boletas = [
        sign_document(build(draft=draft, folio=folio, caf=caf, at=noon).xml, certificate, form)
        for folio, form in enumerate(SignatureForm, start=7)
    ]
    cover = Cover(
        issuer=caf.issuer,
        sender=certificate.rut,
        resolution_date=date(2014, 8, 22),
        resolution_number=80,
    )
    papers = [factura(7), factura(7, kind="61"), caf_paper().xml()]
    return [*boletas, *papers, pack_boletas(boletas, cover, certificate, noon)]


def said(document: ReadDocument) -> tuple[object, ...]:
    return (document.draft, document.folio, document.totals, document.ted)


# Damaged certificates make the library warn of what it will refuse one day.
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@pytest.mark.timeout(60 + CASES // 20)
def test_only_our_own_refusals_come_out_of_spoiled_files(
    seeds: list[bytes], trusted: dict[int, SiiKey]
) -> None:
    whole = [read_envelope(xml).documents for xml in seeds if b"<AUTORIZACION" not in xml]
    genuine = {repr(said(document)) for documents in whole for document in documents}
    answers = {"read": 0, "refused": 0}
    for case in range(FIRST, FIRST + CASES):
        random = Random(f"{SEED}:{case}")
        xml = random.choice(seeds)
        for _ in range(random.randrange(1, 4)):
            xml = random.choice(MUTATIONS)(xml, random) or b"x"
        where = f"seed {SEED}, case {case}"
        for entrance in (read_document, read_envelope):
            try:
                entrance(xml)
                answers["read"] += 1
            except DteError:
                answers["refused"] += 1
            except Exception as error:
                raise AssertionError(f"{where}: {error!r}") from error
        try:
            reports = verify_file(xml, trusted=trusted)
        except DteError:
            continue
        except Exception as error:
            raise AssertionError(f"{where}: {error!r}") from error
        if b"<AUTORIZACION" not in xml and all(report.is_right for report in reports):
            for document in read_envelope(xml).documents:
                assert repr(said(document)) in genuine, f"{where}: a forgery passes as right"
    # Else the mutations are too harsh or too mild to tell anything.
    assert CASES < 100 or min(answers.values()) > CASES // 20
