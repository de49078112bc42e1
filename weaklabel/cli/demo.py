"""``weaklabel demo``: everything on comments that ship with the package, without a hand label."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from weaklabel.analysis import score, summary
from weaklabel.cli import _html
from weaklabel.cli._errors import CommandError, say
from weaklabel.cli._figures import MISSING, can_draw, figure
from weaklabel.cli._files import read_items, replacing, write_table
from weaklabel.cli._labeling import Labeling, about_model, evidence_of, label_table, vote
from weaklabel.cli._options import add_quiet
from weaklabel.cli._report import report
from weaklabel.cli._shares import Shares
from weaklabel.cli._table import percent, summary_text, text_table
from weaklabel.cli._task import Task, load_task
from weaklabel.models import LabelModel, MajorityVote
from weaklabel.plots import reliability_diagram
from weaklabel.training import SoftLabelClassifier

TASK = "labeling_functions.youtube_spam"
GOLD_COLUMN = "label"  # taken out of sight of everything but the comparison and the shares
HELD_OUT = 0.25  # of the comments, drawn by random_state=0
MAJORITY, MODEL, SHARES = "majority vote", "label model", "label model + shares"
WEAK, WEAK_SHARES, WEAK_MAJORITY, GOLD = (
    "classifier on label model",
    "classifier on label model + shares",
    "classifier on majority vote",
    "classifier on gold",
)
RELIABILITY = {
    "Accuracy against confidence: above the diagonal a method is too modest, below it too sure. "
    "Large points stand for many comments.": (SHARES, MODEL, MAJORITY),
    "The same for the classifiers.": (WEAK_SHARES, WEAK, WEAK_MAJORITY, GOLD),
}

DESCRIPTION = """\
Label 1,956 comments under music videos as spam or ham by 14 labeling functions, train a classifier
on the labels, and compare it with one that was trained on gold, on comments that neither has seen.
Then state the share of spam in each month of a video as well, and see what that changes.
Takes some seconds, needs no network. Writes labels.parquet and report.html.
"""


def add_to(commands: Any, common: argparse.ArgumentParser) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "demo",
        parents=[common],
        help="see everything on data that ship with the package",
        description=DESCRIPTION,
        epilog="example:\n  weaklabel demo --out first-labels",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        default="weaklabel-demo",
        help="folder for the results, made if it is not there (default: weaklabel-demo)",
    )
    add_quiet(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Show everything."""
    folder = _folder(arguments.out)
    tell = _silent if arguments.quiet else print
    task = load_task(TASK)
    frame = read_items(task, None)
    comments, gold = frame.drop(columns=GOLD_COLUMN), frame[GOLD_COLUMN]
    train, test = _halves(comments.index)

    tell(f"{len(comments):,} comments under five music videos: {' or '.join(task.classes)}?")
    tell(f"\n1. {len(task.functions)} labeling functions vote. No gold label is looked at.\n")
    votes = vote(task, comments, progress=False if arguments.quiet else None)
    tell(summary_text(summary(votes), task.classes))

    tell(f"\n2. A label model learns from {len(train):,} of the comments how the functions err.\n")
    labeling = _label(task, comments, votes, train)
    tell("\n".join(f"   {line}" for line in about_model(labeling.model)))

    shares = Shares.count(comments, gold)
    tell(f"\n3. Another one also knows shares of spam.\n\n{shares.told()}\n")
    stated = shares.add_to(labeling.evidence)
    informed = LabelModel().fit(stated).posterior(stated)

    tell("4. Classifiers (TF-IDF, logistic regression) learn from the probabilities of both.")
    predictions = predict(labeling, informed.frame(), gold, train, test)
    tell(f"\n5. On the {len(test):,} other comments, compared with gold:\n")
    scores = compare(predictions, gold)
    print(_scores_text(scores))
    tell(f"\n{_reading(scores, len(train), len(test))}")
    tell(shares.reading(predictions, gold, (MODEL, SHARES)))

    _write(
        folder,
        labeling,
        _comparison(scores, predictions, gold, len(train)),
        shares.section(stated, {"Votes": labeling.posterior, "Votes and shares": informed}),
    )
    print(f"\nLabels: {folder / 'labels.parquet'}\nReport: {folder / 'report.html'}")
    if not can_draw():
        say(f"the report has no pictures. {MISSING}")
    tell(_next_step())


def _halves(index: pd.Index) -> tuple[pd.Index, pd.Index]:
    """Hold some comments out."""
    train, test = train_test_split(np.arange(len(index)), test_size=HELD_OUT, random_state=0)
    return index[np.sort(train)], index[np.sort(test)]


def _label(task: Task, comments: pd.DataFrame, votes: pd.DataFrame, train: pd.Index) -> Labeling:
    """Fit a label model to the votes on some comments, and apply it to all."""
    evidence = evidence_of(task, comments, votes)
    model = LabelModel().fit(evidence.take(comments.index.get_indexer(train)))
    return Labeling(
        task=task,
        frame=comments,
        votes=votes,
        evidence=evidence,
        model=model,
        posterior=model.posterior(evidence),
    )


