import runpy
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dte.codes import DocumentType, Exemption, ServiceKind
from dte.document import Draft, TaxAmount, Totals, Transport
from dte.xml.boleta import write_boleta_header
from dte.xml.trade import write_trade_header, write_trade_lines

CASES: dict[str, Draft] = runpy.run_path(str(Path(__file__).parent / "golden" / "cases.py"))[
    "CASES"
]
TOTALS = Totals(net_clp=100, exempt_clp=0, vat_clp=19, total_clp=119)


def header(**fields: Any) -> str:
    return write_trade_header(CASES["33-net"], 7, replace(TOTALS, **fields))


def test_totals_that_only_others_documents_carry_keep_the_order_of_the_schema() -> None:
    text = header(
        vat_percent=Decimal("19.00"),
        taxes=(TaxAmount(code=15, percent=None, amount_clp=-19),),
        unretained_vat_clp=1,
        construction_credit_clp=2,
        deposit_clp=3,
        commission_net_clp=4,
        commission_exempt_clp=5,
        commission_vat_clp=6,
        not_billable_clp=-7,
        period_clp=8,
        previous_balance_clp=0,
        payable_clp=-9,
    )

    assert text.partition("<Totales>\n")[2] == (
        "<MntNeto>100</MntNeto>\n<TasaIVA>19</TasaIVA>\n<IVA>19</IVA>\n"
        "<ImptoReten>\n<TipoImp>15</TipoImp>\n<MontoImp>-19</MontoImp>\n</ImptoReten>\n"
        "<IVANoRet>1</IVANoRet>\n<CredEC>2</CredEC>\n<GrntDep>3</GrntDep>\n"
        "<Comisiones>\n<ValComNeto>4</ValComNeto>\n<ValComExe>5</ValComExe>\n"
        "<ValComIVA>6</ValComIVA>\n</Comisiones>\n<MntTotal>119</MntTotal>\n"
        "<MontoNF>-7</MontoNF>\n<MontoPeriodo>8</MontoPeriodo>\n"
        "<SaldoAnterior>0</SaldoAnterior>\n<VlrPagar>-9</VlrPagar>\n</Totales>\n</Encabezado>\n"
    )


def test_boleta_has_its_own_name_for_the_total_of_the_period() -> None:
    totals = replace(
        TOTALS, not_billable_clp=1, period_clp=2, previous_balance_clp=3, payable_clp=4
    )

    text = write_boleta_header(CASES["39-simple"], 7, totals)

    assert text.endswith(
        "<MntTotal>119</MntTotal>\n<MontoNF>1</MontoNF>\n<TotalPeriodo>2</TotalPeriodo>\n"
        "<SaldoAnterior>3</SaldoAnterior>\n<VlrPagar>4</VlrPagar>\n</Totales>\n</Encabezado>\n"
    )


def test_nothing_is_written_of_zero_totals_but_the_total() -> None:
    totals = Totals(net_clp=0, exempt_clp=0, vat_clp=0, total_clp=0)

    text = write_trade_header(CASES["61-text-correction"], 7, totals)

    assert "<Totales>\n<MntTotal>0</MntTotal>\n</Totales>" in text


@pytest.mark.parametrize(
    ("service", "written"),
    [
        (ServiceKind.PERIODIC, "<IndServicio>1</IndServicio>\n"),
        (ServiceKind.PERIODIC_AT_HOME, "<IndServicio>2</IndServicio>\n"),
        (ServiceKind.SALES_AND_SERVICES, ""),
    ],
)
def test_factura_says_only_that_it_is_of_a_periodic_service(
    service: ServiceKind, written: str
) -> None:
    draft = replace(CASES["33-with-exempt-line"], service=service)

    text = write_trade_header(draft, 7, TOTALS)

    assert f"</FchEmis>\n{written}<FmaPago>" in text.replace("</IdDoc>", "<FmaPago>")


def test_journey_without_driver_has_no_half_of_one() -> None:
    draft = replace(CASES["52-sale"], transport=Transport(plate="BCDF12"))

    text = write_trade_header(draft, 7, TOTALS)

    assert "<Transporte>\n<Patente>BCDF12</Patente>\n</Transporte>\n" in text


def test_wholly_exempt_factura_leaves_the_exempt_mark_to_its_type_and_keeps_the_others() -> None:
    draft = CASES["34-exempt"]
    lines = (draft.lines[0], replace(draft.lines[0], exemption=Exemption.NOT_BILLABLE))

    text = write_trade_lines(replace(draft, lines=lines))

    assert draft.kind is DocumentType.FACTURA_EXENTA
    assert text.count("<IndExe>") == 1
    assert "<NroLinDet>2</NroLinDet>\n<IndExe>2</IndExe>\n" in text
