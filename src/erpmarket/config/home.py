"""The first page: where a person may go."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from erpmarket.ui.context import shell


def home(request: HttpRequest) -> HttpResponse:
    """Send a member to the first place of their role, a stranger to the login."""
    if getattr(request, "member", None) is None:
        return redirect("accounts:login")
    places = shell(request)["places"]
    return redirect(places[0].url)  # type: ignore[index]  # every role has a place


@require_safe
def icon(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  (a view)
    """Lead to the icon: a PDF has no page of ours that could name it."""
    return redirect(static("dist/icon.svg"))
