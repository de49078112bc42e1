"""The border: where users' frames and matrices become arrays, and results become frames."""

from weaklabel.io.candidates import candidates_from
from weaklabel.io.read_votes import read_votes

__all__ = ["candidates_from", "read_votes"]
