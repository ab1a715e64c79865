"""Exit with an error where a test on the real photographs beside the clone was skipped, or where there was none."""

import sys
from xml.etree import ElementTree

cases = [
    case
    for case in ElementTree.parse(sys.argv[1]).iter("testcase")  # noqa: S314 (pytest wrote it a moment ago)
    if case.find("properties/property[@name='shared']") is not None
]
skipped = [case.get("name") for case in cases if case.find("skipped") is not None]
if skipped:
    sys.exit("These tests need ../shared/data and were skipped: " + ", ".join(map(str, skipped)))
if not cases:
    sys.exit("No test is marked `shared`: nothing was measured on real photographs.")
print(f"{len(cases)} tests on real photographs ran.")
