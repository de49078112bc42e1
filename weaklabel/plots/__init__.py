"""Pictures of votes and posteriors: one figure a file; each takes and returns a matplotlib Axes.

matplotlib comes with the extra ``weaklabel[plots]`` and is loaded by the first figure, not by
importing this folder.
"""

from weaklabel.plots.agreement_heatmap import agreement_heatmap
from weaklabel.plots.bag_shares import bag_shares
from weaklabel.plots.coverage_conflicts import coverage_conflicts
from weaklabel.plots.mixture_ellipses import mixture_ellipses
from weaklabel.plots.reliability_diagram import reliability_diagram
from weaklabel.plots.segmentation_overlay import segmentation_overlay
from weaklabel.plots.transport_plan import transport_plan
from weaklabel.plots.vote_matrix import vote_matrix
from weaklabel.plots.waterfall import waterfall

__all__ = [
    "agreement_heatmap",
    "bag_shares",
    "coverage_conflicts",
    "mixture_ellipses",
    "reliability_diagram",
    "segmentation_overlay",
    "transport_plan",
    "vote_matrix",
    "waterfall",
]
