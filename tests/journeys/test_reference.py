"""The API reference and the pages about problems, as people meet them: in both themes, on a phone, by keyboard."""

import pytest

from tests.journeys.accessibility import violations

PAGES = ["/api/docs", "/problems/order_rejected"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_stands_in_anybodys_way(guard, live_server, path, scheme):
    guard.emulate_media(color_scheme=scheme)
    guard.goto(live_server.url + path)
    guard.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    assert violations(guard) == []


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_pushes_the_page_sideways(guard, live_server, path, width):
    guard.set_viewport_size({"width": width, "height": 800})
    guard.goto(live_server.url + path)
    guard.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    assert guard.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("path", PAGES)
def test_the_first_stop_of_the_keyboard_leads_past_the_navigation(guard, live_server, path):
    guard.goto(live_server.url + path)
    skip = guard.get_by_role("link", name="Skip to the content")
    assert skip.bounding_box()["y"] < 0

    guard.keyboard.press("Tab")
    assert skip.evaluate("one => one === document.activeElement")
    assert skip.bounding_box()["y"] >= 0

    guard.keyboard.press("Enter")
    assert guard.evaluate("document.activeElement.id") == "main"


def test_the_rules_find_what_they_are_there_for(page):
    page.set_content(
        '<html lang="en"><title>Bad</title><main><h1>Bad</h1><input><p style="color: #bbb">Pale</p></main>'
    )
    assert [name for name, _ in violations(page)] == ["color-contrast", "label"]


def test_the_styles_arrive_under_the_strict_policy(guard, live_server):
    answer = guard.goto(live_server.url + "/api/docs")
    assert "style-src 'self'" in answer.headers["content-security-policy"]
    assert guard.evaluate("getComputedStyle(document.querySelector('.topbar')).position") == "sticky"


def test_the_navigation_leads_to_an_operation_and_that_to_its_problem(guard, live_server):
    guard.goto(live_server.url + "/api/docs")
    guard.get_by_role("navigation", name="Contents").get_by_role("link", name="place_order").click()
    operation = guard.get_by_role("region", name="Place an order, all or nothing")
    top = operation.bounding_box()["y"]
    assert 0 <= top < 900

    operation.get_by_text("Possible problems").click()
    operation.get_by_role("link", name="order_rejected").click()
    guard.wait_for_url("**/problems/order_rejected")
    assert guard.get_by_role("heading", level=1).inner_text() == "The order cannot be accepted"


def test_the_page_is_whole_without_javascript(browser, live_server):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + "/api/docs#post_stock_movement")
    assert page.get_by_role("strong").filter(has_text="must send").is_visible()
    context.close()
