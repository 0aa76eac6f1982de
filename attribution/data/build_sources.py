"""Turns Matomo's lists of sites (YAML, CC0) into the small table `matomo_sources.csv` that is shipped.

    python -m attribution.data.build_sources FOLDER

FOLDER holds `matomo_SearchEngines.yml`, `matomo_Socials.yml` and `matomo_AIAssistants.yml`. The lists use a sliver of
YAML (names, and lists of hosts), which is read here line by line.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from pathlib import Path

FILES = {
    "AI": "matomo_AIAssistants.yml",
    "SOCIAL": "matomo_Socials.yml",
    "SEARCH": "matomo_SearchEngines.yml",
}
OUT = Path(__file__).with_name("matomo_sources.csv")
_NAME = re.compile(r"^['\"]?([^\s'\"#].*?)['\"]?:\s*$")
_SECTION = re.compile(r"^\s+-?\s*(\w+):")
_HOST = re.compile(r"^\s+- ['\"]?([\w.{}-]+\.[\w.{}-]+)['\"]?\s*$")


def hosts(text: str) -> Iterator[tuple[str, str]]:
    """(name of the site, host) in file order; `{}` in a host stands for a country's ending. Paths are left out."""
    name, section = "", "urls"
    for line in text.splitlines():
        if found := _NAME.match(line):
            name, section = found[1], "urls"
        elif found := _SECTION.match(line):
            section = found[1]
        elif section == "urls" and (found := _HOST.match(line)):
            yield name, found[1].lower().removeprefix("www.")


def rows(folder: Path) -> dict[str, str]:
    """source -> category; the first list that names a source keeps it. A social site's name is a source too."""
    table: dict[str, str] = {}
    for category, file in FILES.items():
        for name, host in hosts((folder / file).read_text(encoding="utf-8")):
            table.setdefault(host, category)
            if category == "SOCIAL" and re.fullmatch(r"[\w .-]+", name):
                table.setdefault(name.lower(), category)
    return table


def main(folder: Path) -> None:
    with OUT.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("source", "category"))
        writer.writerows(sorted(rows(folder).items()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
