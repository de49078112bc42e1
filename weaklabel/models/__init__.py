"""Label models: how sources err, and what that says about every item."""

from weaklabel.models._advice import DriftWarning, SourceWarning, UnusedEvidence
from weaklabel.models._base import BaseLabelModel
from weaklabel.models.bwa import BWA
from weaklabel.models.cautious import Cautious
from weaklabel.models.chain import Chain
from weaklabel.models.classifier import Classifier
from weaklabel.models.dawid_skene import DawidSkene
from weaklabel.models.ebcc import EBCC
from weaklabel.models.gaussian_mixture import GaussianMixture
from weaklabel.models.glad import GLAD
from weaklabel.models.ibcc import IBCC
from weaklabel.models.label_model import LabelModel
from weaklabel.models.log_odds import LogOdds
from weaklabel.models.mace import MACE
from weaklabel.models.majority_vote import MajorityVote
from weaklabel.models.moment_matching import MomentMatching
from weaklabel.models.multi_label_model import MultiLabelModel
from weaklabel.models.nplm import NPLM
from weaklabel.models.one_coin import OneCoin
from weaklabel.models.triplets import Triplets
from weaklabel.models.weighted_vote import WeightedVote

__all__ = [
    "BWA",
    "EBCC",
    "GLAD",
    "IBCC",
    "MACE",
    "NPLM",
    "BaseLabelModel",
    "Cautious",
    "Chain",
    "Classifier",
    "DawidSkene",
    "DriftWarning",
    "GaussianMixture",
    "LabelModel",
    "LogOdds",
    "MajorityVote",
    "MomentMatching",
    "MultiLabelModel",
    "OneCoin",
    "SourceWarning",
    "Triplets",
    "UnusedEvidence",
    "WeightedVote",
]
