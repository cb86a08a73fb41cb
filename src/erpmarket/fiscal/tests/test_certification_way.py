"""The whole certification before the simulated SII: pages by a browser's requests, real worker."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from erpmarket.tenancy.scope import company_scope

if TYPE_CHECKING:
    from erpmarket.fiscal.tests.certification_shop import CertifiedShop


# Keys of five types, fifty stamped papers and a PDF of all of them: long on a busy machine.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="session")
def certification_office(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from erpmarket.fiscal.tests.certification_shop import (  # noqa: PLC0415
        make_certification_office,
    )

    return make_certification_office(tmp_path_factory.mktemp("certification") / "sii")


@pytest.fixture
def shop(
    fresh_database: str,
    found_cast: Callable[[], tuple[Any, Any]],
    certification_office: Any,
    tmp_path: Path,
    settings: Any,
) -> "Iterator[CertifiedShop]":
    from erpmarket.fiscal.tests.certification_shop import open_certified_shop  # noqa: PLC0415

    with open_certified_shop(
        casts=found_cast, made=certification_office, folder=tmp_path, settings=settings
    ) as opened:
        yield opened


def states(shop: Any, key: str) -> list[str]:
    """Give the states of a step's papers in force, in their order."""
    from erpmarket.fiscal.actions.certify_prepare import find_step  # noqa: PLC0415
    from erpmarket.fiscal.certification_queries import find_open_run, list_cases  # noqa: PLC0415

    with company_scope(shop.cast.company_id):
        run = find_open_run()
        assert run is not None
        stage = find_step(run, key).stage
        return [] if stage is None else [row.state for row in list_cases(stage)]


def progress(shop: Any, key: str) -> str:
    from erpmarket.fiscal.actions.certify_prepare import find_step  # noqa: PLC0415
    from erpmarket.fiscal.certification_queries import find_open_run  # noqa: PLC0415

    with company_scope(shop.cast.company_id):
        run = find_open_run()
        assert run is not None
        return str(find_step(run, key).progress)


def test_the_whole_way_ends_with_every_step_approved(shop: "CertifiedShop") -> None:
    from erpmarket.fiscal.certification_models import CertificationRun  # noqa: PLC0415
    from erpmarket.fiscal.models import Envelope, IssuedDocument, PaperJob  # noqa: PLC0415
    from erpmarket.fiscal.tests.certification_shop import TEST_SET  # noqa: PLC0415

    # By pages alone, as somebody does it who only has the demo and a test set.
    shop.post("empezar/")
    shop.post("folios-de-ensayo/")
    shop.upload("set/", "set", TEST_SET.encode("iso-8859-1"))
    shop.say_who_carries()
    for key in ("set-8100001", "set-8100004", "simulacion", "boletas"):
        shop.go(key)
        assert set(states(shop, key)) == {"accepted"}, key
    for key in ("set-8100002", "set-8100003", "set-8100005"):
        shop.go(key)
        assert progress(shop, key) == "accepted", key
    assert [len(states(shop, key)) for key in ("set-8100001", "set-8100004", "simulacion")] == [
        6,
        3,
        20,
    ]
    assert "Descargar el envío de práctica" in shop.get("paso/intercambio/").text
    source = shop.post("paso/intercambio/envio-de-practica/")
    assert source["Content-Disposition"] == 'attachment; filename="envio-de-practica.xml"'
    assert (
        shop.upload("paso/intercambio/preparar/", "envio", source.content, "envio.xml").status_code
        == 302
    )
    shop.work()
    assert progress(shop, "intercambio") == "ready"
    answers = re.findall(
        r"/sii/certificacion/(archivos/\d+/)", shop.get("paso/intercambio/").content.decode()
    )
    files = [shop.get(path).content for path in answers]
    assert [b"<RespuestaDTE" in files[0], b"<EnvioRecibos" in files[1]] == [True, True]
    assert b"<RespuestaDTE" in files[2]
    # Both facturas of the practice supplier are taken in, received and accepted.
    assert files[0].count(b"<EstadoRecepDTE>0</EstadoRecepDTE>") == 2
    assert files[1].count(b"<DocumentoRecibo ") == 2
    assert files[2].count(b"<EstadoDTE>0</EstadoDTE>") == 2

    samples = shop.get("muestras/facturas/")
    assert samples.status_code == 302
    shop.work()
    with company_scope(shop.cast.company_id):
        job = PaperJob.objects.get(form="muestras")
        assert bytes(job.pdf).startswith(b"%PDF")
        assert len(job.documents) == 29
        assert {row.environment for row in IssuedDocument.objects.all()} == {"rehearsal"}
        # Each set went in one envelope: the SII wants one number for each.
        counts = Envelope.objects.order_by("id").values_list("document_count", flat=True)
        assert list(counts) == [6, 3, 20, 5, 0, 0, 0]

    keys = re.findall(r"/paso/([\w-]+)/", shop.get().content.decode())
    for key in keys:
        answer = shop.post(f"paso/{key}/respuesta/", respuesta="passed", dicho="SOK")
        assert answer.status_code == 302, key
    assert f"{len(keys)} de {len(keys)} aprobados" in shop.get().content.decode()
    assert shop.post("terminar/").status_code == 302
    with company_scope(shop.cast.company_id):
        assert CertificationRun.objects.get().ended_at is not None


