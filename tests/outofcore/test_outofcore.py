"""Files a batch at a time: the answer of memory, and nothing half-written taken for whole."""

import json
import threading

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import weaklabel as wl
from weaklabel import _device, outofcore
from weaklabel.outofcore import _counting, _memory, _patterns, _source
from weaklabel.outofcore._memory import in_bytes
from weaklabel.outofcore._parts import Parts
from weaklabel.outofcore._patterns import Patterns, distinct
from weaklabel.outofcore._source import Source

CLASSES = ["ham", "spam"]


@pytest.fixture
def small(monkeypatch):
    """Make units and batches of a few rows."""
    monkeypatch.setattr(_source, "UNIT_ROWS", 100)
    monkeypatch.setattr(_memory, "LEAST_ROWS", 32)
    monkeypatch.setattr(_memory, "MOST_ROWS", 32)


def written(frame, folder, n_files=3, suffix="parquet"):
    folder.mkdir()
    for part, rows in enumerate(np.array_split(np.arange(len(frame)), n_files)):
        table = pa.Table.from_pandas(frame.iloc[rows], preserve_index=False)
        if suffix == "parquet":
            pq.write_table(table, folder / f"{part}.parquet", row_group_size=37)
        else:
            with pa.ipc.new_file(folder / f"{part}.{suffix}", table.schema) as file:
                file.write_table(table, 37)
    return folder


def votes_of(case):
    return case.votes.astype(object).where(case.votes.notna(), None)


def evidence_of(case):
    return wl.Evidence(case.votes.index, case.classes).with_votes(case.votes)


MODELS = [wl.DawidSkene(), wl.LabelModel(), wl.Cautious(), wl.MajorityVote(), wl.OneCoin()]


@pytest.mark.filterwarnings("ignore::weaklabel.models._advice.DriftWarning")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_the_answer_is_that_of_memory(tmp_path, small, model, suffix):
    case = wl.datasets.independent(n_items=700, random_state=0)
    frame = votes_of(case).assign(id=[f"r{i}" for i in range(700)])
    folder = written(frame, tmp_path / "votes", suffix=suffix)
    whole = type(model)(**model.get_params()).fit(evidence_of(case))
    fitted = outofcore.fit(model, folder, classes=case.classes, index="id")
    assert fitted is model
    done = outofcore.predict_proba(model, folder, tmp_path / "p", index="id")
    found = pd.read_parquet(done).set_index("id")
    assert found.index.tolist() == frame["id"].tolist()
    expected = whole.predict_proba(evidence_of(case))
    assert found.columns.tolist() == [str(name) for name in case.classes]
    assert np.abs(found.to_numpy() - expected.to_numpy()).max() < 1e-10


@pytest.mark.filterwarnings("ignore::weaklabel.models._advice.DriftWarning")
def test_patterns_beyond_memory_are_read_from_files_in_every_sweep(tmp_path, small, monkeypatch):
    monkeypatch.setattr(_patterns, "SMALL", 40)
    case = wl.datasets.independent(n_items=300, random_state=1)
    folder = written(votes_of(case), tmp_path / "votes")
    model = outofcore.fit(
        wl.DawidSkene(), folder, classes=case.classes, memory=3000, work=tmp_path / "work"
    )
    assert len(list((tmp_path / "work").glob("*-codes.npy"))) >= 3
    whole = wl.DawidSkene().fit(evidence_of(case))
    assert model.n_iter_ == whole.n_iter_
    difference = model.predict_proba(evidence_of(case)) - whole.predict_proba(evidence_of(case))
    assert np.abs(difference.to_numpy()).max() < 1e-10
    with pytest.raises(ValueError, match=r"LabelModel learns from more than sums.*different rows"):
        outofcore.fit(wl.LabelModel(), folder, classes=case.classes, memory=3000)


