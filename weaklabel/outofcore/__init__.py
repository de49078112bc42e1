"""More data than memory: Parquet or Arrow files in, votes and probabilities out as Parquet."""

from weaklabel.outofcore.apply import apply
from weaklabel.outofcore.fit import fit
from weaklabel.outofcore.predict_proba import predict_proba

__all__ = ["apply", "fit", "predict_proba"]
