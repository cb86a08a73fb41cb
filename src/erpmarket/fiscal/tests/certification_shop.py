"""A shop before the simulated SII with all that a certification needs, and a test set of our own."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from erpmarket.catalog.models import Category, Product
from erpmarket.common import clock
from erpmarket.fiscal.certification_tasks import sign_certification_files
from erpmarket.fiscal.paper_tasks import draw_papers
from erpmarket.fiscal.tests.outbox_shop import (
    RUTS,
    Office,
    OutboxShop,
    SettableClock,
    make_office,
    open_shops,
)
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.scope import company_scope
from sii_simulator.caf_office import CafOffice

PAGE = "/sii/certificacion/"
KINDS = (33, 52, 56, 61, 39)
RULE = "-" * 80
TEST_SET = f"""SET BASICO - NUMERO DE ATENCION: 8100001

CASO 8100001-1
==============
DOCUMENTO\tFACTURA ELECTRONICA

ITEM\t\t\tCANTIDAD\tPRECIO UNITARIO
Cajón AFECTO\t\t    101\t\t   1777
Cordel AFECTO\t\t     37\t\t   2055


CASO 8100001-2
==============
DOCUMENTO\tFACTURA ELECTRONICA

ITEM\t\t\tCANTIDAD\tPRECIO UNITARIO\t\tDESCUENTO ITEM
Pañuelo AFECTO\t\t    203\t\t   3111\t\t\t      6%


CASO 8100001-3
==============
DOCUMENTO\tFACTURA ELECTRONICA

ITEM\t\t\tCANTIDAD\tPRECIO UNITARIO
ITEM 1 AFECTO\t\t     91\t\t   3041
ITEM 2 SERVICIO EXENTO\t      2\t\t   6790

DESCUENTO GLOBAL ITEMES AFECTOS\t\t      8%


CASO 8100001-4
==============
DOCUMENTO\t\tNOTA DE CREDITO ELECTRONICA
REFERENCIA\t\tFACTURA ELECTRONICA CORRESPONDIENTE A CASO 8100001-1
RAZON REFERENCIA\tCORRIGE GIRO DEL RECEPTOR


CASO 8100001-5
==============
DOCUMENTO\t\tNOTA DE CREDITO ELECTRONICA
REFERENCIA\t\tFACTURA ELECTRONICA CORRESPONDIENTE A CASO 8100001-2
RAZON REFERENCIA\tDEVOLUCION DE MERCADERIAS

ITEM\t\t\tCANTIDAD
Pañuelo AFECTO\t\t    110


CASO 8100001-6
==============
DOCUMENTO\t\tNOTA DE DEBITO ELECTRONICA
REFERENCIA\t\tNOTA DE CREDITO ELECTRONICA CORRESPONDIENTE A CASO 8100001-4
RAZON REFERENCIA\tANULA NOTA DE CREDITO ELECTRONICA
{RULE}
SET LIBRO DE VENTAS - NUMERO DE ATENCION: 8100002

CONSTRUYA EL LIBRO DE VENTAS CON LOS DOCUMENTOS DEL SET BASICO.
{RULE}
SET LIBRO DE COMPRAS - NUMERO DE ATENCION: 8100003

TIPO DOCUMENTO\t\t\t\tFOLIO
OBSERVACIONES
MONTO EXENTO\tMONTO AFECTO
FACTURA\t\t\t\t\t301
FACTURA DEL GIRO CON DERECHO A CREDITO
\t\t  19999

FACTURA\t\t\t\t\t802
FACTURA CON IVA USO COMUN
\t\t  28001

OBSERVACIONES GENERALES
EN FACTURA CON IVA USO COMUN CONSIDERE QUE EL FACTOR DE PROPORCIONALIDAD
DEL IVA ES DE 0.55
{RULE}
SET GUIA DE DESPACHO - NUMERO DE ATENCION: 8100004

CASO 8100004-1
==============
DOCUMENTO\tGUIA DE DESPACHO
MOTIVO:\t\tTRASLADO DE MATERIALES ENTRE BODEGAS DE LA EMPRESA

ITEM\t\tCANTIDAD\t
ITEM 1\t\t     31\t\t


CASO 8100004-2
==============
DOCUMENTO\tGUIA DE DESPACHO
MOTIVO:\t\tVENTA
TRASLADO POR: \tEMISOR DEL DOCUMENTO AL LOCAL DEL CLIENTE

