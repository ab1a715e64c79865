"""How quick the console is: from the key that decides to the next case drawn, in a Chromium beside the service.

Fills a store of its own with the sample photographs, signs in, and goes through the queue by one key a case, as an
auditor does. Each step is a decision on the disk and in the log, the next case of the queue, its page, and its
photograph, whose view is logged; it ends with the frame that shows photograph, strip and characters. Needs a Chromium
(Debian: chromium) and the extra `dev`.

    python benchmarks/console.py            # 300 cases
    python benchmarks/console.py --cases 50 --json
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import runpy
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

import cv2
from playwright.sync_api import Page, sync_playwright

from vinspect.api import people
from vinspect.api.document import inspect_document
from vinspect.api.record.entry import instruments
from vinspect.api.store import Store
from vinspect.api.tables import InspectionRow
from vinspect.vision import draw, inspector
from vinspect.vision.photo import photo_of

SERVE: dict[str, Any] = runpy.run_path(str(Path(__file__).with_name("serve.py")), run_name="serve")
GOAL = 200  # ms, of the 95th percentile
NAME, PASSWORD = "auditor", "correct horse battery staple"
# Both moments are taken in the page: how long the benchmark's own waiting takes does not count.
TIMED = """
const now = () => performance.timeOrigin + performance.now();
addEventListener("keydown", () => {
  delete document.body.dataset.took; // the next case may come into this page
  sessionStorage.setItem("pressed", String(now()));
}, true);
new PerformanceObserver(() => requestAnimationFrame(() => setTimeout(() => {
  document.body.dataset.took = now() - Number(sessionStorage.getItem("pressed"));
}))).observe({ type: "mark", buffered: true });
"""


def filled(data: Path, cases: int) -> None:
    """A store with so many cases, all undecided: the samples are scored once, and each stands as often as it takes."""
    nets, made = inspector.open_nets(), instruments()
    scored = []
    for path in sorted(SERVE["SAMPLES"].glob("*.jpg")):
        inspection = inspector.inspect(photo_of(path.name, path.read_bytes()), nets)
        overlay = cv2.imencode(".jpg", draw.overlay(inspection))[1].tobytes()
        scored.append((path, inspect_document(inspection), overlay))
    store = Store(data)
    with store.writing() as log:
        people.add_person(log, NAME, "auditor", None, PASSWORD, "user:benchmark")
    for count in range(cases):
        path, document, overlay = scored[count % len(scored)]
        row = InspectionRow(
            photo=path.name, media_type="image/jpeg", format="auto", document=json.dumps(document), by="user:benchmark"
        )
        store.keep(row, path.read_bytes() + str(count).encode(), overlay, made)  # another file, the same picture
    store.close()


def walked(page: Page, cases: int) -> list[float]:
    """Sign in and decide about so many cases; milliseconds of each step."""
    page.goto("/console")
    page.fill("#name", NAME)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-row]")
    page.keyboard.press("Enter")
    took = [drawn(page)]
    for _ in range(cases):
        with page.expect_navigation():
            page.keyboard.press("r")
        took.append(drawn(page))
    return took[2:]  # the first opens the queue's first case, the second warms up what every later one has


def drawn(page: Page) -> float:
    took = page.wait_for_selector("body[data-took]", state="attached")
    assert took is not None
    return float(took.get_attribute("data-took") or "nan")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--cases", type=int, default=300)
    options.add_argument("--json", action="store_true", help="print one JSON object")
    given = options.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Chromium is not installed: install it (Debian: chromium).")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data = Path(folder, "data")
        filled(data, given.cases + 3)
        service = SERVE["Service"](data)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(base_url=service.address, viewport={"width": 1366, "height": 768})
        context.add_init_script(TIMED)
        with service.running():
            took = sorted(walked(context.new_page(), given.cases + 1))
        version = browser.version
        browser.close()
    measured = {
        "cases": len(took),
        "median_ms": round(statistics.median(took), 1),
        "p95_ms": round(took[int(0.95 * (len(took) - 1))], 1),
        "slowest_ms": round(took[-1], 1),
        "goal_p95_ms": GOAL,
        "chromium": version,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
    }
    if given.json:
        print(json.dumps(measured))
        return
    print(f"{'key to next case drawn':<26}{'n':>6}{'median':>10}{'95 %':>10}{'slowest':>10}{'goal (95 %)':>14}")
    times = (measured["median_ms"], measured["p95_ms"], measured["slowest_ms"])
    print(f"{'':<26}{len(took):>6}" + "".join(f"{each:>7} ms" for each in times) + f"{GOAL:>11} ms")
    print(f"Chromium {version}, service and browser on {os.cpu_count()} cores ({platform.machine()}).")


if __name__ == "__main__":
    main()
