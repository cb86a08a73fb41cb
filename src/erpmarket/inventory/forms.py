"""What a person asks of the list of products."""

from django import forms

from erpmarket.ui.paging import BeforeForm


class ProductSearchForm(forms.Form):
    """Words or a code, a category, and where the next rows begin."""

    q = forms.CharField(required=False, max_length=80)
    categoria = forms.IntegerField(required=False, min_value=1)
    despues = forms.IntegerField(required=False, min_value=1)


class KardexForm(BeforeForm):
    """Which warehouse's ledger, and where the next rows begin."""

    bodega = forms.IntegerField(required=False, min_value=1)