ITEM\t\tCANTIDAD\tPRECIO UNITARIO
ITEM 1\t\t    101\t\t   3111


CASO 8100004-3
==============
DOCUMENTO\tGUIA DE DESPACHO
MOTIVO:\t\tVENTA
TRASLADO POR: \tCLIENTE

ITEM\t\tCANTIDAD\tPRECIO UNITARIO
ITEM 1\t\t     77\t\t   1222
{RULE}
SET LIBRO DE GUIAS - NUMERO DE ATENCION: 8100005

- EL CASO 2 CORRESPONDE A UNA GUIA QUE SE FACTURO EN EL PERIODO
- EL CASO 3 CORRESPONDE A UNA GUIA ANULADA
"""


@dataclass(kw_only=True)
class CertifiedShop:
    """The owner's hands on the pages, the worker and the SII behind them."""

    outbox: OutboxShop
    cast: Any
    cafs: Mapping[int, bytes]

    def get(self, path: str = "") -> Any:
        return self.cast.client(self.cast.owner).get(PAGE + path)

    def post(self, path: str, **fields: Any) -> Any:
        return self.cast.client(self.cast.owner).post(PAGE + path, fields)

    def upload(self, path: str, field: str, content: bytes, name: str = "set.txt") -> Any:
        return self.post(path, **{field: SimpleUploadedFile(name, content)})

    def begin(self, text: str = TEST_SET) -> None:
        """Start, load folios of every type, upload the set and say who carries the goods."""
        self.post("empezar/")
        for kind in KINDS:
            self.upload("folios/", "caf", self.cafs[kind], "folios.xml")
        self.upload("set/", "set", text.encode("iso-8859-1"))
        assert self.say_who_carries().status_code == 302

    def say_who_carries(self, **fields: str) -> Any:
        said = {"patente": "bbcl-23", "rut": "12.345.678-5", "nombre": "Rosa Núñez"}
        return self.post("paso/simulacion/traslado/", **(said | fields))

    def work(self) -> None:
        """Let the worker and the SII do all they have to do."""
        self.outbox.clock.at = max(self.outbox.clock.at, clock.now())
        for _ in range(8):
            sign_certification_files(now=self.outbox.clock)
            self.outbox.drain()
            self.outbox.clock.forward(60)
        draw_papers(now=self.outbox.clock)

    def go(self, key: str) -> None:
        """Prepare a step, let its file be signed, send it and wait for the SII."""
        assert self.post(f"paso/{key}/preparar/").status_code == 302, key
        sign_certification_files(now=self.outbox.clock)
        assert self.post(f"paso/{key}/enviar/").status_code == 302, key
        self.work()


def make_certification_office(folder: Path) -> tuple[Office, Mapping[int, bytes]]:
    """Make the SII's keys once, and folios of every type for Doña Rosa; that is the slow part."""
    office = make_office(folder, clock=clock.now)
    desk = CafOffice(folder, clock=clock.now)
    return office, {
        kind: desk.issue_caf(rut=RUTS[0], name="Comercio de prueba", kind=kind, quantity=40)
        for kind in KINDS
    }


@contextmanager
def open_certified_shop(
    *,
    casts: Callable[[], tuple[Any, Any]],
    made: tuple[Office, Mapping[int, bytes]],
    folder: Path,
    settings: Any,
) -> Iterator[CertifiedShop]:
    """Open Doña Rosa's shop with a certificate, goods to sell and a SII on the real clock."""
    at = SettableClock(clock.now())
    found, (office, cafs) = casts(), made
    with open_shops(
        casts=found, office=office, folder=folder, settings=settings, stage_ms=0, clock=at
    ) as (outbox, _):
        outbox.store_certificate(office.pfx)
        with company_scope(found[0].company_id):
            Company.objects.filter(id=found[0].company_id).update(activities=[471100])
            shelf = Category.objects.create(name="Abarrotes", color_index=1, position=1)
            for number, name in enumerate(("Arroz", "Aceite", "Azúcar"), start=1):
                Product.objects.create(
                    code=f"P{number}",
                    name=name,
                    search_name=name.lower(),
                    unit="un",
                    category=shelf,
                    price_clp=1190 * number,
                    revision=number,
                )
        yield CertifiedShop(outbox=outbox, cast=found[0], cafs=cafs)
