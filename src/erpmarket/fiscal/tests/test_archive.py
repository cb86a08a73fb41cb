"""The archive: everything of a period in one zip, and no change to it goes unseen."""

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from dte.certificate import load_certificate
from dte.signer import sign_document
from erpmarket.cli.__main__ import main
from erpmarket.fiscal.archive import ArchivePeriod, write_archive
from erpmarket.fiscal.archive_check import (
    HASH_NAME,
    MANIFEST_NAME,
    ArchiveUnreadable,
    ArchiveVerdict,
    hash_line,
    verify_archive,
)
from erpmarket.fiscal.authorities import trusted_keys
from erpmarket.fiscal.books_models import MadeArchive
from erpmarket.fiscal.models import DocumentRevision, IssuedDocument, Submission, SubmissionState
from erpmarket.fiscal.tests.factories import AT, PFX_PASSWORD, SIGNER, make_document, settle
from erpmarket.fiscal.tests.trade_factories import make_factura, make_trader
from erpmarket.tenancy.models import Membership, Role
from erpmarket.tenancy.scope import company_scope

NOVEMBER = ArchivePeriod(first=date(2026, 11, 1), until=date(2026, 12, 1))
QUERY = {"desde": "2026-11", "hasta": "2026-11"}
Change = Callable[[dict[str, bytes]], object]


@pytest.fixture
def papers(dona_rosa: Any, caf_office: Any) -> list[IssuedDocument]:
    """Two signed boletas, a signed factura and a boleta that waits for its signature."""
    pfx = caf_office.issue_certificate(
        rut=SIGNER,
        name="Rosa Núñez Soto",
        password=PFX_PASSWORD,
        valid_from=AT - timedelta(days=90),
        valid_to=AT + timedelta(days=400),
    )
    certificate = load_certificate(pfx, PFX_PASSWORD)
    with company_scope(dona_rosa.company_id):
        branch = make_trader(dona_rosa, caf_office, kinds=(33, 39))
        found = [make_document(dona_rosa), make_document(dona_rosa), make_factura(branch).row]
        for row in found:
            signed = sign_document(bytes(row.xml), certificate)
            IssuedDocument.objects.filter(id=row.id).update(signed_xml=signed)
            settle(row, SubmissionState.ACCEPTED)
        found.append(make_document(dona_rosa, price_clp=700))
    return found


@pytest.fixture
def file(dona_rosa: Any, papers: list[IssuedDocument], tmp_path: Path) -> Path:
    path = tmp_path / "respaldo.zip"
    path.write_bytes(b"".join(write_archive(dona_rosa.company_id, NOVEMBER, at=AT)))
    return path


def verify(path: Path) -> ArchiveVerdict:
    return verify_archive(path, keys=trusted_keys)


