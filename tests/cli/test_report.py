"""The report: whole, escaped, and in need of nothing else."""

import re
import sys
from html.parser import HTMLParser

import pandas as pd
import pytest

import weaklabel as wl
from weaklabel.cli import _html
from weaklabel.cli._labeling import Labeling, evidence_of, vote
from weaklabel.cli._report import report
from weaklabel.cli._sample import samples
from weaklabel.cli._task import load_task

EVIL = '<script>alert("x")</script><img src="https://evil.example/x.png" onerror=alert(1)>&amp;\x00'
VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Tags, attributes and text of a page; refuses tags that are not closed in order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.texts = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *attribute) for attribute in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def needs_nothing_else(text):
    """Check that a page is well formed and fetches nothing; give it parsed."""
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>")
    assert not {"script", "link", "iframe", "object", "a", "form"} & set(page.tags)
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    sources = [value for _, name, value in page.attributes if name in {"src", "href", "srcset"}]
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert not re.search(r"@import|url\(", _html.STYLE)
    return page


@pytest.fixture
def labeling(folder, comments):
    def make(frame=comments, functions=None):
        task = load_task("task.py")
        if functions is not None:
            task = task.__class__(**{**vars(task), "functions": functions})
        frame = frame.set_index("id")
        votes = vote(task, frame)
        evidence = evidence_of(task, frame, votes)
        model = wl.LabelModel().fit(evidence)
        posterior = model.posterior(evidence)
        return Labeling(
            task=task, frame=frame, votes=votes, evidence=evidence, model=model, posterior=posterior
        )

    return make


def test_sections_and_pictures(labeling):
    page = needs_nothing_else(report(labeling(), title="My labels"))
    headings = ["My labels", "Sources", "Model", "Votes in pictures", "Items", "Least confident"]
    assert [words for words in headings if words not in page.texts] == []
    assert page.tags.count("img") == 3
    assert all(value for tag, name, value in page.attributes if (tag, name) == ("img", "alt"))
    assert "class prior" in page.texts
    assert any(words.startswith("Chosen: ") for words in page.texts)


@pytest.mark.filterwarnings("ignore:1 sources never vote")  # `short`: no text is short any more
def test_user_text_stays_text(labeling, comments):
    page = needs_nothing_else(report(labeling(comments.assign(text=EVIL + comments["text"]))))
    shown = [words for words in page.texts if "alert(" in words]
    assert shown
    assert all(
        words.startswith(EVIL.replace("\x00", "\N{REPLACEMENT CHARACTER}")) for words in shown
    )


def test_names_stay_text(labeling, comments):
    functions = [
        wl.Keywords(["channel", "money", "subscribe"], vote="spam", name="<b>spam & co</b>"),
        wl.Keywords("song", vote="ham", name="<i>$5_$6 \u65e5"),
        wl.Keywords("voice", vote="ham"),
    ]
    page = needs_nothing_else(report(labeling(functions=functions), title="<h1>"))
    assert "<b>spam & co</b>" in page.texts
    assert "b" not in page.tags
    assert page.texts.count("<h1>") == 2


def test_without_matplotlib(labeling, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = needs_nothing_else(report(labeling()))
    assert "img" not in page.tags
    assert any("pip install 'weaklabel[plots]'" in words for words in page.texts)


def test_samples(labeling):
    found = samples(labeling())
    surest = found["Most confident"]
    assert set(surest["label"]) == {"ham", "spam"}
    assert surest.columns.tolist() == ["text", "votes", "label", "probability"]  # gold is not shown
    assert set(found["Contradicted most, by number of votes"].index) == {"c08", "c10"}
    assert found["Contradicted most, by number of votes"].loc["c10", "votes"] == (
        "spam: channel; ham: song"
    )
    silent = found["Nothing is known"]
    assert silent.index.tolist() == ["c07"]
    assert silent.loc["c07", ["votes", "label"]].tolist() == ["", "none"]
    least = found["Least confident"]
    confidence = labeling().posterior.confidence
    assert least.index[0] == confidence.drop("c07").idxmin()


def test_samples_show_what_differs(labeling, comments):
    again = pd.concat([comments] * 20, ignore_index=True)
    again["id"] = [f"i{k:03}" for k in range(len(again))]
    found = samples(labeling(again))
    for sample in found.values():
        assert not sample["text"].duplicated().any()
        assert len(sample) <= 6


@pytest.mark.filterwarnings("ignore:1 sources never vote")  # `short`: no text is short any more
def test_long_text_is_cut(labeling, comments):
    found = samples(labeling(comments.assign(text=comments["text"] + " la" * 500)))
    assert found["Least confident"]["text"].str.len().max() == 280
    assert found["Least confident"]["text"].str.endswith("…").all()


def test_all_columns_are_candidates_where_functions_declare_none(labeling, comments):
    def talks_of_songs(row):
        return "ham" if "song" in row.text else {"spam": 0.9, "ham": 0.1}

    functions = [
        wl.labeling_function(talks_of_songs),
        wl.labeling_function(lambda row: wl.Not("spam") if row.n % 2 else None, name="odd"),
        wl.labeling_function(lambda row: "spam" if "channel" in row.text else None, name="c"),
    ]
    frame = comments.assign(n=range(10), longest=comments["text"] * 2, short="x")
    made = labeling(frame, functions)
    found = samples(made)["Least confident"]
    assert found.columns.tolist()[:3] == ["text", "n", "longest"]
    assert any("{'spam': 0.9, 'ham': 0.1}: talks_of_songs" in said for said in found["votes"])
    needs_nothing_else(report(made))


def test_every_item_covered_and_at_peace(labeling, comments):
    text = report(labeling(comments[comments["id"].isin(["c03", "c04", "c05", "c02"])]))
    assert Page(text).texts.count("None.") == 2


def test_elements_nest_text_and_elements():
    node = _html.element("p", "a", "b", _html.element("i", "c"), "d", "e", id="1 & 2")
    assert _html.text(node) == '<p id="1 &amp; 2">ab<i>c</i>de</p>'


def test_what_html_cannot_hold_is_replaced():
    assert _html.clean("a\ud800b\x0bc\n") == "a\ufffdb\ufffdc\n"
