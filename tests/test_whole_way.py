"""The whole way once: a feed and a shop's files go in by the command line, and the figures come out.

The expected figures are worked out by hand. Orders of tests/data/small_shop (19 % tax inside the subtotal):

    #1001  119.00 - 19.00 = 100.00 goods; refunded 12.39 x 100.00 / 123.90 = 10.00; net 90.00; code ANNA10 -> Influencer
    #1002   59.50 -  9.50 =  50.00; Instagram post, then Direct                              -> Organic Social
    #1003   23.80 -  3.80 =  20.00; from Google                                              -> Organic Search
    #1004   35.70 -  5.70 =  30.00; no visit, an unknown code                                -> uncredited
    #1005  voided; #1006 in BDT, which has no reference rate
    #1007  142.80 - 22.80 = 120.00; TikTok ad, then e-mail, on two devices                   -> Email

    total 310.00 = direct 140.00 + other 140.00 + uncredited 30.00; social costs 50.00 + 40.00 and
    ANNA10's commission of 10 % of 90.00; ROI 41 / 99
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner, Result

from ui.cli import app
from ui.documents import schema

ROOT = Path(__file__).resolve().parent.parent
SHOP = ROOT / "tests" / "data" / "small_shop"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Tests report what matters themselves."""


def earned(*arguments: str, folder: Path, code: int = 0, stdin: bytes | None = None) -> Result:
    """The command in this process, which spares each call the seconds of starting one."""
    done = CliRunner().invoke(app, ["--workspace", str(folder), *arguments], input=stdin)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, f"{arguments} ended with {done.exit_code}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def feed_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(SHOP)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, feed_server: str) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "shop"
    folder.mkdir()
    (folder / "earned.toml").write_text(
        f"""
[workspace]
name = "Acme"
currency = "EUR"
timezone = "Europe/Berlin"
as_of = 2026-06-30
[[brand]]
name = "Acme"
match = '"acme kettle" OR #acme'
[[source]]
name = "talk"
url = "{feed_server}/feed.xml"
network = "instagram"
allow_private = true
[shop]
domains = ["acme.example"]
"""
    )
    return folder


@pytest.fixture(scope="module")
def heard(shop: Path) -> dict[str, Any]:
    earned("import", str(SHOP / "promo_codes.csv"), str(SHOP / "people.csv"), folder=shop)
    return ask("listen", "--once", folder=shop)


@pytest.fixture(scope="module")
def filled(shop: Path, heard: dict[str, Any]) -> Path:
    files = [str(SHOP / name) for name in ("orders_export.csv", "visits.csv", "spend.csv")]
    earned("import", *files, folder=shop)
    return shop


def ask(*arguments: str, folder: Path, name: str | None = None) -> Any:
    """The command's JSON document, checked against its schema."""
    document = json.loads(earned(*arguments, "--json", folder=folder).stdout)
    jsonschema.validate(document, schema(name or arguments[0]))
    return document


def test_listening_hears_the_three_mentions_once(heard: dict[str, Any], shop: Path) -> None:
    source = heard["sources"][0]
    assert (source["outcome"], source["entries"], source["matched"], source["new"]) == ("ok", 4, 3, 3)
    assert heard["mentions_new"] == 3
    assert ask("listen", "--once", folder=shop)["mentions_new"] == 0


def test_roi_is_counted_to_the_cent(filled: Path) -> None:
    document = ask("roi", folder=filled)
    expected = {
        "period": {"since": "2026-06-01", "until": "2026-06-30"},
        "currency": "EUR",
        "return_is": "net_revenue",
        "total": "310.00",
        "credited": "280.00",
        "uncredited": "30.00",
        "direct": "140.00",
        "other_tracked": "140.00",
        "unexplained": "30.00",
        "cost": "99.00",
        "indirect": {"low": None, "median": None, "high": None},
    }
    assert {name: document[name] for name in expected} == expected
    assert document["roi"]["direct"] == pytest.approx(41 / 99)
    assert document["roi"]["blended"] == {"low": None, "median": None, "high": None}


@pytest.mark.parametrize(
    ("model", "revenue"),
    [
        (
            "last_non_direct",
            {"Influencer": "90.00", "Organic Social": "50.00", "Organic Search": "20.00", "Email": "120.00"},
        ),
        (
            "first",
            {"Influencer": "90.00", "Organic Social": "50.00", "Organic Search": "20.00", "Paid Social": "120.00"},
        ),
        ("last", {"Influencer": "90.00", "Organic Search": "20.00", "Email": "120.00"}),
        (
            "linear",
            {
                "Influencer": "90.00",
                "Organic Social": "25.00",
                "Organic Search": "20.00",
                "Email": "60.00",
                "Paid Social": "60.00",
            },
        ),
    ],
)
def test_channels_under_each_model(filled: Path, model: str, revenue: dict[str, str]) -> None:
    document = ask("channels", "--model", model, folder=filled)
    earned_by = {row["channel"]: row["revenue"] for row in document["rows"] if row["revenue"] != "0.00"}
    assert earned_by == revenue
    assert document["total"] == "310.00"


