"""Where a request comes from."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from django.conf import settings
from django.http import HttpRequest

# What one customer of a provider gets: whoever has it changes addresses within it at will.
IPV6_SHARE: Final = 64


def client_address(request: HttpRequest) -> str:
    """Give the network address of who asks; behind our proxy it is the last one the proxy wrote.

    Of an IPv6 address only the part that tells one line from another, so that tries are counted.
    """
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.HTTPS else ""
    written = forwarded.rsplit(",", 1)[-1].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        address = ip_address(written)
    except ValueError:
        return str(written)
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), IPV6_SHARE), strict=False))