def test_what_is_prepared_waits_for_the_owner_and_is_no_sale(shop: "CertifiedShop") -> None:
    from erpmarket.fiscal.models import Envelope, Submission  # noqa: PLC0415
    from erpmarket.fiscal.queries import get_outbox_summary  # noqa: PLC0415

    shop.begin()
    assert shop.post("paso/set-8100001/preparar/").status_code == 302
    shop.work()
    with company_scope(shop.cast.company_id):
        assert Submission.objects.filter(state="pending").count() == 6
        assert Envelope.objects.count() == 0
        # A till must not say for weeks that six of its papers are on their way.
        assert get_outbox_summary().pending == 0
    page = shop.get("paso/set-8100001/").content.decode()
    # 101 x 1,777 + 37 x 2,055 = 255,512 net, and 19 % of it 48,547.
    assert "8100001-1" in page
    assert "$304.059" in page
    client = shop.cast.client(shop.cast.owner)
    assert (
        "Factura"
        not in re.sub(
            r"<nav.*?</nav>", "", client.get("/sii/libro/").content.decode(), flags=re.DOTALL
        )
        .partition("<tbody")[2]
        .partition("</tbody")[0]
    )
    assert "8100001" not in client.get("/sii/documentos/").content.decode()


def test_a_rejected_set_is_made_again_with_new_folios(shop: "CertifiedShop") -> None:
    from erpmarket.fiscal.models import Envelope, IssuedDocument  # noqa: PLC0415

    shop.begin()
    shop.post("paso/set-8100001/preparar/")
    shop.post("paso/set-8100001/enviar/")
    shop.work()
    shop.post("paso/set-8100001/respuesta/", respuesta="failed", dicho="Caso 2: nombre alterado")
    assert progress(shop, "set-8100001") == "failed"

    assert shop.post("paso/set-8100001/preparar/").status_code == 302
    assert shop.post("paso/set-8100001/enviar/").status_code == 302
    shop.work()

    assert states(shop, "set-8100001") == ["accepted"] * 6
    with company_scope(shop.cast.company_id):
        assert Envelope.objects.count() == 2
        folios = list(
            IssuedDocument.objects.filter(kind=33).order_by("id").values_list("folio", flat=True)
        )
    assert len(set(folios)) == 6
    assert "Intentos anteriores" in shop.get("paso/set-8100001/").content.decode()