@pytest.mark.parametrize("memory", ["1GB", 3000])
def test_without_a_gpu_it_says_so(tmp_path, small, memory, monkeypatch):
    monkeypatch.setattr(_patterns, "SMALL", 40)
    monkeypatch.setattr(_device, "find_spec", lambda name: None)
    case = wl.datasets.independent(n_items=300, random_state=1)
    folder = written(votes_of(case), tmp_path / "votes")
    with pytest.raises(ImportError, match="CuPy and numba-cuda are not installed"):
        outofcore.fit(wl.DawidSkene(), folder, classes=case.classes, memory=memory, device="cuda")


def stop_after(monkeypatch, n_units):
    """Interrupt reading after some units; give what was read, and how often more may be."""
    read, left = [], [n_units]

    def batches(self, unit, columns, n_rows, batches=Source.batches):
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        read.append(unit.first)
        return batches(self, unit, columns, n_rows)

    monkeypatch.setattr(Source, "batches", batches)
    monkeypatch.setattr(_counting, "SAVE_EVERY", 0.0)
    return read, left


def test_stopped_counting_goes_on_and_serves_another_model(tmp_path, small, monkeypatch):
    read, left = stop_after(monkeypatch, 4)
    case = wl.datasets.independent(n_items=700, random_state=0)
    a, b = case.classes
    frame = votes_of(case).replace({a: "a", b: "b"})
    frame["sets"] = [["a", "b"][: i % 3] or None for i in range(700)]
    folder = written(frame, tmp_path / "votes")
    told = frame.assign(sets=[None if s is None else set(s) for s in frame["sets"]])
    evidence = wl.Evidence(frame.index, ["a", "b"]).with_votes(told)

    def run(model, classes=("a", "b")):
        return outofcore.fit(model, folder, classes=classes, work=tmp_path / "work")

    with pytest.raises(KeyboardInterrupt):
        run(wl.OneCoin())
    assert len(read) == 4
    left[0] = -1
    for name in ("OneCoin", "MajorityVote"):
        found = run(getattr(wl, name)()).predict_proba(evidence)
        whole = getattr(wl, name)().fit(evidence).predict_proba(evidence)
        assert np.abs((found - whole).to_numpy()).max() < 1e-10
        assert read == sorted(set(read))  # nothing twice
    with pytest.raises(FileExistsError, match="holds counts of other votes"):
        run(wl.OneCoin(), classes=["b", "a"])


def reviews():
    rng = np.random.default_rng(0)
    words = np.array(["free", "song", "nice", "click", "the", "a"])
    texts = [" ".join(rng.choice(words, 4)) for _ in range(300)]
    return pd.DataFrame({"id": np.arange(300) * 3, "text": texts, "stars": rng.integers(1, 6, 300)})


def functions(calls=None):
    @wl.labeling_function
    def row(row):
        if calls is not None:
            calls.append(row.stars)
        return "ham" if row.stars > 3 and "song" in row.text else None

    return [
        wl.Keywords(["free", "click"], vote="spam", name="words"),
        wl.Threshold("stars", vote=wl.Not("spam"), low=5, name="stars"),
        wl.labeling_function(vectorized=True, name="text")(
            lambda frame: frame.text.str.startswith("nice").map({True: "ham", False: None})
        ),
        row,
    ]


def test_functions_read_files_and_write_votes(tmp_path, small):
    data = written(reviews(), tmp_path / "data")
    faults = outofcore.apply(functions(), data, tmp_path / "votes", classes=CLASSES, index="id")
    assert faults.to_dict() == {"words": 0, "stars": 0, "text": 0, "row": 0}
    found = pd.read_parquet(tmp_path / "votes")
    assert found["id"].tolist() == reviews()["id"].tolist()
    frame = reviews().set_index("id")
    expected = wl.apply(functions(), frame, classes=CLASSES, cache=False)
    for name in ("words", "text", "row"):
        assert found[name].astype(object).where(found[name].notna(), None).tolist() == (
            expected[name].astype(object).where(expected[name].notna(), None).tolist()
        )
    model = outofcore.fit(
        wl.DawidSkene(max_misfit=np.inf), tmp_path / "votes", classes=CLASSES, index=["id"]
    )
    evidence = wl.Evidence(frame.index, CLASSES).with_votes(expected)
    whole = wl.DawidSkene(max_misfit=np.inf).fit(evidence)
    difference = model.predict_proba(evidence) - whole.predict_proba(evidence)
    assert np.abs(difference.to_numpy()).max() < 1e-10


