"""What the documents promise: commands in the README run, terms on screen stand in docs/terms.md."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from ui import terms

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHOP = ROOT / "tests" / "data" / "small_shop"
BLOCKS = re.findall(r"```sh\n(.*?)```", README, flags=re.S)
COMMANDS = [line.strip() for block in BLOCKS for line in block.splitlines() if line.strip()]
MAKE = [command for command in COMMANDS if command.startswith("make ")]
OURS = [command for command in COMMANDS if ".venv/bin/earned" in command]


def test_every_command_of_the_readme_is_of_a_kind_that_is_tested() -> None:
    assert set(COMMANDS) == set(MAKE) | set(OURS)
    assert len(OURS) > 10


@pytest.mark.parametrize("command", [*MAKE, "make test", "make setup", "make lint", "make bench"])
def test_make_knows_its_targets(command: str) -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    target = command.split()[1]
    subprocess.run(["make", "--dry-run", target], cwd=ROOT, check=True, capture_output=True)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder in which `.venv/bin/earned` is the installed one, with a user's files lying ready."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "earned").symlink_to(Path(sys.executable).with_name("earned"))
    for file in SHOP.iterdir():
        shutil.copy(file, folder)
    return folder


def test_the_commands_of_the_readme_run_one_after_the_other(desk: Path) -> None:
    for command in OURS:
        if command.endswith(" ui"):
            _starts_and_answers(command, desk)
            continue
        done = subprocess.run(command, shell=True, cwd=desk, capture_output=True, text=True, timeout=180)
        # The starter names no feed yet: the reader is told to add one first, and so is anybody who does not.
        expected = 2 if "listen" in command else 0
        assert done.returncode == expected, f"{command}\n{done.stdout}\n{done.stderr}"
        assert done.stdout.strip() or expected


def _starts_and_answers(command: str, folder: Path) -> None:
    port = 8597
    log = (folder / "ui.log").open("wb")
    arguments = [*command.split(), "--port", str(port), "--no-browser"]
    server = subprocess.Popen(arguments, cwd=folder, stdout=log, stderr=log, env=os.environ | {"NO_COLOR": "1"})
    try:
        for _ in range(150):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
                    assert answer.status == 200
                    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
                    return
            except (urllib.error.URLError, ConnectionError):
                assert server.poll() is None, (folder / "ui.log").read_text()
                time.sleep(0.2)
        raise AssertionError((folder / "ui.log").read_text())
    finally:
        server.terminate()
        server.wait(timeout=20)
        log.close()


def test_every_dependency_has_a_line_of_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + [name for extra in project["optional-dependencies"].values() for name in extra]
    named = [re.match(r"[A-Za-z0-9-]+", text)[0] for text in wanted]  # type: ignore[index]
    reasons = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8").lower()
    assert [name for name in named if not re.search(rf"(?<![\w-]){name.lower()}(?![\w-])", reasons)] == []


def terms_on_pages() -> set[str]:
    """The names that pages hand to `how(...)`, "How is this worked out?", by themselves or listed as TERMS."""
    found: set[str] = set()
    for file in sorted((ROOT / "ui" / "views").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            listed = isinstance(node, ast.Assign) and [ast.unparse(name) for name in node.targets] == ["TERMS"]
            if listed or called == "how":
                found |= {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
    return found


def test_every_term_that_a_page_explains_is_written_down() -> None:
    named = terms_on_pages()
    assert len(named) > 15
    assert sorted(name for name in named if terms.term(name) is None) == []


def test_every_term_has_a_text() -> None:
    sections = re.split(r"^### ", (ROOT / "docs" / "terms.md").read_text(encoding="utf-8"), flags=re.M)[1:]
    assert all(len(section.strip().splitlines()) >= 2 for section in sections)
