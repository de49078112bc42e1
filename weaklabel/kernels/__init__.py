"""Array operations that the array standard has no word for: one operation a file.

``kernels/name.py`` holds the plain version, written in the array standard, with signature and
docstring. ``kernels/cpu/name.py`` (numba) and ``kernels/gpu/name.py`` (CUDA) hold faster twins of
the same name and signature. The array that is passed in decides which one runs.
"""

from weaklabel.kernels.column_sums import column_sums
from weaklabel.kernels.count_messages import count_messages
from weaklabel.kernels.gather_sum import gather_sum
from weaklabel.kernels.graph_colors import graph_colors
from weaklabel.kernels.log_sum_exp import log_sum_exp
from weaklabel.kernels.pair_sum import pair_sum
from weaklabel.kernels.potts_messages import potts_messages
from weaklabel.kernels.same_segments import same_segments
from weaklabel.kernels.scatter_sum import scatter_sum
from weaklabel.kernels.segment_order import segment_order
from weaklabel.kernels.soft_assign import soft_assign
from weaklabel.kernels.softmax import softmax
from weaklabel.kernels.state_messages import state_messages
from weaklabel.kernels.stored_codes import stored_codes
from weaklabel.kernels.top_k import top_k
from weaklabel.kernels.vote_sums import vote_sums

__all__ = [
    "column_sums",
    "count_messages",
    "gather_sum",
    "graph_colors",
    "log_sum_exp",
    "pair_sum",
    "potts_messages",
    "same_segments",
    "scatter_sum",
    "segment_order",
    "soft_assign",
    "softmax",
    "state_messages",
    "stored_codes",
    "top_k",
    "vote_sums",
]
