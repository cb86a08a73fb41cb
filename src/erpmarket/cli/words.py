"""What `up` tells the person at the terminal."""

import json
import sys

from erpmarket.cli.demo.people import DemoRole, demo_companies
from erpmarket.cli.shop import Shop

ROLE_WORDS = {
    DemoRole.OWNER: "manda en la tienda",
    DemoRole.CASHIER: "atiende la caja",
    DemoRole.STOCK_KEEPER: "lleva la bodega",
}


def say(text: str) -> None:
    """Write a line at once, also into a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def welcome(shop: Shop, *, seconds: float) -> str:
    """Return addresses, the demo's users and what to do next."""
    lines = [
        "",
        f"  ERP Market está en marcha ({seconds:.1f} s)",
        "",
        f"  Tienda            {shop.web_url}",
        f"  Rollos impresos   {shop.rolls_url}   (la impresora virtual)",
        f"  SII simulado      {shop.simulator_url}",
        "",
    ]
    for company in demo_companies():
        lines.append(f"  {company.shop_name} · {company.name} · RUT {company.rut}")
        lines += [
            f"    {user.email:<30} clave {user.password:<28} PIN {user.pin:<6}"
            f" {user.name}, {ROLE_WORDS[user.role]}"
            for user in company.users
        ]
        lines.append("")
    lines += _scan_hints(shop)
    # A browser becomes a till by who manages devices; a cashier would be asked for a code.
    owner = next(u for u in demo_companies()[0].users if u.role is DemoRole.OWNER)
    lines += [
        "  Qué hacer ahora",
        f"    1. Entra a {shop.web_url} como {owner.email} y elige una caja.",
        f"    2. Abre el turno con el PIN {owner.pin}, toca o escanea cinco productos y cobra.",
        f"    3. Mira la boleta en {shop.rolls_url} y la respuesta del SII en la página SII.",
        "    El mes vendido trae una boleta rechazada y dos con reparos, para que veas cómo son.",
        "",
        f"  Ctrl-C detiene todo. Los datos y registros están en {shop.folder}.",
    ]
    return "\n".join(lines)


def _scan_hints(shop: Shop) -> list[str]:
    """Return codes of the first shop that can be typed where a scanner would read them."""
    handout = shop.folder / "demo.json"
    if not handout.exists():
        return []
    first = json.loads(handout.read_text(encoding="utf-8"))["shops"][0]
    lines = [
        f"    {product['barcode']:<16}{product['name']}" for product in first["products_to_scan"]
    ]
    return [f"  Códigos para probar el escáner en {first['shop']}", *lines, ""]
