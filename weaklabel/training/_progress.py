"""Progress bars: shown to people, not to log files."""

from __future__ import annotations

import sys
from typing import Any


def progress_bar(show: bool | None, total: int, words: str) -> Any:
    """Make a bar; None shows it on a terminal or in a notebook only."""
    from tqdm.auto import tqdm

    visible = _someone_watches() if show is None else show
    return tqdm(total=total, desc=words, disable=not visible, leave=False)


def _someone_watches() -> bool:
    """Say whether the output goes to a terminal or a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell" or sys.stderr.isatty()