def test_a_stopped_run_goes_on_where_it_stopped(tmp_path, small):
    data = written(reviews(), tmp_path / "data")
    calls: list[int] = []
    state = {"left": 150}

    @wl.labeling_function
    def breaks(row):
        calls.append(row.id)
        state["left"] -= 1
        if state["left"] == 0:
            raise KeyboardInterrupt
        return "ham" if row.stars > 3 else None

    def run():
        return outofcore.apply([breaks], data, tmp_path / "votes", classes=CLASSES, index="id")

    breaks.content = lambda: ("the", "same")
    with pytest.raises(KeyboardInterrupt):
        run()
    there = sorted(path.name for path in (tmp_path / "votes").iterdir())
    assert there == ["_manifest.json", "part-000000.parquet"]
    with pytest.raises(ValueError, match=r"votes' was not filled to the end: a run was stopped"):
        outofcore.fit(wl.DawidSkene(), tmp_path / "votes", classes=CLASSES)
    (tmp_path / "votes" / ".part-000001.parquet.0.half").write_bytes(b"PAR1")  # left by a crash
    calls.clear()
    run()
    assert min(calls) == 100 * 3
    found = pd.read_parquet(tmp_path / "votes")
    assert found["id"].tolist() == reviews()["id"].tolist()
    assert found["breaks"].notna().tolist() == (reviews()["stars"] > 3).tolist()
    calls.clear()
    run()
    assert calls == []
    assert not list((tmp_path / "votes").glob(".*"))


def test_parts_of_something_else_are_not_mixed(tmp_path, small):
    data = written(reviews(), tmp_path / "data")
    out = tmp_path / "votes"
    outofcore.apply(functions()[:1], data, out, classes=CLASSES)
    with pytest.raises(FileExistsError, match="holds parts made of other data, functions or set"):
        outofcore.apply(functions()[:2], data, out, classes=CLASSES)
    outofcore.apply(functions()[:2], data, out, classes=CLASSES, overwrite=True)
    assert pd.read_parquet(out).columns.tolist() == ["words", "stars"]
    with pytest.raises(FileExistsError, match=r"holds other files\. Name a folder of its own"):
        outofcore.apply(functions(), data, data, classes=CLASSES)
    case = wl.datasets.independent(n_items=200, random_state=0)
    votes = written(votes_of(case), tmp_path / "v")
    first = outofcore.fit(wl.MajorityVote(), votes, classes=case.classes)
    outofcore.predict_proba(first, votes, tmp_path / "p")
    second = outofcore.fit(wl.OneCoin(), votes, classes=case.classes)
    with pytest.raises(FileExistsError, match="made of other data"):
        outofcore.predict_proba(second, votes, tmp_path / "p")


def test_functions_that_cannot_be_told_apart_are_not_taken_for_the_same(tmp_path, small):
    data, out = written(reviews(), tmp_path / "data"), tmp_path / "votes"

    def run(vote, **how):
        lock = threading.Lock()

        @wl.labeling_function
        def guarded(row):
            with lock:
                return vote if row.stars > 3 else None

        return outofcore.apply([guarded], data, out, classes=CLASSES, **how)

    run("ham")
    with pytest.raises(ValueError, match=r"holds votes of 'guarded', and whether.*overwrite=True"):
        run("spam")
    run("spam", overwrite=True)
    assert set(pd.read_parquet(out)["guarded"].dropna()) == {"spam"}


