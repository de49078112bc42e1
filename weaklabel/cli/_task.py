"""Task files: Python that names the classes, the labeling functions, and what else is known."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from weaklabel.cli._errors import CommandError
from weaklabel.functions import LabelingFunction

EXAMPLE = (
    "A task file has CLASSES = ['ham', 'spam'] and FUNCTIONS = [...]; "
    "labeling_functions/youtube_spam.py is one to copy"
)


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a task file says.

    Parameters
    ----------
    name : str
        As the user wrote it.
    classes : list of hashable
        Class names, in order.
    functions : list of LabelingFunction
        Empty if nobody votes, and the file says what is known by `evidence`.
    gold : str or None
        Column of the true classes, if the file names one. For evaluation that was asked for.
    load : callable or None
        Returns a frame to work on when no data are given.
    features : callable or None
        Returns an unfitted transformer for a classifier.
    evidence : callable or None
        Takes the frame and returns Evidence: what is known besides votes.
    """

    name: str
    classes: list[Any]
    functions: list[LabelingFunction]
    gold: str | None
    load: Callable[[], pd.DataFrame] | None
    features: Callable[[], Any] | None
    evidence: Callable[[pd.DataFrame], Any] | None = None


def load_task(name: str) -> Task:
    """Load a task by path or by module name.

    Parameters
    ----------
    name : str
        ``path/to/task.py``, or a module such as ``labeling_functions.youtube_spam``.

    Raises
    ------
    CommandError
        If there is no such file or module, its code raises, or it lacks what a task needs.
    """
    module = _from_file(name) if _is_path(name) else _from_module(name)
    evidence = getattr(module, "evidence", None)
    functions = [] if evidence and not hasattr(module, "FUNCTIONS") else _functions(module, name)
    return Task(
        name=name,
        classes=_classes(module, name),
        functions=functions,
        gold=getattr(module, "GOLD", None),
        load=getattr(module, "load", None),
        features=getattr(module, "features", None),
        evidence=evidence,
    )


def guarded_call(task: Task, call: Callable[[], Any], what: str) -> Any:
    """Run a function of a task on data; say where it fails.

    Raises
    ------
    CommandError
    """
    try:
        return call()
    except Exception as error:
        msg = (
            f"{what} of {task.name!r} raised {type(error).__name__}: {error}"
            f"{_line(error, _file_of(task.name))}. Mend it, or the data; --debug shows the "
            "traceback."
        )
        raise CommandError(msg) from error


def _file_of(name: str) -> str:
    """Give the file of a task, of which only the last part matters."""
    return name if _is_path(name) else f"{name.rpartition('.')[2]}.py"


def _functions(module: ModuleType, name: str) -> list[LabelingFunction]:
    """Give the labeling functions, at least one."""
    functions = _required(module, "FUNCTIONS", name)
    if isinstance(functions, LabelingFunction) or not len(functions):
        msg = f"FUNCTIONS of {name!r} is not a list with labeling functions in it. {EXAMPLE}."
        raise CommandError(msg)
    return list(functions)


def _is_path(name: str) -> bool:
    """Tell a path from a module name."""
    return name.endswith(".py") or "/" in name or "\\" in name


def _from_file(name: str) -> ModuleType:
    """Run a task file, with its folder on the path as Python does for scripts."""
    path = Path(name)
    if not path.is_file():
        msg = f"There is no task file {name!r}. Check the path; {_here()}. {EXAMPLE}."
        raise CommandError(msg)
    spec = spec_from_file_location(f"weaklabel_task_{path.stem}", path.resolve())
    if spec is None or spec.loader is None:
        msg = f"{name!r} is no Python file. Give a file that ends in .py. {EXAMPLE}."
        raise CommandError(msg)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # while it runs: dataclasses look for their module
    sys.path.insert(0, str(path.resolve().parent))
    loader = spec.loader
    try:
        _guarded(lambda: loader.exec_module(module), name)
    finally:
        # Other processes cannot import it by name. What is of no known module travels by value.
        sys.modules.pop(spec.name, None)
    return module


def _from_module(name: str) -> ModuleType:
    """Import a module by name."""
    return _guarded(lambda: importlib.import_module(name), name)


def _guarded(run: Callable[[], Any], name: str) -> Any:
    """Run the code of a task; say where it fails."""
    try:
        return run()
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            msg = (
                f"There is no module {name!r}. A task is a path that ends in .py, or a module that "
                f"Python finds, such as labeling_functions.youtube_spam; {_here()}."
            )
            raise CommandError(msg) from error
        msg = (
            f"Task {name!r} imports {error.name!r}, which is not installed here. Install it, or "
            "put the file beside the task."
        )
        raise CommandError(msg) from error
    except SyntaxError as error:
        msg = f"Task {name!r} is no valid Python: {error.msg}, line {error.lineno}. Mend that line."
        raise CommandError(msg) from error
    except (Exception, SystemExit) as error:
        msg = (
            f"Task {name!r} raised {type(error).__name__}: {error}{_line(error, name)}. A task is "
            "run before any data are read; mend it, or see the traceback with --debug."
        )
        raise CommandError(msg) from error


def _line(error: BaseException, name: str) -> str:
    """Name the last line of the task itself that an error went through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).name == Path(name).name]
    return f" (line {own[-1].lineno}: {own[-1].line})" if own else ""


def _required(module: ModuleType, attribute: str, name: str) -> Any:
    """Give something that a task must have."""
    if not hasattr(module, attribute):
        msg = f"Task {name!r} has no {attribute}. {EXAMPLE}."
        raise CommandError(msg)
    return getattr(module, attribute)


def _classes(module: ModuleType, name: str) -> list[Any]:
    """Give the class names, at least two and each once."""
    classes = _required(module, "CLASSES", name)
    if isinstance(classes, str) or len(set(classes)) != len(classes) or len(classes) < 2:
        msg = (
            f"CLASSES of {name!r} is {classes!r}, which is no list of two or more different names. "
            f"If items either have a property or not, name both, as in ['no', 'yes']. {EXAMPLE}."
        )
        raise CommandError(msg)
    return list(classes)


def _here() -> str:
    """Say where relative paths start."""
    return f"the current folder is {str(Path.cwd())!r}"
