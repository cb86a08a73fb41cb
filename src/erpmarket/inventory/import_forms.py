"""What a person says of a file that goes in or out."""

from collections.abc import Mapping, Sequence
from typing import Final

from django import forms

from erpmarket.inventory.importing.columns import COLUMNS, missing_groups
from erpmarket.inventory.importing.exporting import KARDEX
from erpmarket.inventory.importing.reading import MOST_BYTES, TOO_BIG
from erpmarket.inventory.models import ImportKind, Warehouse

_NO_FILE: Final = "Elige la planilla: un archivo .xlsx o .csv."
EXCEL: Final = "xlsx"
CSV: Final = "csv"
_FORMATS: Final = [(EXCEL, "Excel"), (CSV, "CSV")]


class ImportForm(forms.Form):
    """A file to be looked through; `uid` makes a second click harmless."""

    uid = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label="Qué trae la planilla",
        choices=[
            (ImportKind.CATALOGUE.value, "Productos, nuevos o cambiados"),
            (ImportKind.PRICES.value, "Solo precios"),
            (ImportKind.STOCK.value, "Stock contado"),
        ],
        error_messages={
            "required": "Elige qué trae la planilla.",
            "invalid_choice": "Elige qué trae la planilla.",
        },
        widget=forms.Select(attrs={"class": "in"}),
    )
    warehouse_id = forms.TypedChoiceField(
        label="Bodega",
        coerce=int,
        help_text="Solo cuenta para el stock.",
        error_messages={
            "required": "Elige la bodega que contaste.",
            "invalid_choice": "Esa bodega ya no está. Elige otra.",
        },
        widget=forms.Select(attrs={"class": "in"}),
    )
    file = forms.FileField(
        label="Planilla",
        help_text="Excel (.xlsx) o CSV, hasta 10 MB y 30.000 filas.",
        error_messages={
            "required": _NO_FILE,
            "invalid": _NO_FILE,
            "missing": _NO_FILE,
            "empty": "Ese archivo está vacío. Guarda la planilla de nuevo y súbela.",
        },
        widget=forms.FileInput(attrs={"class": "in", "accept": ".xlsx,.xlsm,.csv,.txt,.xls"}),
    )

    def __init__(self, *args: object, warehouses: Sequence[Warehouse], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        choices = [(str(row.id), row.name) for row in warehouses]
        self.fields["warehouse_id"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        if len(choices) == 1:
            # Nothing to choose: the field only carries it.
            self.fields["warehouse_id"].widget = forms.HiddenInput()
            self.fields["warehouse_id"].initial = choices[0][0]

    def file_name(self) -> str:
        """Give the name of a valid form's file."""
        return self._name

    def clean_file(self) -> bytes:
        upload = self.cleaned_data["file"]
        self._name = str(upload.name)
        if upload.size > MOST_BYTES:
            raise forms.ValidationError(TOO_BIG)
        return bytes(upload.read(MOST_BYTES + 1))


class ColumnsForm(forms.Form):
    """Which column of a file is what; the fields are `c0`, `c1` …, empty for what is not read."""

    def __init__(
        self,
        *args: object,
        kind: str,
        headings: Sequence[str],
        guess: Mapping[str, str],
        **kwargs: object,
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        self._kind = kind
        choices = [("", "No leer"), *((each.field, each.heading) for each in COLUMNS[kind])]
        for place, heading in enumerate(headings):
            self.fields[f"c{place}"] = forms.ChoiceField(
                label=heading or f"Columna {place + 1}, sin título",
                choices=choices,
                required=False,
                initial=guess.get(str(place), ""),
                error_messages={"invalid_choice": "Elige una de la lista."},
                widget=forms.Select(attrs={"class": "in"}),
            )

    def mapping(self) -> dict[int, str]:
        """Give place → field of a valid form."""
        return {int(name[1:]): field for name, field in self.cleaned_data.items() if field}

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        chosen = [field for field in cleaned.values() if field]
        names = {each.field: each.heading for each in COLUMNS[self._kind]}
        for field in {each for each in chosen if chosen.count(each) > 1}:
            self.add_error(None, f"Elegiste {names[field]} en dos columnas. Deja una.")
        for group in missing_groups(self._kind, [str(each) for each in chosen]):
            words = " o ".join(names[field] for field in group)
            self.add_error(None, f"Falta decir qué columna es: {words}.")
        return cleaned


class TemplateForm(forms.Form):
    """Which template to give."""

    que = forms.ChoiceField(choices=ImportKind.choices)
    formato = forms.ChoiceField(choices=_FORMATS)


class ExportForm(forms.Form):
    """What to write into a file."""

    que = forms.ChoiceField(
        label="Qué exportar",
        choices=[
            (ImportKind.CATALOGUE.value, "Productos"),
            (ImportKind.PRICES.value, "Precios"),
            (ImportKind.STOCK.value, "Stock y costos"),
            (KARDEX, "Kardex (todos los movimientos)"),
        ],
        widget=forms.Select(attrs={"class": "in", "id": "export_que"}),
    )
    bodega = forms.TypedChoiceField(
        label="Bodega",
        coerce=int,
        required=False,
        empty_value=None,
        widget=forms.Select(attrs={"class": "in", "id": "export_bodega"}),
    )
    formato = forms.ChoiceField(
        label="Formato",
        choices=_FORMATS,
        widget=forms.Select(attrs={"class": "in", "id": "export_formato"}),
    )
    producto = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: object, warehouses: Sequence[Warehouse], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        choices = [(str(row.id), row.name) for row in warehouses]
        self.fields["bodega"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
