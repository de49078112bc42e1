"""Label models: how sources err, and what that says about every item."""

from weaklabel.models._advice import DriftWarning, SourceWarning, UnusedEvidence
from weaklabel.models._base import BaseLabelModel
from weaklabel.models.cautious import Cautious
from weaklabel.models.classifier import Classifier
from weaklabel.models.dawid_skene import DawidSkene
from weaklabel.models.gaussian_mixture import GaussianMixture
from weaklabel.models.label_model import LabelModel
from weaklabel.models.majority_vote import MajorityVote
from weaklabel.models.one_coin import OneCoin

__all__ = [
    "BaseLabelModel",
    "Cautious",
    "Classifier",
    "DawidSkene",
    "DriftWarning",
    "GaussianMixture",
    "LabelModel",
    "MajorityVote",
    "OneCoin",
    "SourceWarning",
    "UnusedEvidence",
]