def predict(
    labeling: Labeling, informed: pd.DataFrame, gold: pd.Series, train: pd.Index, test: pd.Index
) -> dict[str, pd.DataFrame]:
    """Train the classifiers on some items, and give all probabilities of the others.

    Parameters
    ----------
    labeling : Labeling
        Its model was fitted to `train`.
    informed : DataFrame, n_items x n_classes
        Probabilities of all items by votes and shares.
    gold : Series, n_items
        Only the classifier that is meant to see gold does so.
    train, test : Index

    Returns
    -------
    dict of str to Posterior or DataFrame
        By method, on the index `test`.
    """
    from labeling_functions.youtube_spam import features

    comments, evidence = labeling.frame, labeling.evidence
    learned = evidence.take(comments.index.get_indexer(train))
    held_out = evidence.take(comments.index.get_indexer(test))
    majority = MajorityVote().fit(learned)
    lessons = {
        WEAK: labeling.model.posterior(learned),
        WEAK_SHARES: informed.loc[train],
        WEAK_MAJORITY: majority.posterior(learned),
        GOLD: gold.loc[train],
    }
    found: dict[str, Any] = {
        MAJORITY: majority.posterior(held_out),
        MODEL: labeling.model.posterior(held_out),
        SHARES: informed.loc[test],
    }
    for name, lesson in lessons.items():
        # C=10: rows of TF-IDF have length 1, for which the default penalty is strong
        classifier = make_pipeline(features(), LogisticRegression(C=10, max_iter=1000))
        trained = SoftLabelClassifier(classifier).fit(comments.loc[train], lesson)
        found[name] = pd.DataFrame(
            trained.predict_proba(comments.loc[test]), index=test, columns=trained.classes_
        )
    return found


def compare(predictions: dict[str, Any], gold: pd.Series) -> pd.DataFrame:
    """Score predictions against gold: one row a method, one column a figure of merit."""
    held_out = gold.loc[next(iter(predictions.values())).index]
    return pd.DataFrame({name: score(held_out, p) for name, p in predictions.items()}).T


def _folder(name: str) -> Path:
    """Make the folder for the results."""
    folder = Path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"--out {name} cannot be made: {error.strerror}. Give a folder that can be written."
        raise CommandError(msg) from error
    return folder


def _silent(*_: object) -> None:
    """Say nothing."""


def _scores_cells(scores: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Format the comparison: header, rows."""
    header = ["", "accuracy", "F1", "Brier", "log-loss", "ECE", "coverage"]
    rows = [
        [
            str(name),
            percent(row["accuracy"]),
            *(f"{row[what]:.3f}" for what in ("f1", "brier", "log_loss", "ece")),
            percent(row["coverage"]),
        ]
        for name, row in scores.iterrows()
    ]
    return header, rows


def _scores_text(scores: pd.DataFrame) -> str:
    """Write the comparison for a terminal."""
    return text_table(*_scores_cells(scores))


def _reading(scores: pd.DataFrame, n_train: int, n_test: int) -> str:
    """Say in words what the comparison says."""
    accuracy = scores["accuracy"]
    error = np.sqrt(accuracy[WEAK] * (1 - accuracy[WEAK]) / n_test)
    return (
        f"Without one hand label the classifier is right on {accuracy[WEAK]:.1%} of the comments, "
        f"those that no function\nvotes on included, and on {accuracy[WEAK_SHARES]:.1%} where "
        f"shares are known as well; with all {n_train:,} gold labels on\n{accuracy[GOLD]:.1%}. "
        f"(Standard error: {error:.1%}.)\n"
        "Brier, log-loss and ECE (calibration error): lower is better. Ties count in expectation."
    )


def _comparison(
    scores: pd.DataFrame, predictions: dict[str, Any], gold: pd.Series, n_train: int
) -> _html.Node:
    """Make the section of the report that compares the methods."""
    n_test = int(scores["n"].iloc[0])
    done = (
        "The label model and the classifiers (TF-IDF, logistic regression) learned from "
        f"{n_train:,} comments. The table is about the {n_test:,} others; only it, the classifier "
        "on gold and the shares (see below) have seen gold labels. The label model with shares "
        "also saw the votes on the others, since a share is about all of its group."
    )
    held_out = gold.loc[predictions[MODEL].index]
    figures = [
        figure(
            lambda ax, names=names: reliability_diagram(
                held_out, {name: predictions[name] for name in names}, ax=ax
            ),
            caption,
            width=6,
            height=5.5,
        )
        for caption, names in RELIABILITY.items()
        if can_draw()
    ]
    return _html.section(
        f"Comparison on {n_test:,} held-out comments",
        _html.element("p", done),
        _html.table(*_scores_cells(scores)),
        _html.element("p", _reading(scores, n_train, n_test)),
        _html.element("div", *figures, class_="pair"),
    )


def _write(folder: Path, labeling: Labeling, *sections: _html.Node) -> None:
    """Write labels and report."""
    write_table(label_table(labeling.posterior), str(folder / "labels.parquet"))
    title = "Spam or ham? Labels without hand labels"
    with replacing(folder / "report.html") as temporary:
        text = report(labeling, title=title, extra=sections)
        temporary.write_text(text, encoding="utf-8")


def _next_step() -> str:
    """Say what to do next."""
    import labeling_functions.youtube_spam as task

    return (
        "\nNext: copy the task, change functions and classes, and label data of your own:\n"
        f"  {task.__file__}\n"
        "  weaklabel label my_task.py my_data.csv -o labels.parquet --report report.html"
    )
