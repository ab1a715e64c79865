from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from vinspect.api.cli import app
from vinspect.api.settings import SettingsError, settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "vinspect.toml").write_text('port = 1111\nhost = "10.0.0.1"\nstore = "postgresql://u:p@h/d"\n')
    return tmp_path


def test_the_command_line_comes_before_the_environment_and_that_before_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VINSPECT_PORT", "2222")
    given = settings(data=folder, host="127.0.0.2", port=None)
    assert (given.host, given.port, given.store) == ("127.0.0.2", 2222, "postgresql://u:p@h/d")


def test_the_folder_whose_file_is_read_may_come_from_the_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VINSPECT_DATA", str(folder))
    assert settings().port == 1111


def test_without_any_the_service_is_this_machines_alone_and_on_sqlite(tmp_path: Path) -> None:
    given = settings(data=tmp_path)
    assert (given.host, given.port, given.store) == ("127.0.0.1", 8000, None)


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"port": 0}, "port: "),
        ({"store": "mysql://h/d"}, "store: it is written postgresql"),
        ({"store": "nonsense"}, "store: it is written postgresql"),
    ],
)
def test_a_setting_that_cannot_be_is_named(tmp_path: Path, given: dict[str, Any], part: str) -> None:
    with pytest.raises(SettingsError, match=part):
        settings(data=tmp_path, **given)


@pytest.mark.parametrize(("text", "part"), [("prt = 1", "prt: "), ("port = ", "no TOML"), ("port = \"x\"", "port: ")])
def test_a_file_that_cannot_be_is_said(tmp_path: Path, text: str, part: str) -> None:
    (tmp_path / "vinspect.toml").write_text(text)
    with pytest.raises(SettingsError, match=part):
        settings(data=tmp_path)
    result = CliRunner().invoke(app, ["audit", "--data", str(tmp_path)])
    assert (result.exit_code, part.split()[0] in result.output) == (2, True)


def test_no_password_is_shown_in_a_complaint(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        settings(data=tmp_path, store="mysql://somebody:secret@host/database")
    assert "secret" not in str(error.value)


def test_without_the_driver_postgresql_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="vinspect\\[postgresql\\]"):
        settings(data=tmp_path, store="postgresql://h/d")
