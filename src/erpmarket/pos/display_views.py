"""The customer's screen: a page that holds nothing, for the till's second window."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def display(request: HttpRequest) -> HttpResponse:
    return render(request, "pos/display.html")
