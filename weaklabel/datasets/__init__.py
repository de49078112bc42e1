"""Small real data that ship with the package, and votes and labels drawn from known truth."""

from weaklabel.datasets.adult import load_adult
from weaklabel.datasets.everything import Everything, everything
from weaklabel.datasets.imprecise import complementary, exclusion_matrix, partial
from weaklabel.datasets.scenes import scenes
from weaklabel.datasets.synthetic import (
    Synthetic,
    correlated_copies,
    imbalanced,
    independent,
    make_votes,
    many_classes,
    unipolar,
)
from weaklabel.datasets.youtube_comments import load_youtube_comments

__all__ = [
    "Everything",
    "Synthetic",
    "complementary",
    "correlated_copies",
    "everything",
    "exclusion_matrix",
    "imbalanced",
    "independent",
    "load_adult",
    "load_youtube_comments",
    "make_votes",
    "many_classes",
    "partial",
    "scenes",
    "unipolar",
]
