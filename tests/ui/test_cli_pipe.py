"""Output into a pipe that closes early, and what must not come of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EARNED = Path(sys.executable).with_name("earned")


def test_a_reader_that_has_enough_is_no_error() -> None:
    with subprocess.Popen([EARNED, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as command:
        assert command.stdout
        assert command.stderr
        command.stdout.close()
        assert command.stderr.read() == b""


def test_a_browser_that_hangs_up_does_not_end_the_web_interface() -> None:
    """The web interface runs in the same process, and a write to a closed socket must stay an error, not a signal."""
    asked = "import signal, sys; from ui.cli import main; sys.argv = ['earned', '--version']\n"
    asked += "try: main()\nexcept SystemExit: assert signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN"
    subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True)
