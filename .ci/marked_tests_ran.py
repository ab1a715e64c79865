"""marked_tests_ran.py JUNIT MARK...: exit with an error where a test with such a mark was skipped, or none has it."""

import sys
from xml.etree import ElementTree

NEEDS = {"chromium": "Chromium", "postgresql": "the programs of PostgreSQL", "shared": "../shared/data"}

cases = list(ElementTree.parse(sys.argv[1]).iter("testcase"))  # noqa: S314 (pytest wrote it a moment ago)
for mark in sys.argv[2:]:
    marked = [case for case in cases if case.find(f"properties/property[@name='{mark}']") is not None]
    skipped = [case.get("name") for case in marked if case.find("skipped") is not None]
    if skipped:
        sys.exit(f"These tests need {NEEDS[mark]} and were skipped: " + ", ".join(map(str, skipped)))
    if not marked:
        sys.exit(f"No test is marked `{mark}`: nothing was tried with {NEEDS[mark]}.")
    print(f"{len(marked)} tests marked `{mark}` ran.")
