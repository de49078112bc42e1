import subprocess
import sys

import pytest

from weaklabel.plots._style import axes


def test_without_matplotlib_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"need matplotlib.*weaklabel\[plots\]"):
        axes(None, 1, 1)


def test_importing_the_folder_does_not_load_matplotlib():
    code = "import sys, weaklabel.plots; print('matplotlib' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
