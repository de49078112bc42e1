"""End models: classifiers that learn from a posterior."""

from weaklabel.training.soft_label_classifier import HardenedLabels, SoftLabelClassifier
from weaklabel.training.torch_classifier import TorchClassifier

__all__ = ["HardenedLabels", "SoftLabelClassifier", "TorchClassifier"]
