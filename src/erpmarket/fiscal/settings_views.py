"""The place of what is set once and seldom looked at, and the rules of law a company chose."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dte.rules import Rules
from dte.uf import year_end_uf
from erpmarket.accounts.permissions import SET_PAPERS
from erpmarket.common.clock import local_date, now
from erpmarket.fiscal.actions.choose_rules import choose_rules
from erpmarket.fiscal.folio_queries import FolioLevel, forecast_folios
from erpmarket.fiscal.law import find_rule_choice, instance_rules, list_rule_choices, rules_of
from erpmarket.fiscal.office_models import RuleChoice
from erpmarket.fiscal.office_queries import find_active_certificate
from erpmarket.fiscal.settings_forms import RulesForm
from erpmarket.fiscal.troubles import EXPIRY_WARNING
from erpmarket.tenancy.access import MemberRequest, member_required
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.queries import get_company
from erpmarket.ui.formats import whole

UNPROCESSABLE: Final = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsLink:
    """One thing that is set: where, what it is for, and how it stands."""

    url: str
    icon: str
    words: str
    detail: str
    tone: str = ""
    state: str = ""


@never_cache
@require_safe
@member_required(SET_PAPERS)
def settings_home(request: MemberRequest) -> HttpResponse:
    company, at = get_company(), now()
    groups = (
        ("Para vender", (_folios(company, at), _certificate(at), _certification(company))),
        ("Lo que dicen tus documentos", _papers()),
        ("Tu stock", _stock(request.member.verbs)),
        ("Para estar tranquilo", _safety(request.member.verbs)),
    )
    context = {"company": company, "groups": [group for group in groups if group[1]]}
    return render(request, "fiscal/settings.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(SET_PAPERS)
def rules(request: MemberRequest) -> HttpResponse:
    at, choice = now(), find_rule_choice()
    today = local_date(at)
    in_force = rules_of(choice, today.year)
    form = RulesForm(request.POST if request.method == "POST" else None, initial=_initial(in_force))
    if form.is_bound and form.is_valid():
        choose_rules(form.wanted(), chosen_by=request.member.membership_id, at=at)
        return redirect(f"{reverse('fiscal:rules')}?guardado=1")
    context = {
        "form": form,
        "saved": request.GET.get("guardado") == "1" and not form.is_bound,
        "limit_clp": in_force.identified_above_clp(today),
        "uf_words": _uf_words(in_force.uf_clp or year_end_uf(today)),
        "own_uf_is_past": choice is not None and choice.uf_year not in (None, today.year),
        "choices": [(row, _changes(row, before)) for row, before in _with_former()],
    }
    return render(
        request, "fiscal/rules.html", context, status=UNPROCESSABLE if form.is_bound else None
    )


def _folios(company: Company, at: datetime) -> SettingsLink:
    worst = max((row.level for row in forecast_folios(company.environment, at=at)), default=None)
    tone, state = "ok", "Alcanzan"
    if worst is None:
        tone, state = "danger", "Faltan"
    elif worst is not FolioLevel.FINE:
        tone, state = (
            ("warn", "Pide pronto") if worst is FolioLevel.SOON else ("danger", "Pide hoy")
        )
    return SettingsLink(
        url=reverse("fiscal:folios"),
        icon="stamp",
        words="Folios",
        detail="Los números que el SII te autoriza: cárgalos aquí.",
        tone=tone,
        state=state,
    )


def _certificate(at: datetime) -> SettingsLink:
    row = find_active_certificate()
    if row is None:
        tone, state = "danger", "Falta"
    elif row.valid_to <= at:
        tone, state = "danger", "Venció"
    else:
        left = row.valid_to - at
        tone = "warn" if left < EXPIRY_WARNING else "ok"
        state = f"{whole(left // timedelta(days=1))} días"
    return SettingsLink(
        url=reverse("fiscal:certificate"),
        icon="lock",
        words="Certificado digital",
        detail="La firma con la que tus documentos llegan al SII.",
        tone=tone,
        state=state,
    )


def _certification(company: Company) -> SettingsLink:
    return SettingsLink(
        url=reverse("fiscal:certification"),
        icon="shield",
        words="Certificación",
        detail="Los pasos del SII para emitir de verdad, uno por uno.",
        tone="info",
        state=company.get_environment_display(),
    )


def _papers() -> tuple[SettingsLink, ...]:
    return (
        SettingsLink(
            url=reverse("fiscal:company"),
            icon="shop",
            words="Empresa",
            detail="Giro, actividades, correo y teléfono que salen en tus facturas.",
        ),
        SettingsLink(
            url=reverse("fiscal:paper_settings"),
            icon="print",
            words="Papeles",
            detail="Despedida de la boleta, QR, banco y unidad del SII.",
        ),
        SettingsLink(
            url=reverse("fiscal:rules"),
            icon="scale",
            words="Reglas de la ley",
            detail="Boletas sobre 135 UF, traslados y notas sin nombre.",
        ),
    )


def _stock(verbs: frozenset[str]) -> tuple[SettingsLink, ...]:
    # Only the page's name is known here: the room of stock sits above this one.
    rules_of_stock = SettingsLink(
        url=reverse("inventory:rules"),
        icon="box",
        words="Inventario",
        detail="Cómo se costea, si se vende bajo cero y cuándo avisar.",
    )
    return (rules_of_stock,) if "set_stock_rules" in verbs else ()


def _safety(verbs: frozenset[str]) -> tuple[SettingsLink, ...]:
    archive = SettingsLink(
        url=reverse("fiscal:archive"),
        icon="download",
        words="Respaldo de documentos",
        detail="Bájate los seis años que la ley pide guardar.",
    )
    mail = SettingsLink(
        url=reverse("notifications:mail"),
        icon="send",
        words="Correo",
        detail="Por dónde salen los avisos y llegan las facturas.",
    )
    return (archive, mail) if "change_mail" in verbs else (archive,)


def _initial(in_force: Rules) -> dict[str, object]:
    return {
        "identify_large_sales": in_force.identify_large_sales,
        "require_transport": in_force.require_transport,
        "nota_to_consumer": in_force.nota_to_consumer,
        "uf": _uf_words(in_force.uf_clp) if in_force.uf_clp else "",
    }


def _with_former() -> list[tuple[RuleChoice, RuleChoice | None]]:
    rows = list_rule_choices()
    return list(zip(rows, (*rows, None)[1:], strict=True))


def _changes(row: RuleChoice, former: RuleChoice | None) -> tuple[str, ...]:
    """Say what a choice changed: against the one before, or against the instance's rules."""
    before = instance_rules() if former is None else former
    told = [
        f"{words}: {'sí' if getattr(row, name) else 'no'}"
        for name, words in (
            ("identify_large_sales", "Pedir quién compra sobre 135 UF"),
            ("require_transport", "Exigir transporte"),
            ("nota_to_consumer", "Notas sin nombre"),
        )
        if getattr(row, name) != getattr(before, name)
    ]
    if row.uf_clp != before.uf_clp:
        told.append("UF: la publicada" if row.uf_clp is None else f"UF: {_uf_words(row.uf_clp)}")
    return tuple(told) or ("Sin cambios",)


def _uf_words(uf_clp: Decimal) -> str:
    pesos, _, cents = f"{uf_clp:.2f}".partition(".")
    return f"{whole(int(pesos))},{cents}"
