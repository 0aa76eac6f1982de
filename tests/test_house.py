"""The house keeps its floors: ui on top, listener and attribution strangers to each other, config the ground."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "listener", "attribution", "ui")
ALLOWED = {
    "config": {"config"},
    "listener": {"listener", "config"},
    "attribution": {"attribution", "config"},
    "ui": set(PACKAGES),
}
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {module_name(path) for path in MODULES}


def imported(path: Path) -> set[str]:
    """Our own modules that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {name for name in found if name in NAMES}


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_imports_only_from_floors_below(path: Path) -> None:
    floor = path.relative_to(ROOT).parts[0]
    above = {name for name in imported(path) if name.split(".")[0] not in ALLOWED[floor]}
    assert not above, f"{module_name(path)} reaches up or across to {sorted(above)}"


def test_no_module_is_part_of_a_cycle() -> None:
    graph = {module_name(path): imported(path) - {module_name(path)} for path in MODULES}
    # A package's __init__ only re-exports; its own modules may be imported through it.
    state: dict[str, int] = {}

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if state.get(name) == 2:
            return
        assert state.get(name) != 1, " -> ".join((*trail[trail.index(name) :], name))
        state[name] = 1
        for other in sorted(graph[name]):
            if not name.startswith(other + "."):
                visit(other, (*trail, name))
        state[name] = 2

    for name in sorted(graph):
        visit(name, ())


def test_nothing_in_ui_hides_a_top_level_package() -> None:
    """Streamlit puts ui/ first on the path: a file ui/config.py would be imported instead of the package."""
    inside = {path.stem for path in (ROOT / "ui").iterdir()}
    assert not inside & set(PACKAGES)


def test_the_lock_names_no_package_index() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    assert "--index" not in lock
    assert "--find-links" not in lock
