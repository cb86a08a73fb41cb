"""What a person types to get in."""

from django import forms


class SignInForm(forms.Form):
    """Mail and password; whether they go together is not the form's business."""

    email = forms.EmailField(
        label="Correo",
        max_length=254,
        error_messages={
            "required": "Escribe tu correo.",
            "invalid": "Ese correo está incompleto: revisa que tenga arroba y punto.",
        },
        widget=forms.EmailInput(
            attrs={"class": "in", "autocomplete": "username", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label="Clave",
        max_length=200,
        strip=False,
        error_messages={"required": "Escribe tu clave."},
        widget=forms.PasswordInput(attrs={"class": "in", "autocomplete": "current-password"}),
    )
    use_required_attribute = False


class SwitchForm(forms.Form):
    """Which company a person wants to enter."""

    company_id = forms.IntegerField(min_value=1)