def test_a_bad_set_is_refused_with_its_line(shop: "CertifiedShop") -> None:
    from erpmarket.fiscal.certification_models import CertificationSet  # noqa: PLC0415
    from erpmarket.fiscal.tests.certification_shop import TEST_SET  # noqa: PLC0415

    shop.post("empezar/")
    broken = TEST_SET.replace("    203\t\t   3111", "    dos\t\t   3111").encode("iso-8859-1")
    answer = shop.upload("set/", "set", broken)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Línea 17" in page
    assert "8100001-2" in page
    with company_scope(shop.cast.company_id):
        assert CertificationSet.objects.count() == 0


def test_without_folios_nothing_is_made_and_the_page_says_which(shop: "CertifiedShop") -> None:
    from erpmarket.fiscal.certification_models import CertificationStage  # noqa: PLC0415
    from erpmarket.fiscal.models import FolioRange, IssuedDocument  # noqa: PLC0415
    from erpmarket.fiscal.tests.certification_shop import TEST_SET  # noqa: PLC0415

    shop.post("empezar/")
    shop.upload("folios/", "caf", shop.cafs[33], "folios.xml")
    shop.upload("set/", "set", TEST_SET.encode("iso-8859-1"))
    answer = shop.post("paso/set-8100001/preparar/")
    assert answer.status_code == 422
    assert "Faltan folios de nota de crédito (61)" in answer.content.decode()
    with company_scope(shop.cast.company_id):
        assert IssuedDocument.objects.count() == 0
        assert CertificationStage.objects.count() == 0
        [row] = FolioRange.objects.filter(environment="rehearsal")
        assert row.last_folio - row.next_folio + 1 == 40


def test_a_book_waits_for_the_papers_it_is_made_of(shop: "CertifiedShop") -> None:
    shop.begin()
    answer = shop.post("paso/set-8100002/preparar/")
    assert answer.status_code == 422
    assert "envíalo primero" in answer.content.decode()


def test_in_the_demo_the_simulated_sii_gives_the_folios(shop: "CertifiedShop") -> None:
    shop.post("empezar/")
    assert shop.post("folios-de-ensayo/").status_code == 302
    page = shop.get().content.decode()
    assert page.count("quedan 60") == 6
    # Asked again, nothing is missing: no more are taken.
    shop.post("folios-de-ensayo/")
    assert shop.get().content.decode().count("quedan 60") == 6


def test_a_second_press_prepares_no_second_set(shop: "CertifiedShop") -> None:
    from erpmarket.fiscal.models import IssuedDocument  # noqa: PLC0415

    shop.begin()
    seen = re.findall(r'name="intento" value="(\d*)"', shop.get("paso/set-8100001/").text)
    assert seen == [""]

    for _ in range(2):
        assert shop.post("paso/set-8100001/preparar/", intento=seen[0]).status_code == 302

    with company_scope(shop.cast.company_id):
        assert IssuedDocument.objects.count() == 6
    (again,) = re.findall(r'name="intento" value="(\d+)"', shop.get("paso/set-8100001/").text)
    shop.post("paso/set-8100001/preparar/", intento=again)
    with company_scope(shop.cast.company_id):
        assert IssuedDocument.objects.count() == 12


def test_two_people_who_start_at_once_open_one_certification(shop: "CertifiedShop") -> None:
    from django.db import connections  # noqa: PLC0415

    clients = [shop.cast.client(shop.cast.owner) for _ in range(4)]
    gate = Barrier(len(clients))

    def press(client: Any) -> int:
        try:
            gate.wait()
            return int(client.post("/sii/certificacion/empezar/").status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(clients)) as pool:
        answers = sorted(pool.map(press, clients))

    assert answers == [302, 422, 422, 422]


