"""Who is asking: the member behind a request, and the one order in which doors are checked."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare

from erpmarket.tenancy.queries import find_membership_row

COMPANY_KEY = "company_id"
P = ParamSpec("P")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """The person behind a request, in the bound company."""

    membership_id: int
    user_id: int
    company_id: int
    role: str
    display_name: str
    shop_name: str
    company_rut: str
    verbs: frozenset[str]


class MemberRequest(HttpRequest):
    """A request that passed `member_required`."""

    member: Member


def find_member(session: Any, verbs_of: Callable[[str], frozenset[str]]) -> Member | None:  # noqa: ANN401  (session backends share no type)
    """Load the session's member in one query; None when the login or the membership ended."""
    row = find_membership_row(session[SESSION_KEY])
    if row is None or not constant_time_compare(
        session.get(HASH_SESSION_KEY, ""), _session_auth_hash(row.password)
    ):
        return None
    return Member(
        membership_id=row.membership_id,
        user_id=row.user_id,
        company_id=row.company_id,
        role=row.role,
        display_name=row.display_name,
        shop_name=row.shop_name,
        company_rut=row.company_rut,
        verbs=verbs_of(row.role),
    )


def _session_auth_hash(password: str) -> str:
    """Return what Django put into the session at login, for this stored password."""
    return str(get_user_model()(password=password).get_session_auth_hash())


def member_required(
    verb: str,
) -> Callable[
    [Callable[Concatenate[Any, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Let only members with a verb through: strangers go to the login, others get 403."""

    def decorate(
        view: Callable[Concatenate[Any, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            member: Member | None = getattr(request, "member", None)
            if member is None:
                return redirect("accounts:login")
            if verb not in member.verbs:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.verb = verb  # type: ignore[attr-defined]  # read by the test that walks every URL
        return guarded  # type: ignore[return-value]  # the request's name is no part of a view

    return decorate