def test_other_columns_are_other_data_and_faults_are_not_taken_for_none(tmp_path, small):
    data, out = written(reviews(), tmp_path / "data"), tmp_path / "votes"

    @wl.labeling_function
    def by_stars(row):
        return "ham" if row.stars > 3 else "spam" if hasattr(row, "text") else row.nothing

    def run(**how):
        return outofcore.apply([by_stars], data, out, classes=CLASSES, **how)

    run(columns=["stars", "text"])
    with pytest.raises(FileExistsError, match="made of other data, functions or settings"):
        run(columns=["stars"], on_error="abstain")
    with pytest.warns(wl.functions.FaultWarning, match="'by_stars' failed on"):
        run(columns=["stars"], on_error="abstain", overwrite=True)
    with pytest.raises(ValueError, match=r"failed on some rows, and on_error='raise' wants none"):
        run(columns=["stars"])
    with pytest.raises(wl.functions.LabelingFunctionError):
        run(columns=["stars"], overwrite=True)
    assert not list(out.glob("*.parquet"))


def test_columns_of_one_name_are_refused_before_anything_is_written(tmp_path):
    data = written(reviews().assign(words=1), tmp_path / "data", n_files=1)
    with pytest.raises(ValueError, match=r"would be named 'words'.*Name a function differently"):
        outofcore.apply(functions(), data, tmp_path / "out", classes=CLASSES, index="words")
    said = pd.DataFrame({"ham": range(4), "f": ["ham", "ham", "spam", None]})
    votes = written(said.assign(g=said["f"], h=said["f"]), tmp_path / "votes", n_files=1)
    model = outofcore.fit(wl.MajorityVote(), votes, classes=CLASSES, index="ham")
    with pytest.raises(ValueError, match=r"would be named 'ham'.*Rename the column of the votes"):
        outofcore.predict_proba(model, votes, tmp_path / "out", index="ham")
    assert not (tmp_path / "out").exists()


def late(says, at=250):
    """Vote with one class, and with something else from a row on."""

    @wl.labeling_function
    def rare(row):
        if row.id >= 3 * at:
            return says if row.stars > 1 else None
        return "ham" if row.id >= 3 * 130 and row.stars > 3 else None

    return rare


@pytest.mark.parametrize("says", [{"ham", "spam"}, wl.Not("spam")])
def test_sets_that_come_late_have_the_form_of_the_first(tmp_path, small, says):
    data, out = written(reviews(), tmp_path / "data"), tmp_path / "votes"

    def run(**how):
        return outofcore.apply([late(says)], data, out, classes=CLASSES, **how)

    with pytest.raises(ValueError, match=r"'rare' says .* for row 2\d\d, while .* sets=\['rare'\]"):
        run()
    with pytest.raises(ValueError, match=r"'rare' says .* for row 2\d\d, while"):
        run()  # the parts that are there say so
    run(sets=["rare"], overwrite=True)
    frame = reviews()
    expected = wl.apply([late(says)], frame, classes=CLASSES, cache=False)["rare"]
    whole = wl.Evidence(frame.index, CLASSES).with_votes(expected.to_frame()).votes
    found = pq.read_table(out)["rare"].to_pandas().to_frame()
    found["rare"] = [None if v is None else set(v) for v in found["rare"]]
    again = wl.Evidence(frame.index, CLASSES).with_votes(found).votes
    assert np.array_equal(again.statements[again.code], whole.statements[whole.code])
    assert np.array_equal(again.item, whole.item)
    with pytest.raises(ValueError, match="sets= names 'other', which is no function"):
        run(sets="other")


