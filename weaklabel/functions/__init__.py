"""Labeling functions: what people know about single items, said as votes."""

from weaklabel.functions._base import LabelingFunction
from weaklabel.functions._errors import FaultWarning, LabelingFunctionError
from weaklabel.functions.apply import apply
from weaklabel.functions.cache import clear_cache
from weaklabel.functions.frame_votes import FrameVotes
from weaklabel.functions.keywords import Keywords
from weaklabel.functions.labeling_function import labeling_function
from weaklabel.functions.lexicon import Lexicon
from weaklabel.functions.model_votes import ModelVotes
from weaklabel.functions.regex import Regex
from weaklabel.functions.threshold import Threshold
from weaklabel.functions.values import ABSTAIN, Not

__all__ = [
    "ABSTAIN",
    "FaultWarning",
    "FrameVotes",
    "Keywords",
    "LabelingFunction",
    "LabelingFunctionError",
    "Lexicon",
    "ModelVotes",
    "Not",
    "Regex",
    "Threshold",
    "apply",
    "clear_cache",
    "labeling_function",
]
