"""What all tests share: where the real samples lie, and a fresh workspace."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from config.workspace import Workspace, open_workspace
from tests import postgres

# A busy machine must fail no test: nothing here is timed.
settings.register_profile("earned", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("earned")

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = Path(os.environ.get("EARNED_SHARED_DATA", ROOT.parent / "shared" / "data"))
SETTINGS = """
[workspace]
name = "Test shop"
currency = "EUR"
timezone = "Europe/Berlin"
as_of = 2026-06-30

[[brand]]
name = "Acme"
match = '"acme kettle" OR #acme'

[shop]
domains = ["acme.example"]
"""


@pytest.fixture
def shared_data() -> Callable[..., Path]:
    """`shared_data("feeds", "dev")` is that folder of real samples; the test is skipped, and says so, without it."""

    def find(*parts: str) -> Path:
        path = SAMPLES.joinpath(*parts)
        if not path.exists():
            pytest.skip(f"the real samples are not here ({'/'.join(parts)}); set EARNED_SHARED_DATA to their folder")
        return path

    return find


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server; the test is skipped, and says so, where none can be started."""
    running = os.environ.get(postgres.RUNNING)
    if running:
        yield running
        return
    if not postgres.programs():
        pytest.skip(postgres.MISSING)
    pytest.importorskip("psycopg", reason="psycopg is not installed; pip install 'earned[postgres]'")
    with postgres.server() as url:
        yield url


@pytest.fixture
def make_workspace(tmp_path: Path) -> Callable[..., Workspace]:
    """`make_workspace(extra_toml)` opens a fresh workspace under the test's own folder."""

    def make(extra: str = "", *, settings: str = SETTINGS, folder: str = "shop") -> Workspace:
        place = tmp_path / folder
        place.mkdir(parents=True, exist_ok=True)
        written = postgres.on_server(settings, os.environ.get(postgres.RUNNING)) + extra
        (place / "earned.toml").write_text(written, encoding="utf-8")
        return open_workspace(place)

    return make


@pytest.fixture
def workspace(make_workspace: Callable[..., Workspace]) -> Workspace:
    return make_workspace()


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test talks to another machine: a connection to any other address fails at once."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else "local"
        if host not in ("127.0.0.1", "::1", "localhost", "local"):
            raise AssertionError(f"a test tried to reach {address}")
        return connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)
