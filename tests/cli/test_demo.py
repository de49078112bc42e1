"""``weaklabel demo``: runs as a whole once, and its figures are sane."""

import contextlib
import io
import sys

import pandas as pd
import pytest

from weaklabel import cli
from weaklabel.cli import demo
from weaklabel.cli._shares import Shares
from weaklabel.datasets import load_youtube_comments

LOSSES = ["brier", "log_loss", "ece"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo") / "a" / "b"


@pytest.fixture(scope="module")
def scores():
    """Figures of the comparison, kept when the demo computes them."""
    return []


@pytest.fixture(scope="module")
def output(folder, scores):
    """Run the demo once; give what it prints."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as out:
        compare = demo.compare
        patch.setattr(demo, "compare", lambda *args: scores.append(compare(*args)) or scores[-1])
        assert cli.main(["demo", "--out", str(folder)]) == 0
    return out.getvalue()


def test_it_tells_what_it_does(output, folder):
    for words in ("subscribe", "all sources", "Chosen: ", "because", "majority vote", "Next: "):
        assert words in output
    assert f"Labels: {folder / 'labels.parquet'}" in output
    assert f"Report: {folder / 'report.html'}" in output
    assert max(map(len, output.replace(str(folder), "").splitlines())) <= 100


def test_figures_are_sane(output, scores):
    (table,) = scores
    assert table.index.tolist() == [
        demo.MAJORITY,
        demo.MODEL,
        demo.SHARES,
        demo.WEAK,
        demo.WEAK_SHARES,
        demo.WEAK_MAJORITY,
        demo.GOLD,
    ]
    assert (table["n"] == 489).all()
    # floors and orders that also held in each of the splits by random_state 0 to 19
    assert (table["accuracy"] > 0.84).all()
    assert table.loc[demo.WEAK, "accuracy"] > 0.87
    assert table.loc[demo.GOLD, "accuracy"] > 0.90
    assert table.loc[demo.GOLD, "brier"] < table.loc[demo.WEAK, "brier"]
    assert table.loc[demo.MODEL, "log_loss"] < table.loc[demo.MAJORITY, "log_loss"]
    assert (table.loc[[demo.WEAK, demo.WEAK_MAJORITY, demo.GOLD], "coverage"] == 1).all()
    # knowing more never hurts, and here it helps much
    assert table.loc[demo.SHARES, "accuracy"] > table.loc[demo.MODEL, "accuracy"] + 0.02
    for worse, better in ((demo.MODEL, demo.SHARES), (demo.WEAK, demo.WEAK_SHARES)):
        assert (table.loc[better, LOSSES] < table.loc[worse, LOSSES]).all()
    assert table.loc[demo.SHARES, "coverage"] == 1
    assert table.loc[demo.MODEL, "coverage"] == table.loc[demo.MAJORITY, "coverage"] < 1


def test_labels_are_about_all_comments(output, folder):
    labels = pd.read_parquet(folder / "labels.parquet")
    assert labels.shape == (1956, 4)
    assert labels.index.name == "comment"
    assert labels[["ham", "spam"]].sum(axis=1).tolist() == pytest.approx([1] * 1956)
    assert labels["label"].notna().equals(labels["covered"])


def test_the_report_compares_and_draws(output, folder):
    text = (folder / "report.html").read_text()
    assert "Comparison on 489 held-out comments" in text
    assert text.count("<img") == 7
    assert "What shares of groups change" in text


def test_where_shares_come_from_is_said_in_plain_words(output):
    words = " ".join(output.split())
    assert "they are counted from the gold labels of all these comments" in words
    assert "In reality such numbers come from a log of moderators" in words
    comments = load_youtube_comments()
    shares = Shares.count(comments, comments["label"])
    assert f"for {len(shares.share)} months of videos" in words
    given = comments[shares.bag.notna() & ~shares.mixed]
    pure = given.groupby(shares.bag)["label"].nunique()
    assert (pure == 1).all()
    assert f"in {len(pure)} of the months all is spam" in words
    assert f"gives away {len(given)} labels" in words


def test_shares_are_of_months_with_enough_comments_and_a_date():
    comments = load_youtube_comments()
    shares = Shares.count(comments, comments["label"])
    assert shares.bag[comments["date"].isna()].isna().all()
    assert shares.bag.value_counts().min() >= 20
    psy = comments[shares.bag == "Psy 2014-11"]
    assert psy["date"].dt.strftime("%Y-%m").unique().tolist() == ["2014-11"]
    assert shares.share["Psy 2014-11"] == (psy["label"] == "spam").mean()


def test_without_matplotlib_it_says_which_extra(tmp_path, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, out, err = run("demo", "--out", tmp_path, "--quiet")
    assert code == 0
    assert err == f"weaklabel: the report has no pictures. {demo.MISSING}\n"
    assert "<img" not in (tmp_path / "report.html").read_text()
    assert out.splitlines()[0].split() == ["accuracy", "F1", "Brier", "log-loss", "ECE", "coverage"]
    assert "Next" not in out


def test_a_folder_that_cannot_be_made(tmp_path, fails):
    (tmp_path / "file").touch()
    message = fails("demo", "--out", tmp_path / "file")
    assert "cannot be made: File exists. Give a folder that can be written." in message