@pytest.mark.parametrize(
    ("by", "name", "revenue", "cost"),
    [
        ("influencer", "instagram:anna", "90.00", "59.00"),
        ("code", "ANNA10", "90.00", None),
        ("campaign", "summer", "140.00", "99.00"),
    ],
)
def test_direct_return_opens_by_campaign_influencer_and_code(
    filled: Path, by: str, name: str, revenue: str, cost: str | None
) -> None:
    rows = {row[by]: row for row in ask("channels", "--by", by, folder=filled)["rows"]}
    assert rows[name]["revenue"] == revenue
    assert rows[name]["cost"] == cost


def test_mentions_show_the_orders_that_carry_their_evidence(filled: Path) -> None:
    rows = {row["author_key"]: row for row in ask("mentions", folder=filled)["rows"]}
    anna, bob, mallory = rows["instagram:anna"], rows["instagram:bob"], rows["instagram:mallory"]
    assert (anna["label"], anna["codes"], anna["orders"], anna["revenue"]) == ("positive", ["ANNA10"], 1, "90.00")
    assert (bob["label"], bob["orders"], bob["visits"], bob["revenue"]) == ("negative", 1, 1, "50.00")
    assert (mallory["orders"], mallory["url"]) == (0, None)


def test_codes_and_people_show_what_they_brought(filled: Path) -> None:
    codes = {row["code"]: row for row in ask("codes", folder=filled)["rows"]}
    assert codes["ANNA10"]["orders"] == 1
    assert "STRANGE5" in codes
    people = {row["author_key"]: row for row in ask("people", folder=filled)["rows"]}
    anna = people["instagram:anna"]
    assert (anna["group"], anna["followers"], anna["revenue"], anna["cost"]) == ("influencer", 24000, "90.00", "59.00")
    assert (people["instagram:bob"]["group"], people["instagram:bob"]["total"]) == ("unknown_followers", None)


def test_status_lists_what_was_left_out(filled: Path) -> None:
    document = ask("status", folder=filled)
    assert document["quarantine"] == {"rows": 1, "reasons": {"missing_visitor": 1}}
    assert document["unconverted_orders"] == 1
    assert document["unknown_codes"] == [{"code": "STRANGE5", "orders": 1}]


def test_importing_again_changes_nothing(filled: Path) -> None:
    before = ask("roi", folder=filled)
    files = [str(SHOP / name) for name in ("orders_export.csv", "visits.csv", "spend.csv", "people.csv")]
    for row in ask("import", *files, folder=filled)["files"]:
        assert (row["accepted"], row["updated"]) == (0, 0)
        assert row["read"] == row["duplicates"]
    assert ask("roi", folder=filled) == before


def test_nothing_personal_is_in_the_workspace(filled: Path) -> None:
    for file in filled.rglob("*"):
        if file.is_file():
            content = file.read_bytes().lower()
            for word in (b"gus@", b"ann@example", b"1 test street"):
                assert word not in content, file


def test_voice_and_sentiment_count_what_was_heard(filled: Path) -> None:
    assert ask("voice", folder=filled)["rows"][0]["brand"] == "Acme"
    assert ask("sentiment", folder=filled)["scored"] >= 2


def test_what_is_up_to_date_is_not_scored_again(filled: Path) -> None:
    done = earned("sentiment", "--rescore", "--json", folder=filled)
    told = json.loads(done.stdout)
    jsonschema.validate(told, schema("sentiment-rescore"))
    assert told["changed"] == 0
    assert "scoring again" in done.stderr
    assert earned("sentiment", "--rescore", "--stdin", folder=filled, code=2).stderr


def test_sentiment_scores_lines_in_order(filled: Path) -> None:
    lines = (
        b"I love this wonderful kettle\n\n" + b"a" * 1_000_000 + b"\n\xff\xfe bad bytes\nI hate this terrible kettle"
    )
    done = earned("sentiment", "--stdin", "--json", folder=filled, stdin=lines)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    for row in rows:
        jsonschema.validate(row, schema("sentiment-line"))
    assert [row["label"] for row in rows][0::4] == ["positive", "negative"]
    assert rows[1] == {
        "language": None,
        "score": None,
        "label": None,
        "confidence": None,
        "scorer": None,
        "status": "no_text",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["channels", "--model", "guess"], "choose one of"),
        (["channels", "--by", "moon"], "choose one of"),
        (["channels", "--lookback", "30"], "30d"),
        (["roi", "--since", "yesterday"], "2026-11-20"),
        (["roi", "--since", "2026-07-01", "--until", "2026-06-01"], "lies after"),
        (["mentions", "--brand", "Nobody"], "choose one of Acme"),
        (["mentions", "--label", "sad"], "choose one of"),
        (["mentions", "--query", '"abc'], "--query"),
        (["roi", "--since", "0001-01-01"], "between 1970"),
        (["channels", "--lookback", "9999999999d"], "ten years"),
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence(filled: Path, arguments: list[str], words: str) -> None:
    assert words in earned(*arguments, folder=filled, code=2).stderr


