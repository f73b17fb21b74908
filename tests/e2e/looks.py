"""A page looked at: a picture of it, and what axe says."""

import hashlib
from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
SHOTS = Path(__file__).resolve().parents[2] / "var" / "screenshots"
SERIOUS = {"serious", "critical"}


def shoot(page: Page, name: str) -> None:
    """All of it."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"e2e-{name}.png", full_page=True)


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")


def serious(page: Page) -> tuple[list[str], int]:
    """Rules that are broken in a way that matters, and how many are kept."""
    source = AXE.read_bytes()
    assert hashlib.sha256(source).hexdigest() == AXE_SHA256
    page.evaluate(source.decode())
    found = page.evaluate("axe.run()")
    bad = [
        f"{rule['id']}: {rule['nodes'][0]['html']}"
        for rule in found["violations"]
        if rule["impact"] in SERIOUS
    ]
    return bad, len(found["passes"])
