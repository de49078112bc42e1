"""Dask partitions give the answer of one frame, and a worker that dies changes nothing."""

import os
import signal
import sys

import numpy as np
import pandas as pd
import pytest

import weaklabel as wl
from weaklabel import distributed

dask = pytest.importorskip("dask")
dd = pytest.importorskip("dask.dataframe")

CLASSES = ["ham", "spam"]
pytestmark = pytest.mark.filterwarnings("ignore::weaklabel.models._advice.DriftWarning")


def case_of(n_items=400, seed=0):
    return wl.datasets.independent(n_items=n_items, random_state=seed)


def evidence_of(case):
    return wl.Evidence(case.votes.index, case.classes).with_votes(case.votes)


def same(one, other, atol=1e-10):
    assert np.abs(one.to_numpy() - other.loc[one.index].to_numpy()).max() < atol


@pytest.mark.parametrize(
    "name", ["DawidSkene", "OneCoin", "MajorityVote", "LabelModel", "Cautious"]
)
def test_partitions_give_the_answer_of_one_frame(name):
    case = case_of()
    votes = dd.from_pandas(case.votes, npartitions=9, sort=False)
    model = distributed.fit(getattr(wl, name)(), votes, classes=case.classes)
    whole = getattr(wl, name)().fit(evidence_of(case))
    found = distributed.predict_proba(model, votes)
    assert found.columns.tolist() == list(case.classes)
    found = found.compute()
    assert found.index.equals(case.votes.index)
    same(found, whole.predict_proba(evidence_of(case)))


def reviews():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(["free", "song", "nice", "the"], 3)) for _ in range(60)]
    index = pd.Index([f"r{i}" for i in range(60)], name="review")
    return pd.DataFrame({"text": texts, "stars": rng.integers(1, 6, 60)}, index=index)


def test_functions_vote_lazily_and_keep_the_index():
    called = []

    @wl.labeling_function
    def row(row):
        called.append(row.stars)
        return "ham" if row.stars > 3 else None

    functions = [
        wl.Keywords("free", vote="spam", name="words"),
        wl.Threshold("stars", vote=wl.Not("spam"), low=5, name="stars"),
        row,
    ]
    frame = reviews()
    votes = distributed.apply(functions, dd.from_pandas(frame, npartitions=4), classes=CLASSES)
    assert called == []
    assert votes.dtypes.astype(str).to_dict() == {
        "words": "category",
        "stars": "object",
        "row": "category",
    }
    found = votes.compute()
    expected = wl.apply(functions, frame, classes=CLASSES, cache=False).loc[found.index]
    assert found.index.name == "review"
    for name in expected:
        assert found[name].dtype == expected[name].dtype
        assert found[name].astype(object).where(found[name].notna(), None).tolist() == (
            expected[name].astype(object).where(expected[name].notna(), None).tolist()
        )


def test_sets_are_announced_or_refused():
    @wl.labeling_function
    def rare(row):
        return {"ham", "spam"} if row.last else "ham" if row.stars > 3 else None

    frame = reviews().assign(last=[False] * 59 + [True])
    data = dd.from_pandas(frame, npartitions=4, sort=False)
    with pytest.raises(ValueError, match=r"'rare' says frozenset.*Give sets=\['rare'\]: it then"):
        distributed.apply([rare], data, classes=CLASSES).compute()
    votes = distributed.apply([rare], data, classes=CLASSES, sets=["rare"])
    assert str(votes.dtypes["rare"]) == "object"
    assert votes.compute()["rare"].iloc[-1] == {"ham", "spam"}
    assert {part["rare"].dtype for part in dask.compute(*votes.to_delayed())} == {np.dtype(object)}


def test_sets_that_one_partition_alone_says_are_codes_of_all():
    case = wl.datasets.many_classes(300, n_classes=3, n_sources=5, random_state=0)
    said = case.votes.astype(object).where(case.votes.notna(), None)
    first, second, third = case.classes
    source = said.columns[0]
    said[source] = [{first, second} if v == first else v for v in said[source].iloc[:100]] + [
        {second, third} if v == third else v for v in said[source].iloc[100:]
    ]
    with dask.config.set({"dataframe.convert-string": False}):  # Dask would write sets as text
        votes = dd.from_pandas(said, npartitions=3, sort=False)
    model = distributed.fit(wl.DawidSkene(), votes, classes=case.classes)
    evidence = wl.Evidence(said.index, case.classes).with_votes(said)
    same(model.predict_proba(evidence), wl.DawidSkene().fit(evidence).predict_proba(evidence))


