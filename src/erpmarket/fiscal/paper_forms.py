"""What a person asks about papers: which, by mail to whom, how they look."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.http import QueryDict

from erpmarket.fiscal.actions.save_paper_settings import BranchOffice, WantedPapers
from erpmarket.fiscal.models import PaperSettings
from erpmarket.fiscal.paper_queries import PUBLIC_MONTHS
from erpmarket.tenancy.models import Branch

CLOSING_LINES: Final = 3
CLOSING_SIGNS: Final = 48
BANK_SIGNS: Final = 300
LONGEST_MONTHS: Final = 72
_IDS_LIMIT: Final = 100
_ID_DIGITS: Final = 15


class BundleForm(forms.Form):
    """Several documents and the paper for all of them."""

    documento = forms.CharField()
    papel = forms.CharField(required=False)

    def clean_documento(self) -> list[int]:
        assert isinstance(self.data, QueryDict), "a bundle is asked for in an address"
        given = self.data.getlist("documento")
        right = len(given) <= _IDS_LIMIT and all(
            each.isascii() and each.isdecimal() and len(each) <= _ID_DIGITS for each in given
        )
        if not right:
            raise forms.ValidationError("Elige documentos de la lista.")
        return [int(each) for each in given]


class MailForm(forms.Form):
    """Where a paper goes by mail; `uid` makes pressing twice one mail."""

    correo = forms.EmailField(
        max_length=80,
        error_messages={
            "required": "Escribe el correo de tu cliente.",
            "invalid": "Ese correo no está completo: va como nombre@ejemplo.cl.",
        },
    )
    uid = forms.UUIDField()


class ReprintForm(forms.Form):
    """One press to print a paper again; `uid` makes pressing twice one copy."""

    uid = forms.UUIDField()


class PaperSettingsForm(forms.Form):
    """How the company's papers look, one SII office for each branch."""

    casa_matriz = forms.TypedChoiceField(
        label="Casa matriz", coerce=int, widget=forms.Select(attrs={"class": "in"})
    )
    despedida = forms.CharField(
        label="Líneas finales de la boleta",
        required=False,
        widget=forms.Textarea(attrs={"class": "in", "rows": 3}),
        help_text="Hasta 3 líneas: cambios y devoluciones, un saludo.",
    )
    banco = forms.CharField(
        label="Datos para pagar, en las facturas",
        required=False,
        max_length=BANK_SIGNS,
        widget=forms.Textarea(attrs={"class": "in", "rows": 3}),
        help_text="Banco, cuenta y correo de pagos.",
    )
    qr = forms.BooleanField(label="Imprimir el QR de la boleta virtual", required=False)
    meses = forms.IntegerField(
        label="Meses que se puede ver la boleta en internet",
        min_value=PUBLIC_MONTHS,
        max_value=LONGEST_MONTHS,
        widget=forms.NumberInput(attrs={"class": "in num"}),
        error_messages={"min_value": "La ley pide 3 meses o más."},
    )

    def __init__(self, *args: Any, branches: Sequence[Branch], **kwargs: Any) -> None:  # noqa: ANN401  (Django's)
        super().__init__(*args, **kwargs)
        self._branches = branches
        self.fields["casa_matriz"].choices = [  # type: ignore[attr-defined]  # a choice field
            (branch.id, f"{branch.name}: {branch.address}") for branch in branches
        ]
        for branch in branches:
            self.fields[_office_name(branch)] = forms.CharField(
                label=f"Unidad del SII de {branch.name}",
                required=False,
                max_length=40,
                widget=forms.TextInput(attrs={"class": "in"}),
                help_text="Sale bajo el recuadro de las facturas, por ejemplo Santiago Poniente.",
            )

    @staticmethod
    def initial_of(saved: PaperSettings | None, branches: Sequence[Branch]) -> dict[str, object]:
        """Give what is in force as the form's first values."""
        offices: dict[str, object] = {
            _office_name(branch): branch.sii_office for branch in branches
        }
        head = saved.head_branch_id if saved and saved.head_branch_id else branches[0].id
        return {
            **offices,
            "casa_matriz": head,
            "despedida": saved.closing_lines if saved else "",
            "banco": saved.bank_note if saved else "",
            "qr": saved.prints_qr if saved else True,
            "meses": saved.public_months if saved else PUBLIC_MONTHS,
        }

    def offices(self) -> list[forms.BoundField]:
        """Give the fields of the branches, for the page."""
        return [self[_office_name(branch)] for branch in self._branches]

    def clean_despedida(self) -> str:
        lines = [line.strip() for line in self.cleaned_data["despedida"].splitlines()]
        kept = [line for line in lines if line]
        if len(kept) > CLOSING_LINES or any(len(line) > CLOSING_SIGNS for line in kept):
            raise forms.ValidationError("Son hasta 3 líneas de 48 letras. Acorta el texto.")
        return "\n".join(kept)

    def wanted(self) -> WantedPapers:
        """Give the settings of a valid form."""
        chosen = self.cleaned_data
        return WantedPapers(
            head_branch_id=chosen["casa_matriz"],
            closing_lines=chosen["despedida"],
            bank_note=chosen["banco"],
            prints_qr=chosen["qr"],
            public_months=chosen["meses"],
            offices=tuple(
                BranchOffice(branch_id=branch.id, sii_office=chosen[_office_name(branch)].strip())
                for branch in self._branches
            ),
        )


def _office_name(branch: Branch) -> str:
    return f"sii_{branch.id}"
