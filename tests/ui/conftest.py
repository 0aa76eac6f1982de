"""The small shop's workspace, filled through the real path: one to be read, or a copy of one's own to be written to."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.workspace import Workspace, open_workspace
from tests.conftest import SETTINGS
from tests.ui.pages import MONEY_FILES, hear, import_all, talk


@pytest.fixture(autouse=True)
def _main_stays_main() -> Iterator[None]:
    """A page under test poses as the main module, which every process started later in this one would then run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("money") / "shop"
    folder.mkdir()
    (folder / "earned.toml").write_text(SETTINGS, encoding="utf-8")
    space = open_workspace(folder)
    import_all(space, *MONEY_FILES)
    hear(space, talk())
    space.engine.dispose()
    return folder


@pytest.fixture
def shop(template: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The filled workspace, to be read only."""
    monkeypatch.setenv("EARNED_WORKSPACE", str(template))
    return open_workspace(template)


@pytest.fixture
def own_shop(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A filled workspace of the test's own, to be written to."""
    folder = tmp_path / "own"
    shutil.copytree(template, folder)
    monkeypatch.setenv("EARNED_WORKSPACE", str(folder))
    return open_workspace(folder)


@pytest.fixture
def bare(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("EARNED_WORKSPACE", str(workspace.folder))
    return workspace