def test_bags_are_kept_whole():
    case = case_of(300, 3)
    rng = np.random.default_rng(0)
    bag = pd.Series(rng.integers(0, 40, 300), index=case.votes.index)
    spam = case.gold.eq(case.classes[1])
    counts = spam.groupby(bag).sum()
    frame = case.votes.assign(bag=bag)
    classes = case.classes

    def make(part):
        members = part["bag"].unique()
        return (
            wl.Evidence(part.index, classes)
            .with_votes(part.drop(columns="bag"))
            .with_bags(part["bag"], wl.Count(classes[1], number=counts.loc[members]))
        )

    solver = wl.BeliefPropagation()
    data = dd.from_pandas(frame, npartitions=5, sort=False)
    model = distributed.fit(wl.DawidSkene(solver=solver), data, evidence=make, together="bag")
    whole = wl.DawidSkene(solver=solver).fit(make(frame))
    found = distributed.predict_proba(model, data, evidence=make, together="bag").compute()
    same(found, whole.predict_proba(make(frame)), atol=1e-8)
    told = found[classes[1]].groupby(bag.loc[found.index]).sum()
    assert np.allclose(told, counts.loc[told.index], atol=1e-6)


def test_empty_partitions_say_nothing():
    case = case_of(200)
    frame = case.votes.assign(key=0)
    data = dd.from_pandas(frame, npartitions=4, sort=False)

    def make(part):
        assert len(part)
        return wl.Evidence(part.index, case.classes).with_votes(part.drop(columns="key"))

    model = distributed.fit(wl.OneCoin(), data, evidence=make, together="key")
    whole = wl.OneCoin().fit(evidence_of(case))
    found = distributed.predict_proba(model, data, evidence=make, together="key").compute()
    same(found, whole.predict_proba(evidence_of(case)))
    with pytest.raises(ValueError, match="The frame has no rows"):
        distributed.fit(wl.OneCoin(), data[data.key > 0], evidence=make)


def test_weights_and_candidates_reach_models_that_need_all_items():
    case = case_of(200, 5)
    rng = np.random.default_rng(0)
    gold = case.gold.astype(object).where(rng.random(200) < 0.2, None)
    frame = case.votes.assign(gold=gold, weight=rng.uniform(1, 2, 200).round())

    def make(part):
        evidence = wl.Evidence(part.index, case.classes).with_votes(part[case.votes.columns])
        evidence = evidence.with_weights(part["weight"])
        return evidence.with_candidates(part["gold"]) if part["gold"].notna().any() else evidence

    data = dd.from_pandas(frame, npartitions=20, sort=False)
    model = distributed.fit(wl.Cautious(), data, evidence=make)
    same(
        model.predict_proba(make(frame)), wl.Cautious().fit(make(frame)).predict_proba(make(frame))
    )


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda d, c: distributed.fit(wl.OneCoin(), c.votes, classes=c.classes), TypeError,
         "wants a Dask DataFrame, not DataFrame. What fits"),
        (lambda d, c: distributed.fit(wl.OneCoin(), d), ValueError, "Give classes=, where all"),
        (lambda d, c: distributed.fit(wl.OneCoin(), d, classes=c.classes, together="bag"), KeyError,
         "together='bag' is no column of the frame; its columns"),
        (lambda d, c: distributed.fit(
            wl.LabelModel(), d,
            evidence=lambda p: wl.Evidence(p.index, c.classes).with_votes(p).with_features(
                np.zeros((len(p), 1)))), ValueError, "LabelModel learns from more than sums"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(call, error, words):
    case = case_of(50)
    with pytest.raises(error, match=words):
        call(dd.from_pandas(case.votes, npartitions=2, sort=False), case)


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.dataframe", None)
    with pytest.raises(ImportError, match=r"pip install 'weaklabel\[dask\]'"):
        distributed.apply([], pd.DataFrame(), classes=CLASSES)


@pytest.mark.filterwarnings("ignore")  # of sockets and ports
def test_a_worker_that_dies_in_mid_fit_changes_nothing(tmp_path):
    from distributed import Client, LocalCluster

    case = case_of(300, 7)
    votes = dd.from_pandas(case.votes, npartitions=6, sort=False)
    sweeps = tmp_path / "sweeps"
    sweeps.mkdir()

    class Deadly(wl.DawidSkene):  # local, so that it travels with its code
        def _statistics(self, evidence, posterior, parameters):
            number = len(list(sweeps.iterdir()))
            (sweeps / f"{os.getpid()}-{np.random.default_rng().integers(2**40)}").touch()
            if number >= 20 and not (tmp_path / "died").exists():
                (tmp_path / "died").touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return super()._statistics(evidence, posterior, parameters)

        _additive = True
        __init__ = wl.DawidSkene.__init__

    whole = wl.DawidSkene().fit(evidence_of(case))
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True}
    with LocalCluster(**options, dashboard_address=None) as cluster, Client(cluster):
        functions = [wl.Keywords("free", vote="spam", name="words")]
        said = distributed.apply(functions, dd.from_pandas(reviews(), 3), classes=CLASSES)
        assert said["words"].compute().notna().sum() == reviews()["text"].str.contains("free").sum()
        model = distributed.fit(Deadly(), votes, classes=case.classes)
        found = distributed.predict_proba(model, votes).compute()
    assert (tmp_path / "died").exists()
    assert len({path.name.split("-")[0] for path in sweeps.iterdir()}) >= 2
    assert model.n_iter_ == whole.n_iter_
    same(found, whole.predict_proba(evidence_of(case)))
