"""What a person needs to try the demo, as one file that only its owner can read."""

import json
import os
from pathlib import Path

from erpmarket.cli.demo.catalogue import DemoProduct, demo_products
from erpmarket.cli.demo.people import DemoCompany, demo_companies

SCAN_HINTS = 5
FILE_NAME = "demo.json"


def write_handout(folder: Path, *, base_url: str, seed: str) -> Path:
    """Write URL, people with passwords and PINs, and barcodes to scan; whole or not at all."""
    body = {
        "base_url": base_url,
        "seed": seed,
        "shops": [_shop(company) for company in demo_companies()],
    }
    path = folder / FILE_NAME
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(body, file, ensure_ascii=False, indent=2)
        file.write("\n")
    unfinished.rename(path)
    return path


def scan_hints(company_key: str) -> tuple[DemoProduct, ...]:
    """List well-known products with a barcode, the most sold of five different categories."""
    best: dict[str, DemoProduct] = {}
    for product in sorted(demo_products(company_key), key=lambda each: -each.popularity):
        if product.barcodes and not product.is_age_restricted and not product.is_exempt:
            best.setdefault(product.category, product)
    return tuple(best.values())[:SCAN_HINTS]


def _shop(company: DemoCompany) -> dict[str, object]:
    return {
        "shop": company.shop_name,
        "company": company.name,
        "rut": company.rut,
        "people": [
            {
                "name": user.name,
                "role": str(user.role),
                "mail": user.email,
                "password": user.password,
                "pin": user.pin,
            }
            for user in company.users
        ],
        "products_to_scan": [
            {"barcode": product.barcodes[0], "name": product.name, "price_clp": product.price_clp}
            for product in scan_hints(company.key)
        ],
    }
