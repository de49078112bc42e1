import numpy as np
import pandas as pd
import pytest

from benchmarks.quality import _tables
from benchmarks.quality._models import AS_PUBLISHED, TRIPLETS

# accuracy and Brier score that Dawid-Skene is known for, and the Brier score of the plain vote
KNOWN = {
    "youtube_v2": (0.8388, 0.2792, 0.2093),
    "sms": (0.8718, 0.2273, 0.1185),
    "trec": (0.4766, 0.9637, 0.8088),
    "imdb": (0.5031, 0.8145, 0.4717),
    "chemprot": (0.5266, 0.8114, 0.6725),
    "commercial": (0.9357, 0.1189, 0.1246),
}


def rows(label_model=0.9):
    """Rows of a run that meets everything if `label_model` is at least .795."""
    found = []
    for name, (accuracy, brier, vote) in KNOWN.items():
        for model, a, b in (
            ("MajorityVote", 0.8, vote),
            ("LabelModel", label_model, 0.1),
            (AS_PUBLISHED, accuracy, brier),
        ):
            figures = {"accuracy": a, "brier": b, "f1": a, "log_loss": 1.0, "ece": 0.1}
            found.append({"set": name, "kind": "votes", "model": model} | figures)
    return pd.DataFrame(found)


def test_published_figures_are_shares_with_a_source():
    table = _tables.published()
    assert set(table["protocol"]) == {"pooled", "split"}
    assert not table.duplicated(["set", "protocol", "model"]).any()
    assert table["source"].notna().all()
    for figure, most in (("accuracy", 1), ("f1", 1), ("brier", 2)):
        assert table[figure].dropna().between(0, most).all()


@pytest.mark.parametrize("name", KNOWN)
def test_published_figures_are_the_known_ones(name):
    table = _tables.published().query("protocol == 'pooled'").set_index(["model", "set"])
    found = [*table.loc[("DS", name), ["accuracy", "brier"]], table.loc[("MV", name), "brier"]]
    np.testing.assert_allclose(np.array(found, float), KNOWN[name], atol=5.1e-5)


def test_gates_hold_published_figures_and_the_plain_vote():
    gates = _tables.gates(rows())
    assert len(gates) == 6 * 3 + 6
    assert all(gate.met for gate in gates)


def test_gates_notice_a_fourth_digit_and_a_loss():
    changed = rows(label_model=0.794)
    changed.loc[(changed["model"] == AS_PUBLISHED) & (changed["set"] == "sms"), "brier"] += 2e-4
    broken = [gate for gate in _tables.gates(changed) if not gate.met]
    assert broken[0].what == f"sms: {AS_PUBLISHED}, brier"
    assert len(broken) == 1 + 6


def test_gates_of_the_split_hold_triplets_to_published_figures():
    figures = {"model": TRIPLETS, "accuracy": [0.78, 0.7028], "set": ["youtube", "imdb"]}
    gates = _tables.split_gates(pd.DataFrame(figures))
    assert [gate.met for gate in gates] == [True, True]
    worse = pd.DataFrame(figures | {"accuracy": [0.784, 0.7028]})
    assert [gate.met for gate in _tables.split_gates(worse)] == [False, True]
    assert _tables.split_gates(rows()) == []


def test_gates_of_pooled_triplets_are_met_by_the_published_figures():
    triplets = rows()[rows()["model"] == AS_PUBLISHED].assign(model="Triplets", brier=0.2554)
    gates = [gate for gate in _tables.gates(triplets) if "Triplets" in gate.what]
    assert [gate.met for gate in gates] == [True, False, False]


def test_a_mean_is_left_out_for_a_model_that_failed_on_a_set():
    some = rows()
    some.loc[(some["model"] == "LabelModel") & (some["set"] == "sms"), ["accuracy", "brier"]] = (
        np.nan
    )
    table = _tables.main_table(some)
    assert table.loc["sms", "LabelModel"] == "failed"
    assert table.loc["mean of the six published", "LabelModel"] == "failed"
    assert table.loc["mean of the six published", "MajorityVote"].startswith(".8000/")


def test_published_figures_stand_beside_ours():
    table = _tables.beside_published(rows(), "pooled")
    assert table.loc[("trec", "accuracy"), "LabelModel"] == 0.9
    assert round(table.loc[("trec", "accuracy"), "HyperLM"], 3) == 0.6
    assert _tables.beside_published(rows().assign(set="unknown"), "pooled").empty
