"""What a person types about mail servers and hours."""

from django import forms

from erpmarket.notifications.actions.accounts import Login
from erpmarket.notifications.models import securities


def _text(placeholder: str = "") -> forms.TextInput:
    return forms.TextInput(attrs={"class": "in", "autocomplete": "off", "placeholder": placeholder})


class LoginForm(forms.Form):
    """A mail server and how to enter it."""

    host = forms.RegexField(
        regex=r"^[A-Za-z0-9]([A-Za-z0-9.\-]*[A-Za-z0-9])?$",
        label="Servidor",
        max_length=200,
        widget=_text("mail.tudominio.cl"),
        error_messages={
            "required": "Escribe el servidor que te dio tu proveedor de correo.",
            "invalid": "Escribe solo el nombre del servidor, por ejemplo mail.tudominio.cl.",
        },
    )
    port = forms.IntegerField(
        label="Puerto",
        min_value=1,
        max_value=65535,
        widget=forms.NumberInput(attrs={"class": "in num"}),
        error_messages={
            "required": "Escribe el puerto.",
            "invalid": "El puerto es un número.",
            "min_value": "El puerto va de 1 a 65535.",
            "max_value": "El puerto va de 1 a 65535.",
        },
    )
    security = forms.ChoiceField(
        label="Cifrado", choices=securities, widget=forms.Select(attrs={"class": "in"})
    )
    username = forms.CharField(
        label="Usuario", required=False, max_length=200, widget=_text("caja@tudominio.cl")
    )
    password = forms.CharField(
        label="Clave",
        required=False,
        strip=False,
        max_length=200,
        help_text="Queda cifrada y aquí no se vuelve a mostrar. En blanco: sigue la que está.",
        widget=forms.PasswordInput(attrs={"class": "in", "autocomplete": "off"}),
    )

    def login(self) -> Login:
        """Give the login of a valid form."""
        return Login(
            host=self.cleaned_data["host"].lower(),
            port=self.cleaned_data["port"],
            security=self.cleaned_data["security"],
            username=self.cleaned_data["username"],
            password=self.cleaned_data["password"],
        )


class OutgoingForm(LoginForm):
    """The account that mails leave from."""

    from_address = forms.EmailField(
        label="Dirección de salida",
        max_length=200,
        widget=forms.EmailInput(attrs={"class": "in", "autocomplete": "off"}),
        error_messages={
            "required": "Escribe la dirección que verá quien recibe.",
            "invalid": "Escribe una dirección de correo completa.",
        },
    )


class IncomingForm(LoginForm):
    """The mailbox that is read."""

    folder = forms.RegexField(
        regex=r"^[\x20-\x7e]+$",
        label="Carpeta",
        max_length=100,
        initial="INBOX",
        widget=_text("INBOX"),
        error_messages={
            "required": "Escribe la carpeta; casi siempre es INBOX.",
            "invalid": "Escribe el nombre de la carpeta sin tildes ni eñes.",
        },
    )


class HoursForm(forms.Form):
    """Quiet hours, and the time of the daily mail."""

    quiet_from = forms.TimeField(
        label="Sin correos desde", widget=forms.TimeInput(attrs={"class": "in", "type": "time"})
    )
    quiet_to = forms.TimeField(
        label="Sin correos hasta", widget=forms.TimeInput(attrs={"class": "in", "type": "time"})
    )
    digest_at = forms.TimeField(
        label="Resumen diario a las",
        widget=forms.TimeInput(attrs={"class": "in", "type": "time"}),
    )


class TestMailForm(forms.Form):
    """Where to send the mail that proves the account; `uid` makes two clicks one mail."""

    __test__ = False

    uid = forms.UUIDField(widget=forms.HiddenInput)
    recipient = forms.EmailField(
        label="Enviar a",
        max_length=200,
        widget=forms.EmailInput(attrs={"class": "in", "autocomplete": "off"}),
        error_messages={
            "required": "Escribe a qué dirección.",
            "invalid": "Escribe una dirección de correo completa.",
        },
    )
