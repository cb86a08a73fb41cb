"""The customer's screen follows the till."""

from typing import Any

from playwright.sync_api import BrowserContext, expect

SHOWN = {
    "stage": "ticket",
    "shop": "Almacén Doña Rosa",
    "lines": [
        {"name": "Leche entera 1 L", "detail": "2 × $1.190", "amount": "$2.380", "saved": ""},
        {"name": "Marraqueta", "detail": "0,455 kg", "amount": "$723", "saved": "−$23"},
    ],
    "count": "2 productos",
    "total": "$3.080",
    "saved": "Ahorras $23",
    "change": "",
    "isPractice": False,
}


def tell(page: Any, shown: dict[str, Any]) -> None:
    page.evaluate(
        "shown => { const to = new BroadcastChannel('caja-visor'); to.postMessage(shown);"
        " setTimeout(() => to.close(), 500); }",
        shown,
    )


def test_the_customer_sees_lines_total_and_change(
    context: BrowserContext, network: Any, complaints: list[str]
) -> None:
    screen, till = context.new_page(), context.new_page()
    screen.on("pageerror", lambda error: complaints.append(str(error)))
    screen.goto("/caja/visor/")
    till.goto("/caja/visor/")
    expect(screen.get_by_text("¡Bienvenido!")).to_be_visible()

    tell(till, SHOWN)

    expect(screen.get_by_text("$3.080")).to_be_visible()
    expect(screen.locator("li")).to_have_count(2)
    expect(screen.get_by_text("Ahorras $23")).to_be_visible()
    for size in ((1280, 800), (1024, 600)):
        screen.set_viewport_size({"width": size[0], "height": size[1]})
        assert screen.evaluate(
            "document.documentElement.scrollHeight <= innerHeight"
            " && document.documentElement.scrollWidth <= innerWidth"
        )

    tell(till, {**SHOWN, "stage": "paid", "change": "$1.920"})

    expect(screen.get_by_text("$1.920")).to_be_visible()
    expect(screen.locator("li").first).to_be_hidden()
    assert complaints == []
