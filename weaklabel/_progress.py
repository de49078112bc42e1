"""Progress bars: shown to people, not to log files."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any


def progress_bar(show: bool | None, total: int, words: str, **tqdm_options: Any) -> Any:
    """Make a bar that is quiet where nobody watches.

    Parameters
    ----------
    show : bool or None
        None shows it on a terminal or in a notebook only.
    total : int
        Number of steps.
    words : str
        What is going on.
    **tqdm_options
        Passed on, such as ``unit=" votes"``.

    Examples
    --------
    >>> with progress_bar(None, 3, "labeling") as bar:
    ...     bar.update(3)
    """
    if in_notebook() and find_spec("ipywidgets"):
        from tqdm.notebook import tqdm
    else:
        from tqdm import tqdm
    visible = in_notebook() or sys.stderr.isatty() if show is None else show
    return tqdm(total=total, desc=words, disable=not visible, **tqdm_options)


def in_notebook() -> bool:
    """Say whether a notebook shows the output."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"
