"""Takes the README's picture of the explorer page: a saga of the shop that comes back by its compensations."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.explorer.browser import Explorer, chromium

from microservices_skill.app.exploring import explore

ROOT = Path(__file__).parents[1]
IMAGE = ROOT / "docs" / "images" / "explorer.png"


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        page = Path(folder) / "architecture.html"
        explore(ROOT / "examples" / "shop" / "architecture.yaml", page)
        shown = Explorer(browser, page)
        shown.click("#tab-sagas")
        shown.page.select_option("#saga-way", label="capture_payment fails")
        for _ in range(5):
            shown.click("#saga-next")
        shown.page.mouse.move(0, 0)
        shown.page.wait_for_timeout(300)
        IMAGE.parent.mkdir(parents=True, exist_ok=True)
        shown.page.screenshot(path=IMAGE)


if __name__ == "__main__":
    main()