def test_a_folder_without_settings_says_how_to_begin(tmp_path: Path) -> None:
    assert f"earned --workspace {tmp_path} init" in earned("roi", folder=tmp_path, code=2).stderr


def test_init_writes_a_workspace_that_opens_and_refuses_to_overwrite(tmp_path: Path) -> None:
    document = ask("init", folder=tmp_path / "new")
    assert Path(document["path"]).exists()
    assert "is there already" in earned("init", folder=tmp_path / "new", code=2).stderr
    assert ask("roi", folder=tmp_path / "new")["cost"] is None
    assert ask("status", folder=tmp_path / "new")["mentions"] == 0


def test_a_bad_file_ends_with_1_and_the_others_are_imported(filled: Path, tmp_path: Path) -> None:
    bad = tmp_path / "page.csv"
    bad.write_text("<html>Sign in</html>")
    done = earned("import", str(bad), str(SHOP / "people.csv"), "--json", folder=filled, code=1)
    files = json.loads(done.stdout)["files"]
    assert "web page" in files[0]["error"]
    assert files[1]["error"] is None


def test_try_feed_stores_nothing(filled: Path) -> None:
    before = ask("status", folder=filled)["mentions"]
    document = ask("try-feed", str(SHOP / "feed.xml"), folder=filled)
    assert [entry["id"] for entry in document["feeds"][0]["entries"]] == ["t1", "t2", "t3", "t4"]
    assert ask("status", folder=filled)["mentions"] == before


def test_a_dead_source_is_a_result_and_the_exit_status_says_so(tmp_path: Path) -> None:
    shutil.copytree(SHOP, tmp_path / "dead")
    (tmp_path / "dead" / "earned.toml").write_text(
        '[workspace]\ncurrency = "EUR"\n[[brand]]\nname = "A"\nmatch = "acme"\n'
        '[[source]]\nname = "dead"\nurl = "http://127.0.0.1:9/feed.xml"\nallow_private = true\n'
        '[[source]]\nname = "inside"\nurl = "http://127.0.0.1:9/feed.xml"\n'
    )
    done = earned("listen", "--once", "--json", folder=tmp_path / "dead", code=1)
    sources = {row["name"]: row for row in json.loads(done.stdout)["sources"]}
    assert sources["dead"]["error"]
    assert "allow_private" in sources["inside"]["error"]


def test_a_brand_query_that_cannot_be_read_is_answered_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "earned.toml").write_text(
        '[workspace]\ncurrency = "EUR"\n[[brand]]\nname = "A"\nmatch = "(acme OR"\n'
        '[[source]]\nname = "x"\nurl = "http://127.0.0.1:9/"\nallow_private = true\n'
    )
    assert "line 5" in earned("listen", "--once", folder=tmp_path, code=2).stderr


def test_a_mention_of_the_last_day_shows_the_order_of_the_next(filled: Path) -> None:
    """Anna's post of 9 June, asked for alone: the order of 10 June with her code is hers all the same."""
    rows = ask("mentions", "--since", "2026-06-09", "--until", "2026-06-09", folder=filled)["rows"]
    assert [(row["author_key"], row["revenue"]) for row in rows] == [("instagram:anna", "90.00")]


def test_a_code_registered_late_is_found_in_what_was_said_even_after_a_crash(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = tmp_path / "late.csv"
    late.write_text("code,kind\nWONDERFUL,creator\n")  # a word of Anna's post
    with monkeypatch.context() as patch:
        patch.setattr("ui.pipeline.keep_codes_current", lambda workspace: None)  # killed before it
        earned("import", str(late), folder=filled)
    earned("import", str(SHOP / "people.csv"), folder=filled)
    rows = {row["author_key"]: row for row in ask("mentions", folder=filled)["rows"]}
    assert rows["instagram:anna"]["codes"] == ["ANNA10", "WONDERFUL"]


def test_what_is_outside_the_figures_is_said_beside_them(filled: Path) -> None:
    said = earned("roi", folder=filled).stdout
    assert "Orders outside these figures: 1, as their day has no exchange rate (BDT)" in " ".join(said.split())
    assert "joined no visit: 1 of 5" not in said  # Anna's and Dan's did not
    assert "Sold orders that joined no visit: 2 of 5" in said
    before = earned("roi", "--until", "2026-01-31", folder=filled).stdout
    assert "Your orders run from 2026-06-10 to 2026-06-25" in before
