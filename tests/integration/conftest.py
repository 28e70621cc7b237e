from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """One headless Chromium for all tests of pages."""
    from tests.integration.browser import CHROMIUM, FLAGS, sync_api

    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def visit(browser: object) -> Iterator[Callable[..., object]]:
    """Opens windows on a server; all are closed after the test."""
    from tests.integration.browser import LAPTOP, Visitor

    opened: list[Visitor] = []

    def window(url: str, size: dict[str, int] = LAPTOP, scheme: str = "light") -> Visitor:
        opened.append(Visitor(browser, url, size, scheme))
        return opened[-1]

    yield window
    for visitor in opened:
        visitor.context.close()
