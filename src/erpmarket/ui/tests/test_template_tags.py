from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template

from erpmarket.ui.icons import ICONS


def render(text: str, **context: object) -> str:
    return Template(text).render(Context(context))


def test_filters_write_what_the_formats_write() -> None:
    text = render(
        "{{ total|clp }} {{ held|qty:'kg' }} {{ rut|rut }} {{ at|hour }} {{ at|day }} {{ cost|unit_cost }}",
        total=12990,
        held=Decimal("0.455"),
        rut="76543210-3",
        at=datetime(2026, 11, 20, 16, 7, tzinfo=UTC),
        cost=Decimal("890.75"),
    )
    assert text == "$12.990 0,455\u00a0kg 76.543.210-3 13:07 20-11-2026 $890,8"


@pytest.mark.parametrize(
    "name", ["clp", "whole", "qty", "unit_cost", "percent", "rut", "hour", "day", "age"]
)
def test_an_absent_value_is_a_dash_and_not_a_zero(name: str) -> None:
    assert render("{{ value|" + name + " }}", value=None) == "—"


@pytest.mark.parametrize("name", ["clp", "whole", "qty", "unit_cost", "percent"])
def test_a_zero_is_a_zero(name: str) -> None:
    assert "0" in render("{{ value|" + name + " }}", value=0)


def test_text_of_people_is_escaped() -> None:
    assert render("{{ value|rut }}", value="<b>") == "&lt;b&gt;"


@pytest.mark.parametrize("name", sorted(ICONS))
def test_every_icon_is_drawn_and_hidden_from_readers(name: str) -> None:
    drawn = render("{% icon name %}", name=name)
    assert drawn.startswith('<svg class="ic" viewBox="0 0 24 24" aria-hidden="true"><path d="')
    assert "style=" not in drawn


def test_a_misspelt_icon_is_an_error_and_not_a_hole() -> None:
    with pytest.raises(KeyError):
        render("{% icon 'unicornio' %}")


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1190.5", "$1.191"), ("1190.4999", "$1.190"), ("-0.5", "−$1"), ("-0.4", "$0")],
)
def test_pesos_of_a_fraction_are_rounded_half_up_and_never_cut(amount: str, text: str) -> None:
    written = Template("{{ amount|clp }}").render(Context({"amount": Decimal(amount)}))

    assert written == text
