"""What all commands share: help, codes, messages, warnings."""

import os
import signal
import subprocess
import sys
import time

import pytest

import weaklabel
from weaklabel import cli
from weaklabel.cli import label, main, summary

MODULE = [sys.executable, "-m", "weaklabel"]


def test_module_and_version_in_a_process_of_its_own():
    done = subprocess.run([*MODULE, "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"weaklabel {weaklabel.__version__}\n")


def test_importing_the_package_does_not_load_the_command_line():
    code = "import sys, weaklabel; sys.exit('weaklabel.cli' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_command_shows_help_and_counts_as_usage(run):
    code, out, err = run()
    assert (code, out) == (2, "")
    assert "weaklabel demo" in err


@pytest.mark.parametrize("command", [[], ["demo"], ["label"], ["summary"]])
def test_help_has_examples(command, capsys):
    with pytest.raises(SystemExit) as exit_:
        main([*command, "--help"])
    assert exit_.value.code == 0
    assert "example" in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv",
    [
        ["nonsense"],
        ["label", "task.py", "comments.csv"],  # no -o
        ["summary", "task.py", "comments.csv", "--format", "xml"],
        ["summary", "task.py", "comments.csv", "--n-jobs", "0"],
        ["summary", "task.py", "comments.csv", "--n-jobs", "two"],
    ],
)
def test_wrong_usage_is_code_2(argv, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(argv)
    assert exit_.value.code == 2
    assert "usage: weaklabel" in capsys.readouterr().err


def test_zero_processes_are_explained(capsys):
    with pytest.raises(SystemExit):
        main(["summary", "task.py", "--n-jobs", "0"])
    assert "0 processes do no work" in capsys.readouterr().err


def test_interrupt_is_code_130(run, monkeypatch):
    def interrupted(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(summary, "load_task", interrupted)
    assert run("summary", "task.py") == (130, "", "weaklabel: interrupted\n")


def test_a_signal_stops_the_process_and_leaves_no_file(folder):
    slow = "\nimport pathlib, time\npathlib.Path('ready').touch()\ntime.sleep(60)\n"
    (folder / "task.py").write_text((folder / "task.py").read_text() + slow)
    command = [*MODULE, "label", "task.py", "comments.csv", "-o", "out.csv"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while not (folder / "ready").exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert (process.returncode, err) == (130, "weaklabel: interrupted\n")
    assert sorted(file.name for file in folder.glob("*out*")) == []


def test_a_reader_that_goes_away_is_no_error(folder):
    command = [*MODULE, "label", "task.py", "comments.csv", "-o", "-", "--quiet"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_broken_pipe_closes_the_output(folder, monkeypatch, capfd):
    def broken(*_):
        raise BrokenPipeError

    monkeypatch.setattr(summary, "summary_text", broken)
    assert main(["summary", "task.py", "comments.csv"]) == 141
    sys.stdout.write("nobody reads this")
    sys.stdout.flush()
    assert capfd.readouterr() == ("", "")


def test_debug_shows_the_traceback(folder, run):
    code, out, err = run("summary", "task.py", "missing.csv", "--debug")
    assert (code, out) == (1, "")
    assert err.startswith("Traceback")
    assert "CommandError: There is no file 'missing.csv'" in err
    assert run("--debug", "summary", "task.py", "missing.csv")[2].startswith("Traceback")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("three parts."), "error: three parts. (--debug shows where)"),
        (KeyError("x"), "error: KeyError: 'x' (--debug shows where)"),
    ],
)
def test_errors_of_the_library_become_messages(folder, fails, monkeypatch, error, message):
    def broken(*_, **__):
        raise error

    monkeypatch.setattr(summary, "vote", broken)
    assert message in fails("summary", "task.py", "comments.csv")


def test_nothing_to_learn_from_is_explained_by_the_model(folder, fails, comments):
    comments.assign(text="no words of interest in here").to_csv("comments.csv")
    assert "nothing to learn from" in fails("label", "task.py", "comments.csv", "-o", "out.csv")


def test_warnings_are_messages_each_once(folder, run):
    noise = "import warnings\nfor _ in range(3): warnings.warn('odd words', stacklevel=1)\n"
    (folder / "task.py").write_text(noise + (folder / "task.py").read_text())
    code, _, err = run("summary", "task.py", "comments.csv")
    assert (code, err) == (0, "weaklabel: warning: odd words\n")


def test_every_command_is_listed():
    assert label in cli.COMMANDS
    assert summary in cli.COMMANDS
