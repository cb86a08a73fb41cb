"""What a person asks of the list of customers."""

from django import forms


class CustomerSearchForm(forms.Form):
    """A name, alias, phone or RUT, and where the next rows begin."""

    q = forms.CharField(required=False, max_length=80)
    despues = forms.IntegerField(required=False, min_value=1)
