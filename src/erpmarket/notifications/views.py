from dataclasses import asdict
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from erpmarket.accounts.permissions import CHANGE_MAIL, SEE_NOTICES
from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.notifications.actions.accounts import (
    drop_incoming_account,
    drop_outgoing_account,
    keep_hours,
    keep_incoming_account,
    keep_outgoing_account,
    send_test_mail,
)
from erpmarket.notifications.actions.notices import mark_read
from erpmarket.notifications.actions.outbox import send_again
from erpmarket.notifications.forms import HoursForm, IncomingForm, OutgoingForm, TestMailForm
from erpmarket.notifications.models import Mail
from erpmarket.notifications.queries import (
    count_unread,
    find_incoming_account,
    find_mail,
    find_outgoing_account,
    get_hours,
    get_mail,
    has_default_account,
    list_latest_mails,
    list_notices,
    list_resolved,
)
from erpmarket.tenancy.access import MemberRequest, member_required

UNPROCESSABLE = 422
_LOGIN_FIELDS = ("host", "port", "security", "username")


@never_cache
@require_safe
@member_required(SEE_NOTICES)
def notices(request: MemberRequest) -> HttpResponse:
    member = request.member
    seen = {"membership_id": member.membership_id, "role": member.role}
    rows = list_notices(**seen)  # type: ignore[arg-type]  # both values are of their parameter's type
    context = {
        "rows": rows,
        "has_unread": any(not row.is_read for row in rows),
        "resolved": list_resolved(**seen),  # type: ignore[arg-type]  # as above
    }
    return render(request, "notifications/notices.html", context)


@never_cache
@require_safe
@member_required(SEE_NOTICES)
def bell(request: MemberRequest) -> HttpResponse:
    count = count_unread(membership_id=request.member.membership_id, role=request.member.role)
    return render(request, "notifications/_bell.html", asdict(count))


@require_POST
@member_required(SEE_NOTICES)
def read_all(request: MemberRequest) -> HttpResponse:
    _mark(request, None)
    return redirect("notifications:notices")


@require_POST
@member_required(SEE_NOTICES)
def follow(request: MemberRequest, notice_id: int) -> HttpResponse:
    """Mark a notice as read and go where its trouble is mended."""
    member = request.member
    rows = list_notices(membership_id=member.membership_id, role=member.role)
    row = next((row for row in rows if row.id == notice_id), None)
    if row is None:
        raise Http404
    _mark(request, notice_id)
    return redirect(row.link or reverse("notifications:notices"))


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@member_required(CHANGE_MAIL)
def mail(request: MemberRequest) -> HttpResponse:
    """Show the mail settings; save the outgoing account."""
    form = OutgoingForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        keep_outgoing_account(
            login=form.login(),
            from_address=form.cleaned_data["from_address"],
            from_name="",
            at=now(),
        )
        return redirect("notifications:mail")
    return _mail_page(request, outgoing=form)


@never_cache
@sensitive_post_parameters("password")
@require_POST
@member_required(CHANGE_MAIL)
def incoming(request: MemberRequest) -> HttpResponse:
    form = IncomingForm(request.POST)
    if not form.is_valid():
        return _mail_page(request, incoming=form)
    keep_incoming_account(login=form.login(), folder=form.cleaned_data["folder"], at=now())
    return redirect("notifications:mail")


@require_POST
@member_required(CHANGE_MAIL)
def drop_outgoing(request: MemberRequest) -> HttpResponse:  # noqa: ARG001  (a view)
    drop_outgoing_account(at=now())
    return redirect("notifications:mail")


@require_POST
@member_required(CHANGE_MAIL)
def drop_incoming(request: MemberRequest) -> HttpResponse:  # noqa: ARG001  (a view)
    drop_incoming_account()
    return redirect("notifications:mail")


@require_POST
@member_required(CHANGE_MAIL)
def hours(request: MemberRequest) -> HttpResponse:
    form = HoursForm(request.POST)
    if not form.is_valid():
        return _mail_page(request, hours=form)
    keep_hours(**form.cleaned_data)
    return redirect("notifications:mail")


@require_POST
@member_required(CHANGE_MAIL)
def try_mail(request: MemberRequest) -> HttpResponse:
    """Send the mail that proves the account; the page asks for its state by itself."""
    form = TestMailForm(request.POST)
    if not form.is_valid():
        return _mail_page(request, test=form)
    row = send_test_mail(
        uid=form.cleaned_data["uid"], recipient=form.cleaned_data["recipient"], at=now()
    )
    return redirect(f"{reverse('notifications:mail')}?prueba={row.uid}")


@never_cache
@require_safe
@member_required(CHANGE_MAIL)
def mail_state(request: MemberRequest, mail_id: int) -> HttpResponse:
    return render(request, "notifications/_mail_state.html", {"mail": _access_mail(mail_id)})


@require_POST
@member_required(CHANGE_MAIL)
def repeat(request: MemberRequest, mail_id: int) -> HttpResponse:  # noqa: ARG001  (a view)
    """Send a mail again that failed or was not confirmed."""
    _access_mail(mail_id)
    send_again(mail_id=mail_id, at=now())
    return redirect("notifications:mail")


def _access_mail(mail_id: int) -> Mail:
    try:
        return get_mail(mail_id)
    except Mail.DoesNotExist as error:
        raise Http404 from error


def _find_tried(request: MemberRequest) -> Mail | None:
    """Find the test mail that the address of the page names."""
    try:
        return find_mail(UUID(request.GET.get("prueba", "")))
    except ValueError:
        return None


def _mark(request: MemberRequest, notice_id: int | None) -> None:
    mark_read(
        membership_id=request.member.membership_id,
        role=request.member.role,
        notice_id=notice_id,
        at=now(),
    )


def _mail_page(
    request: MemberRequest,
    *,
    outgoing: OutgoingForm | None = None,
    incoming: IncomingForm | None = None,
    hours: HoursForm | None = None,
    test: TestMailForm | None = None,
) -> HttpResponse:
    out, box = find_outgoing_account(), find_incoming_account()
    context = {
        "outgoing": outgoing or OutgoingForm(initial=_initial(out, "from_address")),
        "incoming": incoming or IncomingForm(initial=_initial(box, "folder"), auto_id="in_%s"),
        "hours": hours or HoursForm(initial=asdict(get_hours()), auto_id="hours_%s"),
        "test": test or TestMailForm(initial={"uid": uuid7()}, auto_id="test_%s"),
        "account": out,
        "has_default": has_default_account(),
        "box": box,
        "tried": _find_tried(request),
        "mails": list_latest_mails(),
    }
    is_wrong = any((outgoing, incoming, hours, test))
    return render(
        request, "notifications/mail.html", context, status=UNPROCESSABLE if is_wrong else None
    )


def _initial(row: object | None, *more: str) -> dict[str, object]:
    """Fill a form from what is stored; never the password."""
    if row is None:
        return {"port": 993, "security": "tls"} if "folder" in more else {"port": 587}
    return {name: getattr(row, name) for name in (*_LOGIN_FIELDS, *more)}