def test_probabilities_have_one_form_and_no_place_among_classes(tmp_path, small):
    data = written(reviews(), tmp_path / "data")
    soft = {"ham": 0.75, "spam": 0.25}
    with pytest.raises(ValueError, match=r"holds single classes; a file .* one of them throughout"):
        outofcore.apply([late(soft)], data, tmp_path / "a", classes=CLASSES)
    with pytest.raises(ValueError, match="while its column holds sets of classes"):
        outofcore.apply([late(soft)], data, tmp_path / "b", classes=CLASSES, sets=["rare"])

    @wl.labeling_function
    def sure(row):
        return {"ham": 1.0} if row.stars > 3 else {"spam": 1.0} if row.id < 99 else "spam"

    outofcore.apply([sure], data, tmp_path / "c", classes=CLASSES)
    found = pq.read_table(tmp_path / "c")["sure"].to_pylist()
    assert {tuple(vote) for vote in found} == {("ham", "spam")}
    assert [vote["ham"] == 1 for vote in found] == (reviews()["stars"] > 3).tolist()


def test_declared_sets_may_be_silent_in_a_whole_batch(tmp_path, small):
    data = written(reviews().assign(n=np.arange(300)), tmp_path / "data")
    last = wl.Threshold("n", vote=wl.Not("spam"), low=290, name="last")
    outofcore.apply([last], data, tmp_path / "votes", classes=CLASSES)
    assert pq.read_table(tmp_path / "votes")["last"].to_pylist() == [None] * 290 + [["ham"]] * 10


def test_faults_are_counted_over_all_parts(tmp_path, small):
    data = written(reviews(), tmp_path / "data")

    @wl.labeling_function
    def fails(row):
        return "ham" if row.stars > 1 else row.nothing

    n_failed = int((reviews()["stars"] == 1).sum())
    with pytest.raises(wl.functions.LabelingFunctionError, match="'fails' failed for item"):
        outofcore.apply([fails], data, tmp_path / "votes", classes=CLASSES)
    with pytest.warns(wl.functions.FaultWarning, match=f"'fails' failed on {n_failed} of 300 rows"):
        faults = outofcore.apply(
            [fails], data, tmp_path / "votes", classes=CLASSES, on_error="abstain"
        )
    assert faults["fails"] == n_failed


@pytest.mark.filterwarnings("ignore::weaklabel.models._advice.SourceWarning")
def test_votes_may_be_codes_and_sets(tmp_path, small):
    frame = pd.DataFrame(
        {
            "codes": [0, 1, -1, 1, None],
            "sets": [["a"], ["a", "b"], None, ["b", "c"], ["c"]],
            "names": ["a", None, "b", "c", "a"],
            "silent": [None] * 5,
        }
    )
    folder = written(frame, tmp_path / "votes", n_files=1)
    model = outofcore.fit(wl.MajorityVote(), folder, classes=["a", "b", "c"])
    found = pd.read_parquet(outofcore.predict_proba(model, folder, tmp_path / "p"))
    told = frame.assign(sets=[None if s is None else set(s) for s in frame["sets"]])
    evidence = wl.Evidence(frame.index, ["a", "b", "c"]).with_votes(told)
    expected = wl.MajorityVote().fit(evidence).predict_proba(evidence)
    assert np.allclose(found, expected)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("frame", "arguments", "error", "words"),
    [
        ({"f": ["ham", "eggs"]}, {}, ValueError, "'eggs'"),
        ({"f": [{"ham": 0.5, "spam": 0.5}]}, {}, ValueError, "'f' votes with probabilities. Rows"),
        ({"f": ["ham"]}, {"index": "id"}, KeyError, "The votes have no column 'id'; the columns"),
        ({"f": []}, {}, ValueError, "The votes have no rows, so that there is nothing to learn"),
        ({"f": ["ham"]}, {"index": "f"}, ValueError, "no column besides the index"),
        ({"f": ["ham"]}, {"memory": "2 apples"}, ValueError, "memory='2 apples' is no amount"),
        ({"f": ["ham"]}, {"memory": 0}, ValueError, "memory=0 is no amount of memory"),
    ],
)
def test_what_is_no_vote_is_refused(tmp_path, frame, arguments, error, words):
    folder = written(pd.DataFrame(frame), tmp_path / "votes", n_files=1)
    with pytest.raises(error, match=words):
        outofcore.fit(wl.MajorityVote(), folder, classes=CLASSES, **arguments)


