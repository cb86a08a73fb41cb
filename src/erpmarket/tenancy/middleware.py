"""One request = one company = one transaction."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from erpmarket.tenancy.access import COMPANY_KEY, find_member
from erpmarket.tenancy.scope import company_scope

SERVER_ERROR = 500


class OneCompanyPerRequest:
    """Bind the session's company, load the member, run the view in that one transaction."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._verbs_of = import_string(settings.VERBS_OF_ROLE)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.member = None  # type: ignore[attr-defined]  # typed on MemberRequest
        if request.path_info.startswith(settings.PUBLIC_PATHS):
            # Nobody's session is even looked at: what a customer sees depends on the address alone.
            return self._get_response(request)
        company_id = request.session.get(COMPANY_KEY)
        if company_id is None or SESSION_KEY not in request.session:
            return self._get_response(request)
        with company_scope(company_id):
            request.member = find_member(request.session, self._verbs_of)  # type: ignore[attr-defined]  # typed on MemberRequest
            response = self._get_response(request)
            if response.status_code >= SERVER_ERROR:
                # Django turned an exception into a response below us: nothing of it may stay.
                transaction.set_rollback(True)
        if request.member is not None:  # type: ignore[attr-defined]  # typed on MemberRequest
            # On a shared computer, the button "back" shows nothing of who left.
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
