"""A new member of a family costs its file and its line; forgetting the line is noticed."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path

import pytest

import weaklabel

ROOT = Path(weaklabel.__file__).parent
FAMILIES = ["models", "solvers", "constraints", "kernels", "losses", "plots"]
NEEDS = {"losses": "torch", "plots": "matplotlib"}


def files_of(folder: str) -> list[Path]:
    """Public files of a folder; those with an underscore are nobody's members."""
    return sorted((ROOT / folder).glob("[!_]*.py"))


def plain_name(name: str) -> str:
    """Compare names without case and underscores: `glad.py` may hold `GLAD`."""
    return name.lower().replace("_", "")


def listed_in(family: str) -> set[str]:
    if family in NEEDS:
        pytest.importorskip(NEEDS[family])
    return {plain_name(name) for name in import_module(f"weaklabel.{family}").__all__}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_file_has_its_line(family):
    listed = listed_in(family)
    missing = [file.name for file in files_of(family) if plain_name(file.stem) not in listed]
    assert not missing, (
        f"weaklabel/{family}/ has {', '.join(missing)}, which weaklabel/{family}/__init__.py does "
        "not list. Import its public name there, named like the file, and add it to __all__."
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_members(family):
    assert files_of(family)


@pytest.mark.parametrize("family", [*FAMILIES, "functions", "analysis", "datasets", "training"])
def test_what_a_folder_lists_is_there_and_sorted(family):
    if family in NEEDS:
        pytest.importorskip(NEEDS[family])
    folder = import_module(f"weaklabel.{family}")
    assert [name for name in folder.__all__ if not hasattr(folder, name)] == []
    assert len(set(folder.__all__)) == len(folder.__all__)
    # names in capitals first, as the linter has it
    order = sorted(folder.__all__, key=lambda name: (not name.isupper(), name))
    assert folder.__all__ == order


@pytest.mark.parametrize("folder", ["cpu", "gpu"])
def test_every_twin_has_a_plain_version(folder):
    plain = {file.stem for file in files_of("kernels")}
    alone = [file.name for file in files_of(f"kernels/{folder}") if file.stem not in plain]
    assert not alone, (
        f"weaklabel/kernels/{folder}/ has {', '.join(alone)} without a plain version. Write "
        "weaklabel/kernels/NAME.py in the array standard first; the twin is held against it."
    )


@pytest.mark.parametrize("name", [file.stem for file in files_of("kernels")])
def test_every_kernel_is_named_like_its_file_and_dispatched(name):
    kernel = getattr(import_module("weaklabel.kernels"), name)
    plain = inspect.unwrap(kernel)
    assert plain is not kernel, f"Decorate weaklabel/kernels/{name}.py with @kernel."
    assert Path(inspect.getfile(plain)).stem == name


@pytest.mark.parametrize("folder", ["kernels", *(f"kernels/{twin}" for twin in ("cpu", "gpu"))])
def test_plain_kernels_load_no_compiler(folder):
    """Twins may import numba at the top; nothing imports the twins until they are needed."""
    for file in files_of(folder):
        imports = [
            line for line in file.read_text().splitlines() if line.startswith(("import", "from"))
        ]
        heavy = [line for line in imports if any(name in line for name in ("numba", "cupy"))]
        assert folder != "kernels" or not heavy
