"""A company chooses its own rules of law; who, when and why stay written."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dte.document import Line
from erpmarket.common.clock import local_date, now
from erpmarket.fiscal.actions.choose_rules import WantedRules, choose_rules
from erpmarket.fiscal.draft_maps import boleta_draft
from erpmarket.fiscal.law import instance_rules, paper_rules
from erpmarket.fiscal.office_models import RuleChoice
from erpmarket.tenancy.models import Branch
from erpmarket.tenancy.scope import company_scope

PAGE = "/sii/ajustes/reglas/"
STRICT = {"identify_large_sales": "on", "require_transport": "on", "nota_to_consumer": "on"}
WANTED = WantedRules(
    identify_large_sales=False,
    require_transport=True,
    nota_to_consumer=True,
    uf_clp=Decimal("40000.50"),
    reason="Lo pidió la contadora",
)


def draft(shop: Any, *, total_clp: int) -> Any:
    branch = Branch.objects.select_related("company").get(id=shop.branch_id)
    empty = boleta_draft(
        company=branch.company, branch=branch, lines=(), issue_date=local_date(now())
    )
    return replace(empty, lines=(Line(name="Cosa", fixed_amount_clp=total_clp),))


def test_a_choice_holds_for_its_company_alone(dona_rosa: Any, el_vecino: Any) -> None:
    with company_scope(dona_rosa.company_id):
        choose_rules(WANTED, chosen_by=dona_rosa.owner.membership_id, at=now())
        chosen = paper_rules(draft(dona_rosa, total_clp=9_000_000))
    with company_scope(el_vecino.company_id):
        others = paper_rules(draft(el_vecino, total_clp=9_000_000))

    assert (chosen.identify_large_sales, chosen.uf_clp) == (False, Decimal("40000.50"))
    assert others == instance_rules()


def test_the_uf_of_another_year_no_longer_counts(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        choose_rules(WANTED, chosen_by=None, at=now())
        paper = draft(dona_rosa, total_clp=9_000_000)
        later = replace(paper, issue_date=paper.issue_date.replace(year=paper.issue_date.year + 1))

        assert paper_rules(paper).uf_clp == Decimal("40000.50")
        assert paper_rules(later).uf_clp is None


def test_a_small_boleta_asks_the_database_nothing(
    dona_rosa: Any, django_assert_num_queries: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        choose_rules(WANTED, chosen_by=None, at=now())
        small = draft(dona_rosa, total_clp=1_990)

        with django_assert_num_queries(0):
            assert paper_rules(small) == instance_rules()


def test_the_owner_chooses_on_the_page_and_it_stays_written(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    answer = client.post(
        PAGE, {"require_transport": "on", "uf": "39.900,10", "reason": "Lo pidió la contadora"}
    )

    assert answer.headers["Location"] == f"{PAGE}?guardado=1"
    with company_scope(dona_rosa.company_id):
        row = RuleChoice.objects.get()
    assert (row.identify_large_sales, row.require_transport, row.nota_to_consumer) == (
        False,
        True,
        False,
    )
    assert (row.uf_clp, row.uf_year) == (Decimal("39900.10"), local_date(now()).year)
    assert row.chosen_by_id == dona_rosa.owner.membership_id
    text = client.get(PAGE).text
    for words in ("Lo pidió la contadora", "Notas sin nombre: no", "UF: 39.900,10", "no se pide"):
        assert words in text


@pytest.mark.parametrize(
    "wrong",
    [{"uf": "doce"}, {"uf": "29.999"}, {"uf": "39.900,123"}, {"uf": "NaN"}, {"reason": ""}],
)
def test_what_cannot_be_a_rule_is_refused_in_place(dona_rosa: Any, wrong: dict[str, str]) -> None:
    answer = dona_rosa.client(dona_rosa.owner).post(PAGE, {**STRICT, "reason": "Prueba", **wrong})

    assert answer.status_code == 422
    with company_scope(dona_rosa.company_id):
        assert not RuleChoice.objects.exists()


def test_only_the_owner_sees_settings_and_rules(dona_rosa: Any) -> None:
    owner, cashier = dona_rosa.client(dona_rosa.owner), dona_rosa.client(dona_rosa.cashier)

    assert cashier.get(PAGE).status_code == 403
    assert cashier.get("/sii/ajustes/").status_code == 403
    assert cashier.post(PAGE, {**STRICT, "reason": "Prueba"}).status_code == 403
    text = owner.get("/sii/ajustes/").text
    for url in ("/sii/folios/", "/sii/certificado/", "/sii/empresa/", PAGE, "/sii/respaldo/"):
        assert f'href="{url}"' in text
    assert 'class="end" href="/sii/ajustes/" aria-current="page"' in text