def test_no_rows_give_no_parts(tmp_path):
    pd.DataFrame({"f": ["ham"]}).to_parquet(tmp_path / "one.parquet")
    pd.DataFrame({"f": ["ham"]}).head(0).to_parquet(tmp_path / "none.parquet")
    with pytest.warns(wl.models._advice.SourceWarning):
        model = outofcore.fit(wl.MajorityVote(), tmp_path / "one.parquet", classes=CLASSES)
    both = [tmp_path / "none.parquet", tmp_path / "one.parquet"]
    assert len(pd.read_parquet(outofcore.predict_proba(model, both, tmp_path / "both"))) == 1
    done = outofcore.predict_proba(model, both[0], tmp_path / "p")
    assert [path.name for path in done.iterdir()] == ["_manifest.json"]


def test_files_are_found_and_alike(tmp_path):
    with pytest.raises(FileNotFoundError, match="There are no votes at"):
        outofcore.fit(wl.MajorityVote(), tmp_path / "nowhere", classes=CLASSES)
    with pytest.raises(FileNotFoundError, match=r"no file ends in \.parquet, \.arrow or \.feather"):
        outofcore.fit(wl.MajorityVote(), tmp_path, classes=CLASSES)
    pd.DataFrame({"f": ["ham"]}).to_parquet(tmp_path / "a.parquet")
    pd.DataFrame({"g": ["ham"]}).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(ValueError, match=r"has other columns than .*'g' instead of 'f'"):
        outofcore.fit(wl.MajorityVote(), tmp_path, classes=CLASSES)
    (tmp_path / "_manifest.json").write_text("{")
    with pytest.raises(ValueError, match="was not written by this version of weaklabel"):
        outofcore.fit(wl.MajorityVote(), tmp_path, classes=CLASSES)


def test_a_later_version_of_parts_is_refused(tmp_path):
    Parts(tmp_path, ["a.parquet"], "x")
    path = tmp_path / "_manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 99}))
    with pytest.raises(ValueError, match="update weaklabel"):
        Parts(tmp_path, ["a.parquet"], "x")


def test_a_failed_part_leaves_nothing(tmp_path):
    parts = Parts(tmp_path, ["a.parquet"], "x")

    def tables():
        yield pa.table({"a": [1]})
        raise RuntimeError

    with pytest.raises(RuntimeError):
        parts.write(0, tables())
    assert [path.name for path in tmp_path.iterdir()] == ["_manifest.json"]
    assert parts.missing() == [0]


def test_rows_with_one_hash_stay_apart(monkeypatch):
    codes = np.array([[0, 1], [1, 0], [0, 1], [-1, -1]], np.int8)
    monkeypatch.setattr(_patterns, "scatter", np.zeros_like)
    first, kind = distinct(codes)
    assert (codes[first][kind] == codes).all()
    assert len(first) == 3


def test_patterns_are_counted_exactly(tmp_path):
    rng = np.random.default_rng(0)
    codes = rng.integers(-1, 2, (500, 4)).astype(np.int8)
    patterns = Patterns(10**9, tmp_path)
    for rows in np.array_split(codes, 7):
        patterns.add(rows)
    n_patterns, n_votes = patterns.finish()
    expected, numbers = np.unique(codes, axis=0, return_counts=True)
    ((found, counts),) = patterns.pieces(1000)
    order = np.lexsort(found.T[::-1])
    assert n_patterns == len(expected)
    assert n_votes == (expected >= 0).sum()
    assert (found[order] == expected).all()
    assert counts[order].tolist() == numbers.tolist()


def test_amounts_of_memory():
    assert in_bytes("2GB") == 2 * 10**9
    assert in_bytes("500 MiB") == 500 * 2**20
    assert in_bytes("10b") == 10
