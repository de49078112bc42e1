"""End models: classifiers that learn from a posterior."""

from weaklabel.training.soft_label_classifier import HardenedLabels, SoftLabelClassifier

__all__ = ["HardenedLabels", "SoftLabelClassifier"]