def test_guias_wait_until_somebody_says_who_carries(shop: "CertifiedShop") -> None:
    from dte.xml.read import read_document  # noqa: PLC0415
    from erpmarket.fiscal.certification_models import CertificationRun  # noqa: PLC0415
    from erpmarket.fiscal.models import IssuedDocument  # noqa: PLC0415

    shop.begin()
    with company_scope(shop.cast.company_id):
        CertificationRun.objects.update(plate="", driver_rut="", driver_name="")
    for key in ("set-8100004", "simulacion"):
        assert "Guardar quién lleva" in shop.get(f"paso/{key}/").text
        answer = shop.post(f"paso/{key}/preparar/")
        assert answer.status_code == 422
        assert "falta decir en qué vehículo va la mercadería" in answer.text
    assert "Quién lleva" not in shop.get("paso/set-8100001/").text
    with company_scope(shop.cast.company_id):
        assert IssuedDocument.objects.count() == 0

    assert shop.say_who_carries().status_code == 302
    assert "BBCL23" in shop.get("paso/set-8100004/").text
    assert shop.post("paso/set-8100004/preparar/").status_code == 302

    with company_scope(shop.cast.company_id):
        papers = [read_document(bytes(row.xml)) for row in IssuedDocument.objects.filter(kind=52)]
    assert len(papers) == 3
    journeys = [paper.draft.transport for paper in papers]
    assert {each.plate for each in journeys if each} == {"BBCL23"}
    assert {str(each.driver) for each in journeys if each} == {"12345678-5"}
    assert {each.driver_name for each in journeys if each} == {"Rosa Núñez"}
    assert {str(each.carrier) for each in journeys if each} == {shop.cast.rut}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("patente", "12-AB-34", "Esa patente no existe"),
        ("patente", "", "Falta: patente."),
        ("rut", "12.345.678-9", "Ese RUT no existe"),
        ("rut", "", "Falta el RUT de quien maneja."),
        ("nombre", " ", "Falta: nombre de quien maneja."),
    ],
)
def test_a_carrier_that_cannot_be_is_not_kept(
    shop: "CertifiedShop", field: str, value: str, words: str
) -> None:
    from erpmarket.fiscal.certification_models import CertificationRun  # noqa: PLC0415

    shop.begin()
    with company_scope(shop.cast.company_id):
        kept = CertificationRun.objects.values_list("plate", "driver_rut", "driver_name").get()

    answer = shop.say_who_carries(**{field: value})

    assert answer.status_code == 422
    assert words in answer.text
    with company_scope(shop.cast.company_id):
        said = CertificationRun.objects.values_list("plate", "driver_rut", "driver_name").get()
        assert said == kept


def test_a_second_press_asks_for_no_second_answers(shop: "CertifiedShop") -> None:
    from erpmarket.fiscal.certification_models import (  # noqa: PLC0415
        CertificationFile,
        CertificationStage,
    )

    shop.post("empezar/")
    xml = shop.post("paso/intercambio/envio-de-practica/").content
    seen = re.findall(r'name="intento" value="(\d*)"', shop.get("paso/intercambio/").text)
    assert seen == [""]

    for _ in range(2):
        answer = shop.post(
            "paso/intercambio/preparar/",
            envio=SimpleUploadedFile("envio.xml", xml),
            intento=seen[0],
        )
        assert answer.status_code == 302

    with company_scope(shop.cast.company_id):
        assert CertificationStage.objects.count() == 1
        assert CertificationFile.objects.count() == 3


def test_the_practice_envelope_is_for_the_rehearsal_alone(shop: "CertifiedShop") -> None:
    from erpmarket.fiscal.certification_models import CertificationRun  # noqa: PLC0415

    shop.post("empezar/")
    assert shop.post("paso/simulacion/envio-de-practica/").status_code == 404
    with company_scope(shop.cast.company_id):
        CertificationRun.objects.update(environment="certification")

    assert "práctica" not in shop.get("paso/intercambio/").text
    answer = shop.post("paso/intercambio/envio-de-practica/")
    assert answer.status_code == 422
    assert "Sube el XML que te dio el SII" in answer.text