def rewrite(path: Path, change: Change) -> None:
    """Change what an archive holds, as somebody with a zip program would."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def name_of(row: IssuedDocument) -> str:
    return f"documentos/{row.kind}-{row.folio}.xml"


def restate(files: dict[str, bytes], change: Callable[[dict[str, Any]], None]) -> None:
    """Change the manifest and write its hash anew, as somebody who knows the format would."""
    manifest = json.loads(files[MANIFEST_NAME])
    change(manifest)
    files[MANIFEST_NAME] = json.dumps(manifest).encode()
    files[HASH_NAME] = hash_line(hashlib.sha256(files[MANIFEST_NAME]).hexdigest()).encode()


def test_archive_holds_each_paper_as_it_was_sent_and_a_manifest(
    papers: list[IssuedDocument], file: Path
) -> None:
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files[MANIFEST_NAME])

    assert set(files) == {*map(name_of, papers), MANIFEST_NAME, HASH_NAME}
    assert files[name_of(papers[0])].startswith(
        b'<?xml version="1.0" encoding="ISO-8859-1"?>\n<DTE'
    )
    assert b"</Signature></DTE>" in files[name_of(papers[0])]
    assert manifest["documents"][0] == {
        "file": name_of(papers[0]),
        "kind": 39,
        "folio": papers[0].folio,
        "issue_date": "2026-11-20",
        "total_clp": 2380,
        "state": "accepted",
        "signed": True,
        "sha256": hashlib.sha256(files[name_of(papers[0])]).hexdigest(),
    }
    assert [each["signed"] for each in manifest["documents"]] == [True, True, True, False]
    assert manifest["company_rut"] == "76123456-0"
    assert files[HASH_NAME].decode() == hash_line(hashlib.sha256(files[MANIFEST_NAME]).hexdigest())


def test_a_whole_archive_is_right(file: Path) -> None:
    found = verify(file)

    assert found.faults == ()
    assert found.is_right
    assert (found.documents, found.unsigned) == (4, 1)
    assert (found.first, found.until, found.environment) == ("2026-11-01", "2026-12-01", "demo")


def test_archive_is_read_in_batches(
    dona_rosa: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("erpmarket.fiscal.archive.BATCH", 2)

    parts = list(write_archive(dona_rosa.company_id, NOVEMBER, at=AT))

    assert b"".join(parts) == file.read_bytes()
    assert len(parts) > 4, "it is sent while it is written"


def test_the_version_in_force_is_kept(
    dona_rosa: Any, papers: list[IssuedDocument], tmp_path: Path
) -> None:
    with company_scope(dona_rosa.company_id):
        row = IssuedDocument.objects.get(id=papers[0].id)
        DocumentRevision.objects.create(
            document=row,
            number=1,
            xml=bytes(row.xml),
            signed_xml=None,
            reason="Falta el giro",
            made_at=AT,
        )
        Submission.objects.filter(document=row).update(state="pending", final_at=None)
    path = tmp_path / "respaldo.zip"

    path.write_bytes(b"".join(write_archive(dona_rosa.company_id, NOVEMBER, at=AT)))

    assert (verify(path).unsigned, verify(path).faults) == (2, ())
    with zipfile.ZipFile(path) as archive:
        assert archive.read(name_of(papers[0])).endswith(bytes(row.xml))


def test_months_end_at_midnight_in_chile(
    dona_rosa: Any, papers: list[IssuedDocument], tmp_path: Path
) -> None:
    with company_scope(dona_rosa.company_id):
        last = make_document(dona_rosa, at=datetime(2026, 12, 1, 2, 59, 59, tzinfo=UTC))
        first = make_document(dona_rosa, at=datetime(2026, 12, 1, 3, tzinfo=UTC))
    content = b"".join(write_archive(dona_rosa.company_id, NOVEMBER, at=AT))

    names = zipfile.ZipFile(io.BytesIO(content)).namelist()

    assert name_of(last) in names
    assert name_of(first) not in names


def test_a_changed_amount_is_seen(papers: list[IssuedDocument], file: Path) -> None:
    name = name_of(papers[0])

    def change(files: dict[str, bytes]) -> None:
        files[name] = files[name].replace(b"<MntTotal>2380<", b"<MntTotal>1380<")

    rewrite(file, change)

    words = [fault.words for fault in verify(file).faults if fault.file == name]
    assert "No calza con su código de control: alguien lo cambió." in words


def test_a_changed_amount_with_new_hashes_is_seen_by_signature_and_stamp(
    papers: list[IssuedDocument], file: Path
) -> None:
    """Prevents that who knows the format rewrites a paper and every hash above it."""
    name = name_of(papers[0])

    def change(files: dict[str, bytes]) -> None:
        files[name] = files[name].replace(b"<MntTotal>2380<", b"<MntTotal>1380<")

        def fit(manifest: dict[str, Any]) -> None:
            facts = next(each for each in manifest["documents"] if each["file"] == name)
            facts["sha256"] = hashlib.sha256(files[name]).hexdigest()
            facts["total_clp"] = 1380

        restate(files, fit)

    rewrite(file, change)

    faults = verify(file).faults
    assert {fault.file for fault in faults} == {name}
    assert any(fault.words.startswith("Firma: ") for fault in faults)
    assert any(fault.words == "El timbre dice otra cosa: total." for fault in faults)


def test_a_missing_an_added_and_a_renamed_paper_are_seen(
    papers: list[IssuedDocument], file: Path
) -> None:
    gone, renamed = name_of(papers[0]), name_of(papers[1])

    def change(files: dict[str, bytes]) -> None:
        del files[gone]
        files["documentos/39-999999.xml"] = files.pop(renamed)

    rewrite(file, change)

    assert {(fault.file, fault.words) for fault in verify(file).faults} == {
        (gone, "Falta en el zip."),
        (renamed, "Falta en el zip."),
        ("documentos/39-999999.xml", "Sobra: no está en la lista."),
    }


def test_a_paper_taken_off_the_list_is_seen_by_the_hash_of_the_list(
    papers: list[IssuedDocument], file: Path
) -> None:
    noted = verify(file).manifest_sha256

    def change(files: dict[str, bytes]) -> None:
        del files[name_of(papers[0])]
        restate(files, lambda manifest: manifest["documents"].pop(0))

    rewrite(file, change)

    assert verify(file).documents == 3
    assert verify(file).manifest_sha256 != noted


def test_a_list_that_was_edited_does_not_fit_its_hash(file: Path) -> None:
    def change(files: dict[str, bytes]) -> None:
        files[MANIFEST_NAME] = files[MANIFEST_NAME].replace(b'"accepted"', b'"rejected"')

    rewrite(file, change)

    assert [fault.file for fault in verify(file).faults] == [MANIFEST_NAME]


def test_a_list_that_tells_another_story_than_the_papers_is_seen(
    papers: list[IssuedDocument], file: Path
) -> None:
    def lie(manifest: dict[str, Any]) -> None:
        manifest["documents"][0] |= {"total_clp": 1, "issue_date": "2026-11-19"}

    rewrite(file, lambda files: restate(files, lie))

    assert [(fault.file, fault.words) for fault in verify(file).faults] == [
        (name_of(papers[0]), "La lista dice otra cosa que el documento: fecha, total.")
    ]


def test_a_paper_without_its_signature_passes_only_while_it_waits(
    papers: list[IssuedDocument], file: Path
) -> None:
    def lie(manifest: dict[str, Any]) -> None:
        manifest["documents"][0]["signed"] = False

    rewrite(file, lambda files: restate(files, lie))

    assert [fault.words for fault in verify(file).faults] == [
        "No trae firma, y la lista dice que ya se firmó para enviarlo."
    ]


def test_folios_that_no_sii_granted_are_seen(file: Path) -> None:
    found = verify_archive(file, keys=lambda _: {})

    assert len(found.faults) == 4
    assert all(fault.words.startswith("Folio: ") for fault in found.faults)


@pytest.mark.parametrize("keep", [0, 10, 500, -1])
def test_a_file_that_was_cut_is_no_archive(file: Path, keep: int) -> None:
    file.write_bytes(file.read_bytes()[:keep])

    with pytest.raises(ArchiveUnreadable):
        verify(file)


@pytest.mark.parametrize(
    "manifest", [b"", b"[]", b"null", b"{}", b'{"format": "otro"}', b"\xff", b"[" * 100000]
)
def test_a_manifest_that_is_none_is_refused(file: Path, manifest: bytes) -> None:
    rewrite(file, lambda files: files.update({MANIFEST_NAME: manifest}))

    with pytest.raises(ArchiveUnreadable):
        verify(file)


def test_a_damaged_byte_is_seen(papers: list[IssuedDocument], file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[300] ^= 0xFF
    file.write_bytes(bytes(content))

    assert name_of(papers[0]) in {fault.file for fault in verify(file).faults}


def test_command_gives_its_verdict_and_exit_status(
    papers: list[IssuedDocument], file: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    key = ["--demo-key", str(settings.SII_DEMO_KEY_FILE)]
    broken = tmp_path / "cambiado.zip"
    shutil.copy(file, broken)
    rewrite(broken, lambda files: files.pop(name_of(papers[0])))

    noted = verify(file).manifest_sha256
    assert main(["archive", "verify", *key, "--huella", noted, str(file)]) == 0
    assert main(["archive", "verify", *key, "--huella", "0" * 64, str(file)]) == 1
    assert "No es el respaldo que se anotó" in capsys.readouterr().out
    assert main(["archive", "verify", *key, str(file)]) == 0
    good = capsys.readouterr().out
    assert main(["archive", "verify", *key, str(broken)]) == 1
    bad = capsys.readouterr().out
    assert main(["archive", "verify", *key, str(tmp_path / "no-esta.zip")]) == 2
    refused = capsys.readouterr().err

    assert "✓ Respaldo completo" in good
    assert "demostración: no son documentos de verdad" in good
    assert verify(file).manifest_sha256 in good
    assert f"✗ {name_of(papers[0])}: Falta en el zip." in bad
    assert "no-esta.zip no se puede leer" in refused


def test_owner_downloads_it_from_its_page(
    dona_rosa: Any, papers: list[IssuedDocument], tmp_path: Path
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    assert "Respaldo de documentos" in client.get("/sii/respaldo/").text

    answer = client.get("/sii/respaldo.zip", QUERY)
    path = tmp_path / "bajado.zip"
    path.write_bytes(b"".join(answer.streaming_content))

    assert answer["Content-Disposition"].endswith('"documentos-2026-11-a-2026-11.zip"')
    assert verify(path).is_right
    assert verify(path).documents == 4
    with company_scope(dona_rosa.company_id):
        made = MadeArchive.objects.get()
    assert (made.first, made.until, made.document_count) == (
        date(2026, 11, 1),
        date(2026, 12, 1),
        4,
    )
    assert made.manifest_sha256 == verify(path).manifest_sha256
    assert made.made_by_id == dona_rosa.owner.membership_id
    page = client.get("/sii/respaldo/").text
    assert made.manifest_sha256 in page.replace("<wbr>", "")


def test_a_download_that_breaks_off_is_no_archive(
    dona_rosa: Any, papers: list[IssuedDocument]
) -> None:
    parts = write_archive(dona_rosa.company_id, NOVEMBER, at=AT)
    next(parts)
    del parts

    with company_scope(dona_rosa.company_id):
        assert not MadeArchive.objects.exists()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "Elige el primer mes."),
        ({"desde": "2026-11", "hasta": "2026-10"}, "no puede ser anterior"),
        ({"desde": "x", "hasta": "2026-10"}, "Escribe el mes así"),
    ],
)
def test_a_period_that_is_none_is_explained(
    dona_rosa: Any, query: dict[str, str], words: str
) -> None:
    answer = dona_rosa.client(dona_rosa.owner).get("/sii/respaldo.zip", query)

    assert answer.status_code == 422
    assert words in answer.text


def test_archive_is_for_owner_and_accountant_of_its_shop(
    dona_rosa: Any, el_vecino: Any, papers: list[IssuedDocument], tmp_path: Path
) -> None:
    assert dona_rosa.client(dona_rosa.cashier).get("/sii/respaldo.zip", QUERY).status_code == 403
    assert dona_rosa.client(dona_rosa.stock_keeper).get("/sii/respaldo/").status_code == 403
    with company_scope(dona_rosa.company_id):
        Membership.objects.filter(id=dona_rosa.cashier.membership_id).update(role=Role.ACCOUNTANT)
    answer = dona_rosa.client(dona_rosa.cashier).get("/sii/respaldo.zip", QUERY)
    assert answer.status_code == 200
    strange = el_vecino.client(el_vecino.owner).get("/sii/respaldo.zip", QUERY)
    path = tmp_path / "vecino.zip"
    path.write_bytes(b"".join(strange.streaming_content))
    assert (verify(path).documents, verify(path).company_rut) == (0, "77346128-7")
