"""A real browser for tests of pages; they are skipped where there is none."""

import os
import shutil
from contextlib import contextmanager

import pytest

from sanitizers import UNDER_ASAN

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium():
    """Return the path of the browser; skip the test, or fail if SGNS_TEST_BROWSER is "required"."""
    if UNDER_ASAN:
        pytest.skip("a browser does not start with the sanitizer")
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        reason = f"needs one of the programs {', '.join(NAMES)}"
        if os.environ.get("SGNS_TEST_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def browser():
    """Open a headless browser with a fresh profile."""
    path = chromium()
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra [test]")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=OPTIONS)
        try:
            yield opened
        finally:
            opened.close()


class Page:
    """A page without network, and all that it asked for and complained of."""

    def __init__(self, opened, file, width=1000, height=700, anchor=""):
        context = opened.new_context(offline=True, viewport={"width": width, "height": height})
        self.page = context.new_page()
        self.asked, self.errors = [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: self.errors.append(f"dialog: {dialog.message}"))
        self.page.goto(file.as_uri() + anchor)

    def close(self):
        """Close it; it must have needed nothing and gone wrong nowhere."""
        self.page.context.close()
        assert self.errors == []
        assert [url for url in self.asked if not url.startswith(("file:", "data:", "blob:"))] == []
