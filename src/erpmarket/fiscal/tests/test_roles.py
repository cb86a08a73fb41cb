"""What each role may ask of the SII's rooms; an order that is not theirs leaves no trace."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile

from erpmarket.common.ids import uuid7
from erpmarket.fiscal import urls
from erpmarket.fiscal.tests.factories import PFX_PASSWORD, SIGNER, make_document, make_folios
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.scope import company_scope

ROOT = "/sii/"
# Who sells looks up papers, prints and mails them, and sees what folios are left.
OF_CASHIERS = frozenset(
    {
        "annul_list",
        "bundle",
        "chip",
        "document",
        "documents",
        "drop_filter",
        "folio_account",
        "folios",
        "home",
        "keep_filter",
        "light",
        "mail_document",
        "paper",
        "pdf",
        "reprint",
        "xml",
    }
)
# Pages that a cashier reads, and that do something for others.
ONLY_READ_BY_CASHIERS = frozenset({"folio_account", "folios"})


@pytest.fixture
def rosa(dona_rosa: Any, caf_office: Any) -> Any:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        make_document(dona_rosa)
    return dona_rosa


@pytest.fixture
def order(dona_rosa: Any, caf_office: Any) -> dict[str, Any]:
    """What any of our forms takes for an order, with files that are right."""
    caf = caf_office.issue_caf(rut=dona_rosa.rut, name="Rosa", kind=39, quantity=5)
    pfx = caf_office.issue_certificate(rut=SIGNER, name="Rosa Núñez", password=PFX_PASSWORD)
    return {
        "caf": caf,
        "pfx": pfx,
        "password": PFX_PASSWORD,
        "uid": uuid7(),
        "kind": 39,
        "first": 2,
        "last": 3,
        "reason": "porque sí",
        "motivo": "porque sí",
        "action": "issue",
        "resolution_number": 80,
        "resolution_date": "2014-08-22",
        "business": "Otro giro",
    }


def addresses() -> Iterator[tuple[str, str]]:
    for pattern in urls.urlpatterns:
        route = str(pattern.pattern)
        assert pattern.name is not None, route
        yield (
            pattern.name,
            ROOT + re.sub(r"<slug:[^>]+>", "anular", re.sub(r"<int:.*?>", "1", route)),
        )


def ask(client: Any, method: str, address: str, order: dict[str, Any]) -> int:
    files = {name: SimpleUploadedFile(f"{name}.bin", order[name]) for name in ("caf", "pfx")}
    if method == "get":
        return int(client.get(address).status_code)
    return int(client.post(address, {**order, **files}).status_code)


def rows(company_id: int) -> Sequence[object]:
    """Count all rows of the room, and read what the company says of itself."""
    with company_scope(company_id):
        models = apps.get_app_config("fiscal").get_models()
        counts = [(model.__name__, model._default_manager.count()) for model in models]
        return [*counts, list(Company.objects.filter(id=company_id).values())]


def test_a_cashier_is_let_in_where_papers_are_looked_up_and_nowhere_else(
    rosa: Any, order: dict[str, Any]
) -> None:
    client, before = rosa.client(rosa.cashier), rows(rosa.company_id)

    for name, address in addresses():
        if name in OF_CASHIERS:
            assert ask(client, "get", address, order) != 403, name
            continue
        for method in ("get", "post"):
            assert ask(client, method, address, order) in (403, 405), (method, name)
    for name, address in addresses():
        if name in ONLY_READ_BY_CASHIERS:
            assert ask(client, "post", address, order) == 403, name

    assert [row for row in rows(rosa.company_id) if "PaperJob" not in str(row)] == [
        row for row in before if "PaperJob" not in str(row)
    ]


def test_a_stock_keeper_has_no_business_with_the_sii(rosa: Any, order: dict[str, Any]) -> None:
    client, before = rosa.client(rosa.stock_keeper), rows(rosa.company_id)

    for name, address in addresses():
        for method in ("get", "post"):
            assert ask(client, method, address, order) in (403, 405), (method, name)

    assert rows(rosa.company_id) == before


def test_every_page_answers_somebody_or_is_only_an_order(rosa: Any, order: dict[str, Any]) -> None:
    """The two tests above would hold for pages that are shut to all."""
    client = rosa.client(rosa.owner)

    assert [
        name for name, address in addresses() if ask(client, "get", address, order) == 403
    ] == []
