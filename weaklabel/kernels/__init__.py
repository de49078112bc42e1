"""Array operations that the array standard has no word for: one operation a file.

``kernels/name.py`` holds the plain version, written in the array standard, with signature and
docstring. ``kernels/cpu/name.py`` (numba) and ``kernels/gpu/name.py`` (CUDA) hold faster twins of
the same name and signature. The array that is passed in decides which one runs.
"""

from weaklabel.kernels.count_messages import count_messages
from weaklabel.kernels.gather_sum import gather_sum
from weaklabel.kernels.graph_colors import graph_colors
from weaklabel.kernels.log_sum_exp import log_sum_exp
from weaklabel.kernels.potts_messages import potts_messages
from weaklabel.kernels.soft_assign import soft_assign
from weaklabel.kernels.state_messages import state_messages
from weaklabel.kernels.top_k import top_k
from weaklabel.kernels.vote_sums import vote_sums

__all__ = [
    "count_messages",
    "gather_sum",
    "graph_colors",
    "log_sum_exp",
    "potts_messages",
    "soft_assign",
    "state_messages",
    "top_k",
    "vote_sums",
]
