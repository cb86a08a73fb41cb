"""A test set in the SII's form, with goods, quantities and prices of our own."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from dte.certification.case_drafts import SetParties
from dte.codes import DocumentType
from dte.document import Issuer, Receiver, Transport
from dte.rut import Rut

TEST_SET = """INDICACIONES GENERALES:

Se debe adjuntar ejemplar tributario y cedible de los documentos.


SET BASICO - NUMERO DE ATENCION: 7001234

IMPORTANTE: los descuentos deben ser indicados en las representaciones impresas.


CASO 7001234-1
==============
DOCUMENTO\tFACTURA ELECTRONICA

ITEM\t\t\tCANTIDAD\tPRECIO UNITARIO
Cajón AFECTO\t\t    120\t\t   2490
Cordel AFECTO\t\t     35\t\t   1815


CASO 7001234-2
==============
DOCUMENTO\tFACTURA ELECTRONICA

ITEM\t\t\tCANTIDAD\tPRECIO UNITARIO\t\tDESCUENTO ITEM
Pañuelo AFECTO\t\t    301\t\t   3333\t\t\t      7%
ITEM 2 AFECTO\t\t    212\t\t   4125\t\t\t     19%


CASO 7001234-3
==============
DOCUMENTO\tFACTURA ELECTRONICA

ITEM\t\t\tCANTIDAD\tPRECIO UNITARIO
Pintura B&W AFECTO\t     44\t\t   5150
ITEM 2 AFECTO\t\t    133\t\t   2717
ITEM 3 SERVICIO EXENTO\t      1\t\t  34561


CASO 7001234-4
==============
DOCUMENTO\tFACTURA ELECTRONICA

ITEM\t\t\tCANTIDAD\tPRECIO UNITARIO
ITEM 1 AFECTO\t\t    210\t\t   3017
ITEM 2 AFECTO\t\t     91\t\t   3641
ITEM 3 SERVICIO EXENTO\t      2\t\t   6790

DESCUENTO GLOBAL ITEMES AFECTOS\t\t      9%


CASO 7001234-5
==============
DOCUMENTO\t\tNOTA DE CREDITO ELECTRONICA
REFERENCIA\t\tFACTURA ELECTRONICA CORRESPONDIENTE A CASO 7001234-1
RAZON REFERENCIA\tCORRIGE GIRO DEL RECEPTOR


CASO 7001234-6
==============
DOCUMENTO\t\tNOTA DE CREDITO ELECTRONICA
REFERENCIA\t\tFACTURA  ELECTRONICA CORRESPONDIENTE A CASO 7001234-2
RAZON REFERENCIA\tDEVOLUCION DE MERCADERIAS

ITEM\t\t\tCANTIDAD
Pañuelo AFECTO\t\t    110
ITEM 2 AFECTO\t\t    144


CASO 7001234-7
==============
DOCUMENTO\t\tNOTA DE CREDITO ELECTRONICA
REFERENCIA\t\tFACTURA ELECTRONICA CORRESPONDIENTE A CASO 7001234-3
RAZON REFERENCIA\tANULA FACTURA


CASO 7001234-8
==============
DOCUMENTO\t\tNOTA DE DEBITO ELECTRONICA
REFERENCIA\t\tNOTA DE CREDITO ELECTRONICA CORRESPONDIENTE A CASO 7001234-5
RAZON REFERENCIA\tANULA NOTA DE CREDITO ELECTRONICA
--------------------------------------------------------------------------------
SET LIBRO DE VENTAS - NUMERO DE ATENCION: 7001235

CONSTRUYA EL LIBRO DE VENTAS CON LOS DOCUMENTOS DEL SET BASICO.
--------------------------------------------------------------------------------
SET LIBRO DE COMPRAS - NUMERO DE ATENCION: 7001236

==========================================================================
TIPO DOCUMENTO\t\t\t\tFOLIO
OBSERVACIONES
MONTO EXENTO\tMONTO AFECTO
==========================================================================
FACTURA\t\t\t\t\t301
FACTURA DEL GIRO CON DERECHO A CREDITO
\t\t  19999

FACTURA ELECTRONICA \t\t\t 57
FACTURA DEL GIRO CON DERECHO A CREDITO
   7001\t\t   6003

FACTURA\t\t\t\t\t802
FACTURA CON IVA USO COMUN
\t\t  28001

