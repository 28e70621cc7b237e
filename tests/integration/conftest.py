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


@pytest.fixture(scope="session")
def development(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A server for one development user who may do everything, over a few documents of which one can't be read."""
    from tests.integration import workspace
    from tests.integration.browser import serving, sync, write_workspace

    folder = write_workspace(
        tmp_path_factory.mktemp("workspace"), workspace.SETTINGS, workspace.USERS, workspace.DOCUMENTS
    )
    (folder / "docs" / "locked.pdf").write_bytes(b"%PDF-1.7 cut off")
    sync(folder)
    with serving(folder) as running:
        yield running


@pytest.fixture
def window(visit: Callable[..., object], development: object) -> Callable[..., object]:
    """Opens windows on the chat page of the development user's server."""

    def opened(*how: object, **named: object) -> object:
        visitor = visit(development.url, *how, **named)
        visitor.open()
        return visitor

    return opened
