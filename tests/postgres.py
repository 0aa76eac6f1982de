"""A PostgreSQL server of the tests' own: on loopback, in a folder of its own, ended with the tests that asked for it.

`EARNED_TEST_DATABASE=postgresql://user@127.0.0.1:port/postgres` names a running server instead; then every workspace
that a test makes lies on it too, which runs any part of the suite on PostgreSQL.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

RUNNING = "EARNED_TEST_DATABASE"
MISSING = "PostgreSQL is not installed (Debian: apt install postgresql)"


def programs() -> Path | None:
    """The folder of PostgreSQL's server programs; Debian keeps them off the path."""
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "pg_ctl").exists()), None)


@contextmanager
def server() -> Iterator[str]:
    """The URL of a server in a temporary folder. Raises CalledProcessError where it cannot start."""
    with tempfile.TemporaryDirectory(prefix="earned-postgres-") as folder, _running(Path(folder)) as url:
        yield url


@contextmanager
def _running(folder: Path) -> Iterator[str]:
    bin_folder = programs()
    assert bin_folder, MISSING
    as_owner = _not_as_root(folder)
    place = folder / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(*command: str) -> None:
        subprocess.run([*as_owner, *command], check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=120)

    run(str(bin_folder / "initdb"), "-D", str(place), "-U", "earned", "--auth=trust", "-E", "UTF8", "--locale=C")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    pg_ctl = (str(bin_folder / "pg_ctl"), "-D", str(place), "-w")
    run(*pg_ctl, "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://earned@127.0.0.1:{port}/postgres"
    finally:
        run(*pg_ctl, "-m", "immediate", "stop")


def _not_as_root(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: its own account then owns the folder and runs it."""
    if os.getuid() != 0:
        return []
    shutil.chown(folder, "postgres", "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def fresh_database(server_url: str) -> str:
    """The URL of a new, empty database on the server."""
    name = f"t_{secrets.token_hex(8)}"
    engine = sa.create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    return server_url.rsplit("/", 1)[0] + "/" + name


def on_server(settings: str, server_url: str | None) -> str:
    """The settings of a workspace with a new database on the server; as they are where there is none."""
    if not server_url:
        return settings
    url = fresh_database(server_url)
    return settings.replace("[workspace]\n", f'[workspace]\ndatabase_url = "{url}"\n', 1)
