"""Sign in, choose a company, sign out: the only pages that work without a company."""

from django.contrib import auth
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from erpmarket.accounts.actions import check_sign_in
from erpmarket.accounts.forms import SignInForm, SwitchForm
from erpmarket.accounts.models import User
from erpmarket.common.clock import now
from erpmarket.tenancy.access import COMPANY_KEY
from erpmarket.tenancy.queries import list_places
from erpmarket.ui.network import client_address

NO_PLACE = "Tu correo no está en ninguna empresa. Pide a quien administra la tuya que te agregue."
UNPROCESSABLE = 422


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        if getattr(request, "member", None) is not None:
            return redirect("home")
        if request.headers.get("HX-Request"):
            # A page asked for a part of itself and the session is over: leave that page.
            return HttpResponseClientRedirect(reverse("accounts:login"))
        return _login_page(request, SignInForm())
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _login_page(request, form, status=UNPROCESSABLE)
    check = check_sign_in(
        email=form.cleaned_data["email"],
        password=form.cleaned_data["password"],
        address=client_address(request),
        at=now(),
    )
    if check.user is None:
        assert check.refusal is not None
        return _login_page(request, form, refusal=check.refusal.message, status=UNPROCESSABLE)
    return _enter(request, form, check.user)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    return redirect("accounts:login")


@never_cache
@require_safe
def companies(request: HttpRequest) -> HttpResponse:
    user = auth.get_user(request)
    if not isinstance(user, User):
        return redirect("accounts:login")
    places = list_places(user.id)
    return render(
        request,
        "accounts/companies.html",
        {"companies": places, "current_id": request.session.get(COMPANY_KEY)},
    )


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    user = auth.get_user(request)
    if not isinstance(user, User):
        return redirect("accounts:login")
    form = SwitchForm(request.POST)
    if not form.is_valid():
        raise Http404
    wanted = form.cleaned_data["company_id"]
    if wanted not in {place.company_id for place in list_places(user.id)}:
        raise Http404
    request.session[COMPANY_KEY] = wanted
    request.session.cycle_key()
    return redirect("home")


def _enter(request: HttpRequest, form: SignInForm, user: User) -> HttpResponse:
    places = list_places(user.id)
    if not places:
        return _login_page(request, form, refusal=NO_PLACE, status=UNPROCESSABLE)
    # A new key for the session, and nothing of the former person in it.
    request.session.flush()
    auth.login(request, user)
    if len(places) > 1:
        return redirect("accounts:companies")
    request.session[COMPANY_KEY] = places[0].company_id
    return redirect(_wanted_page(request))


def _login_page(
    request: HttpRequest, form: SignInForm, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    context = {"form": form, "refusal": refusal, "next": request.GET.get("next", "")}
    return render(request, "accounts/login.html", context, status=status)


def _wanted_page(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return reverse("home")
