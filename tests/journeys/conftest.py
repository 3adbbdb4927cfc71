"""A real browser against a live server. Where no Chromium or Playwright is installed, these tests skip and say so."""

import os
import shutil
from pathlib import Path

import pytest

# Playwright runs an event loop in the test's own thread; the ORM is used there all the same, by one thread at a time.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def find_chromium() -> str | None:
    """The browser to drive: `CHROMIUM`, or the system's own."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    return next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if find_chromium() is None:
                item.add_marker(pytest.mark.skip(reason="No Chromium: apt-get install chromium-headless-shell"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": find_chromium(), "args": QUIET}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    """Still pictures and one language, so that nothing depends on the machine."""
    return {
        **browser_context_args,
        "viewport": {"width": 1280, "height": 900},
        "reduced_motion": "reduce",
        "locale": "en-US",
    }


@pytest.fixture
def guard(page, live_server, settings):
    """The page, watched: a console error (and so a CSP report), a script error, a request elsewhere fail the test."""
    settings.WHITENOISE_AUTOREFRESH = True
    bad: list[str] = []
    own = (live_server.url, "data:", "blob:")
    page.on("console", lambda message: bad.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: bad.append(str(error)))
    page.on("request", lambda request: bad.append(request.url) if not request.url.startswith(own) else None)
    yield page
    assert bad == []
