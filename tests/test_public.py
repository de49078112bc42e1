"""What users see: names, documentation, what importing loads, and the code of the README."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from sklearn.base import BaseEstimator

import weaklabel as wl

ROOT = Path(wl.__file__).parent.parent
README = ROOT / "README.md"
HEAVY = ["torch", "cupy", "matplotlib", "dask", "numba", "polars"]
# not heavy, but slow beside what every user needs
SLOW = ["sklearn.ensemble", "sklearn.metrics", "sklearn.pipeline", "weaklabel.outofcore"]

# Public names that speak for themselves: a marker, and folders.
OBJECTS = [
    name
    for name in wl.__all__
    if not isinstance(getattr(wl, name), ModuleType) and name != "ABSTAIN"
]


def test_all_is_sorted_and_there():
    # names in capitals first, as the linter has it
    assert wl.__all__ == sorted(wl.__all__, key=lambda name: (not name.isupper(), name))
    assert len(set(wl.__all__)) == len(wl.__all__)
    assert [name for name in wl.__all__ if not hasattr(wl, name)] == []


def test_all_is_complete():
    """What the top level imports from its folders, it exports."""
    source = (ROOT / "weaklabel" / "__init__.py").read_text()
    imported = {
        alias.partition(" as ")[0].strip()
        for block in re.findall(r"^ *from weaklabel[\w.]* import (\([^)]*\)|.*)$", source, re.M)
        for alias in block.strip("()").split(",")
        if alias.strip()
    }
    assert imported == set(wl.__all__)


@pytest.mark.parametrize("folder", ["constraints", "functions", "models", "solvers", "training"])
def test_every_member_of_a_user_facing_folder_is_at_the_top(folder):
    """Bases, warnings and errors stay in their folder; what users make is at the top."""
    module = importlib.import_module(f"weaklabel.{folder}")
    inner = {
        name
        for name in module.__all__
        if (inspect.isclass(member := getattr(module, name)))
        and (inspect.isabstract(member) or issubclass(member, (Warning, Exception)))
    }
    # bases that are not abstract to Python
    inner |= {"Constraint", "HardenedLabels", "Statement"}
    # for those who write solvers
    inner |= {"check_feasible", "require_bounds"}
    assert set(module.__all__) - inner <= set(wl.__all__)


@pytest.mark.parametrize("name", OBJECTS)
def test_every_public_name_has_a_docstring_with_an_example(name):
    text = inspect.getdoc(getattr(wl, name)) or ""
    first = text.partition("\n")[0]
    assert first.endswith((".", ":")), f"{name}: begin with one sentence."
    if not inspect.isabstract(getattr(wl, name)):  # a base is shown by its members
        assert doctest.DocTestParser().get_examples(text), f"{name} has no example."


@pytest.mark.parametrize("name", OBJECTS)
def test_every_parameter_is_documented(name):
    member = getattr(wl, name)
    text = inspect.getdoc(member) or ""
    described = text.partition("Parameters\n----------\n")[2].partition("\n---")[0]
    described = set(re.findall(r"\w+", described))
    parameters = [
        parameter.name
        for parameter in inspect.signature(member).parameters.values()
        if not parameter.name.startswith("_")
    ]
    missing = [each for each in parameters if each not in described]
    assert not missing, f"{name} says nothing of {missing} under Parameters."


@pytest.mark.parametrize("name", OBJECTS)
def test_public_methods_are_documented(name):
    member = getattr(wl, name)
    if not inspect.isclass(member):
        pytest.skip("no class")
    silent = [
        method
        for method, function in inspect.getmembers(member, inspect.isfunction)
        if not method.startswith("_")
        and function.__module__.startswith("weaklabel")
        and not inspect.getdoc(getattr(member, method))
    ]
    assert not silent


@pytest.mark.parametrize("name", OBJECTS)
def test_results_are_documented(name):
    """Learned attributes of estimators are listed under Attributes."""
    member = getattr(wl, name)
    if not (inspect.isclass(member) and issubclass(member, BaseEstimator)):
        pytest.skip("no estimator")
    if not hasattr(member, "fit") or member is wl.OneCoin:
        pytest.skip("learns nothing of its own")
    assert "Attributes\n---" in (inspect.getdoc(member) or "")


def python(code: str) -> str:
    """Run code in a fresh interpreter and give what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_loads_nothing_heavy():
    heavy = [*HEAVY, *SLOW]
    code = f"import sys, weaklabel; print([n for n in {heavy} if n in sys.modules])"
    assert python(code).strip() == "[]"


def test_what_is_imported_later_is_there_from_the_start():
    assert set(wl.LATER) <= set(dir(wl)) & set(wl.__all__)
    assert python("import weaklabel as wl; print(wl.plots.vote_matrix.__name__)") == "vote_matrix\n"
    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        _ = wl.Nonsense


def test_labeling_and_fitting_load_nothing_heavy():
    """On a small frame: a laptop user never waits for a compiler."""
    code = f"""
import sys, pandas as pd, weaklabel as wl
comments = pd.DataFrame({{"text": ["please subscribe", "great song", "my channel", "love it"]}})
functions = [
    wl.Keywords(["subscribe", "channel"], vote="spam", name="asks"),
    wl.Keywords(["song", "love"], vote="ham", name="praises"),
    wl.Regex(r"my", vote="spam", name="own"),
]
votes = wl.apply(functions, comments, progress=False)
evidence = wl.Evidence(votes.index, classes=["ham", "spam"]).with_votes(votes)
wl.LabelModel().fit(evidence).predict_proba(evidence)
print([n for n in {HEAVY} if n in sys.modules])
"""
    assert python(code).strip() == "[]"


def readme_blocks() -> list[str]:
    if not README.exists():
        return []
    return re.findall(r"^```python\n(.*?)^```", README.read_text(), re.M | re.S)


def test_the_code_of_the_readme_prints_what_it_shows(tmp_path, monkeypatch, capsys):
    """All blocks, in order, in one namespace: as a reader would type them."""
    shown = re.findall(r"```python\n(.*?)```(?:\n\n```\n(.*?)```)?", README.read_text(), re.DOTALL)
    assert shown, "README.md shows no code."
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "readme"}
    for block, output in shown:
        exec(compile(block, "README.md", "exec"), namespace)
        assert capsys.readouterr().out.split() == output.split()
