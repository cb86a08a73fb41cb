"""The edge of every answer: refusals become words, and browsers get a strict policy."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from erpmarket.common.errors import DomainError

UNPROCESSABLE = 422
CONFLICT = 409


class DomainErrors:
    """Answer a DomainError with 422 (or the error's own status) in Spanish, as JSON or as a page.

    The action that raised it has already undone its own writes.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        status = getattr(exception, "status", UNPROCESSABLE)
        if _wants_json(request):
            body = {
                "code": exception.code,
                "message": exception.message,
                "details": dict(exception.details),
            }
            return JsonResponse(body, status=status)
        return render(request, "ui/refusal.html", {"refusal": exception}, status=status)


def _wants_json(request: HttpRequest) -> bool:
    """Tell whether a program asks: it sends JSON, or would rather have it than a page."""
    preferred = request.get_preferred_type(["text/html", "application/json"])
    return "application/json" in (request.content_type, preferred)


class ContentSecurityPolicy:
    """Send the strict policy: our own scripts and styles only; the till may reach its agent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        agents = " ".join(getattr(response, "agent_origins", ()))
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            f"font-src 'self'; connect-src 'self' {agents}; manifest-src 'self'; "
            "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        return response
