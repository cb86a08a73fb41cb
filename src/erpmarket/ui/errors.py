"""Pages for when something stops: Spanish, with the next step."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  (Django passes it by name)
    """Answer a form, or a till's JSON, whose protection is stale; `reason` is for the log only."""
    if request.content_type == "application/json":
        message = "La página es de una sesión anterior. Recárgala; lo guardado se envía solo."
        return JsonResponse({"code": "stale_page", "message": message}, status=403)
    return render(request, "403_csrf.html", status=403)
