"""Each sound of the till has a twin on the screen, and a till may be silent."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import wait_until_ready
from tests.browser.test_till_screen import SUGAR, scan, total
from tests.browser.test_till_selling import keep, notice

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

FRAMES = """() => {
  window.frames_worn = 0;
  const till = document.querySelector('.till');
  new MutationObserver(() => { window.frames_worn += Number(till.dataset.flash === 'true'); })
    .observe(till, {attributeFilter: ['data-flash']});
}"""


def _silent_by_choice(page: Page) -> None:
    page.keyboard.press("F1")
    page.get_by_role("button", name="Quitar el sonido").click()
    page.reload()


def _without_a_sound_card(page: Page) -> None:
    page.add_init_script(
        "window.AudioContext = class { constructor() { throw new Error('none') } }"
    )
    page.reload()


def _with_sound(page: Page) -> None:
    page.reload()


@pytest.mark.parametrize("machine", [_with_sound, _silent_by_choice, _without_a_sound_card])
def test_what_is_heard_is_seen_on_every_machine(
    page: Page, machine: Callable[[Page], None], complaints: list[str]
) -> None:
    machine(page)
    wait_until_ready(page)
    page.evaluate(FRAMES)

    def frames() -> int:
        worn: int = page.evaluate("window.frames_worn")
        return worn

    beat = page.locator(".lines")
    expect(beat).to_have_attribute("data-beat", "0")
    scan(page, SUGAR)
    expect(beat).to_have_attribute("data-beat", "1")
    scan(page, SUGAR)
    expect(beat).to_have_attribute("data-beat", "2")
    assert frames() == 0
    scan(page, "7809999999998")
    expect(notice(page)).to_contain_text("No conocemos el código")
    assert frames() == 1
    # The same words twice are one sentence on the screen: the frame says that it was refused again.
    page.keyboard.press("F9")
    sheet = page.get_by_role("dialog", name="Cobrar")
    sheet.get_by_label("Monto").fill("")
    for refused in (2, 3):
        expect(page.locator(".till")).not_to_have_attribute("data-flash", "true")
        page.keyboard.press("Enter")
        expect(sheet.locator(".trouble")).to_contain_text("Escribe el monto")
        expect(page.locator(".till")).to_have_attribute("data-flash", "true")
        assert frames() == refused
    keep(page, "marco")
    page.keyboard.press("Escape")
    expect(total(page)).to_have_text("$2.700")
    page.get_by_role("button", name="Justo").click()
    expect(page.locator(".done")).to_be_visible()
    assert frames() == 3
    assert complaints == []


def test_sounds_can_be_taken_away_and_stay_away(page: Page) -> None:
    page.keyboard.press("F1")
    page.get_by_role("button", name="Quitar el sonido").click()
    page.reload()
    wait_until_ready(page)
    page.keyboard.press("F1")
    keep(page, "menu")
    expect(page.get_by_role("button", name="Poner sonido")).to_be_visible()
