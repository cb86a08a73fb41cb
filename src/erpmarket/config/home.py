"""The first page: where a person may go."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from erpmarket.ui.context import shell


def home(request: HttpRequest) -> HttpResponse:
    """Send a member to the first place of their role, a stranger to the login."""
    if getattr(request, "member", None) is None:
        return redirect("accounts:login")
    places = shell(request)["places"]
    return redirect(places[0].url)  # type: ignore[index]  # every role has a place