NOTA DE CREDITO\t\t\t\t455
NOTA DE CREDITO POR DESCUENTO A FACTURA 301
\t\t   2501

FACTURA ELECTRONICA\t\t\t 88
ENTREGA GRATUITA DEL PROVEEDOR
\t\t  11050

FACTURA DE COMPRA ELECTRONICA\t\t  9
COMPRA CON RETENCION TOTAL DEL IVA
\t\t   9101

FACTURA EXENTA\t\t\t\t 12
SERVICIO EXENTO
   4400
==========================================================================

OBSERVACIONES GENERALES
-----------------------
EN FACTURA CON IVA USO COMUN CONSIDERE QUE EL FACTOR DE PROPORCIONALIDAD
DEL IVA ES DE 0.55
--------------------------------------------------------------------------------
SET GUIA DE DESPACHO - NUMERO DE ATENCIÓN: 7001237

CASO 7001237-1
==============
DOCUMENTO\tGUIA DE DESPACHO
MOTIVO:\t\tTRASLADO DE MATERIALES ENTRE BODEGAS DE LA EMPRESA

ITEM\t\tCANTIDAD\t
ITEM 1\t\t     31\t\t
ITEM 2\t\t     75\t\t


CASO 7001237-2
==============
DOCUMENTO\tGUIA DE DESPACHO
MOTIVO:\t\tVENTA
TRASLADO POR: \tEMISOR DEL DOCUMENTO AL LOCAL DEL CLIENTE

ITEM\t\tCANTIDAD\tPRECIO UNITARIO
ITEM 1\t\t    101\t\t   3111


CASO 7001237-3
==============
DOCUMENTO\tGUIA DE DESPACHO
MOTIVO:\t\tVENTA
TRASLADO POR: \tCLIENTE

ITEM\t\tCANTIDAD\tPRECIO UNITARIO
ITEM 1\t\t     77\t\t   1222
--------------------------------------------------------------------------------
SET LIBRO DE GUIAS - NUMERO DE ATENCION: 7001238

- EL CASO 2 CORRESPONDE A UNA GUIA QUE SE FACTURO EN EL PERIODO
- EL CASO 3 CORRESPONDE A UNA GUIA ANULADA
--------------------------------------------------------------------------------
SET FACTURA EXENTA - NUMERO DE ATENCION: 7001239

CASO 7001239-1
==============
DOCUMENTO\tFACTURA NO AFECTA O EXENTA ELECTRONICA

ITEM\t\t\tCANTIDAD\tUNIDAD MEDIDA\tPRECIO UNITARIO
Horas de taller\t\t     14\t\tHora\t\t   7193


CASO 7001239-2
==============
DOCUMENTO\t\tNOTA DE CREDITO ELECTRONICA
REFERENCIA\t\tFACTURA NO AFECTA O EXENTA ELECTRONICA CORRESPONDIENTE A CASO 7001239-1
RAZON REFERENCIA\tMODIFICA MONTO

ITEM\t\t\tCANTIDAD\tUNIDAD MEDIDA\tPRECIO UNITARIO
Horas de taller\t\t     14\t\tHora\t\t    719
"""


@pytest.fixture
def test_set() -> str:
    return TEST_SET


@pytest.fixture
def today() -> date:
    return date(2026, 11, 22)


@pytest.fixture
def parties(issuer: Issuer) -> SetParties:
    return SetParties(
        issuer=replace(issuer, activities=(471100,), branch_code=None),
        transport=Transport(
            plate="BCDF12",
            carrier=Rut.parse("76543210-3"),
            driver=Rut.parse("13579246-2"),
            driver_name="José Ibáñez",
            address="Camino Largo 12",
            commune="Peñalolén",
            city="Santiago",
        ),
        receivers=tuple(
            Receiver(
                rut=Rut.parse(rut),
                name=f"Cliente {place} SpA",
                giro="Comercio",
                address="Calle Larga 12",
                commune="Ñuñoa",
                city="Santiago",
            )
            for place, rut in enumerate(("77654321-7", "76543210-3", "15432198-5"))
        ),
    )


@pytest.fixture
def take_folio() -> Callable[[DocumentType], int]:
    taken: dict[DocumentType, int] = {}

    def take(kind: DocumentType) -> int:
        taken[kind] = taken.get(kind, 0) + 1
        return taken[kind]

    return take
