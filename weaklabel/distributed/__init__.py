"""Many machines: functions, fits and probabilities on Dask, partition by partition."""

from weaklabel.distributed.apply import apply
from weaklabel.distributed.fit import fit
from weaklabel.distributed.predict_proba import predict_proba

__all__ = ["apply", "fit", "predict_proba"]
