"""Pages for when something stops: Spanish, with the next step."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  (Django passes it by name)
    """Answer a form whose protection is stale; `reason` is for the log only."""
    return render(request, "403_csrf.html", status=403)
