"""The customers, as a till's device pulls them: docs/algorithms/offline.md."""

import re
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from erpmarket.customers.queries import find_vale, get_customer_news
from erpmarket.pos.device_models import TillDevice
from erpmarket.pos.device_views import from_device

_REVISION: Final = re.compile(r"[0-9]{1,18}")


@require_GET
@from_device
def customers(request: HttpRequest, _device: TillDevice) -> HttpResponse:
    """Tell who changed after `?desde=`; everybody without it, or after what is no revision."""
    since = request.GET.get("desde", "")
    news = get_customer_news(int(since) if _REVISION.fullmatch(since) else 0)
    body = {"rev": news.revision, "base": news.base, "rows": news.rows, "gone": news.gone}
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False, "separators": (",", ":")})


@require_GET
@from_device
def vale(request: HttpRequest, _device: TillDevice) -> HttpResponse:
    """Tell what is left on a vale; no content for a code that is none."""
    found = find_vale(request.GET.get("codigo", ""))
    if found is None:
        return HttpResponse(status=204)
    return JsonResponse({"code": found.code, "balance_clp": found.balance_clp})
