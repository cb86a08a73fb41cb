"""What a person may change of a rejected paper, with what we propose already written."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from django import forms

from dte.document import Draft, Issuer
from erpmarket.fiscal.office_queries import NOBODY_RUT
from erpmarket.fiscal.proposals import (
    BUYER_FIELDS,
    TRANSPORT_FIELDS,
    Proposal,
    in_words,
    reference_label,
    renewed_issuer,
)
from erpmarket.fiscal.trade_forms import day_field, text_field

REASON_LIMIT: Final = 200
# Section of the SII's code → the group of fields that it is about.
_GROUP_OF_SECTION: Final = {"DET": "lines", "REF": "days", "HED": "buyer"}
_TITLES: Final = {
    "buyer": "Quién compra",
    "issuer": "Tu empresa",
    "days": "Fechas",
    "lines": "Detalle",
    "transport": "Traslado",
}


class MendForm(forms.Form):
    """The texts and days of a paper; type, day, RUTs and amounts stay as they were issued."""

    def __init__(
        self,
        draft: Draft,
        proposals: Sequence[Proposal] = (),
        *,
        issuer: Issuer,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data)
        self._draft, self._issuer = draft, issuer
        self._groups: dict[str, list[str]] = {}
        self._add_buyer()
        self._add_issuer(proposals)
        self._add_days()
        for number, line in enumerate(draft.lines, start=1):
            self._add_text("lines", f"line{number}", f"Línea {number}", 80, line.name, needed=True)
        if draft.transport is not None:
            for name, (label, limit) in TRANSPORT_FIELDS.items():
                value = getattr(draft.transport, name)
                self._add_text("transport", f"transport_{name}", label, limit, value)
        for each in proposals:
            if each.field in self.fields and each.field != "issuer":
                self.initial[each.field] = each.day or each.after
        self.fields["reason"] = text_field("Qué corregiste", REASON_LIMIT)
        self.initial["reason"] = in_words(proposals)[:REASON_LIMIT]

    def groups(self, section: str) -> list[tuple[str, list[forms.BoundField], bool]]:
        """Give the fields by what they are about, and whether the SII's answer is about them."""
        asked = _GROUP_OF_SECTION.get(section)
        found = [
            (
                _TITLES[group],
                [self[name] for name in names],
                asked in (None, group) or any(self._is_of_note(name) for name in names),
            )
            for group, names in self._groups.items()
        ]
        return sorted(found, key=lambda each: not each[2])

    def focus(self, name: str) -> None:
        """Put the cursor where the SII's text points, when that is a field of this form."""
        if name in self.fields and not self.errors:
            self.fields[name].widget.attrs["autofocus"] = True

    def mended(self) -> Draft:
        """Give the paper as a valid form says it."""
        found, draft = self.cleaned_data, self._draft
        texts = {name: found[name] for name in BUYER_FIELDS if name in found}
        lines = tuple(
            replace(line, name=found[f"line{number}"])
            for number, line in enumerate(draft.lines, start=1)
        )
        references = tuple(
            replace(each, issue_date=found.get(f"ref{number}") or each.issue_date)
            for number, each in enumerate(draft.references, start=1)
        )
        moved = draft.transport
        if moved is not None:
            moved = replace(moved, **{n: found[f"transport_{n}"] for n in TRANSPORT_FIELDS})
        return replace(
            draft,
            issuer=renewed_issuer(draft.issuer, self._issuer)
            if found.get("issuer")
            else draft.issuer,
            receiver=replace(draft.receiver, **texts),
            lines=lines,
            references=references,
            due_date=found.get("due_date") or draft.due_date,
            transport=moved,
        )

    def _is_of_note(self, name: str) -> bool:
        return name == "issuer" or bool(self.errors.get(name)) or self._was_proposed(name)

    def _was_proposed(self, name: str) -> bool:
        before = getattr(self.fields[name], "before", None)
        return before is not None and before != self.initial.get(name)

    def _add_buyer(self) -> None:
        if str(self._draft.receiver.rut) == NOBODY_RUT:
            return
        for name, (label, limit) in BUYER_FIELDS.items():
            self._add_text("buyer", name, label, limit, getattr(self._draft.receiver, name))

    def _add_issuer(self, proposals: Sequence[Proposal]) -> None:
        if any(each.field == "issuer" for each in proposals):
            box = forms.BooleanField(label="Usar los datos de tu empresa de hoy", required=False)
            self._add("issuer", "issuer", box, value=True)

    def _add_days(self) -> None:
        for number, each in enumerate(self._draft.references, start=1):
            if each.issue_date is not None:
                field = day_field(reference_label(each))
                self._add("days", f"ref{number}", field, value=each.issue_date)
        if self._draft.due_date is not None:
            self._add("days", "due_date", day_field("Vence"), value=self._draft.due_date)

    def _add_text(
        self, group: str, name: str, label: str, limit: int, value: str, *, needed: bool = False
    ) -> None:
        self._add(group, name, text_field(label, limit, required=needed), value=value)

    def _add(self, group: str, name: str, field: forms.Field, *, value: object) -> None:
        field.before = value  # type: ignore[attr-defined]  # ours: the page shows it beside the new
        self.fields[name] = field
        self.initial[name] = value
        self._groups.setdefault(group, []).append(name)
