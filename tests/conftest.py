"""What all tests share: the real photographs beside the clone, for the tests marked `shared`."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("shared"):
            item.user_properties.append(("shared", "true"))
            if not SHARED.is_dir():
                item.add_marker(pytest.mark.skip(reason="no photographs in ../shared/data"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photographs; tests that use it are marked `shared`."""
    return SHARED
