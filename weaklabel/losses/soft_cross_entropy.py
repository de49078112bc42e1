"""Cross-entropy against class probabilities."""

from __future__ import annotations

import torch


def soft_cross_entropy(
    logits: torch.Tensor, targets: torch.Tensor, weights: torch.Tensor | None = None
) -> torch.Tensor:
    r"""Compute the mean cross-entropy between class probabilities and predictions.

    .. math:: -\frac{1}{\sum_i w_i} \sum_i w_i \sum_y q_{iy} \log \mathrm{softmax}(z_i)_y

    with targets :math:`q`, logits :math:`z` and weights :math:`w`. Its gradient with respect to
    :math:`z_{iy}` is :math:`w_i (\mathrm{softmax}(z_i)_y - q_{iy}) / \sum_i w_i`, so it is least
    where predictions equal targets; there it is the mean entropy of the targets.

    Parameters
    ----------
    logits : floating tensor, n_items x n_classes
        Unnormalized log probabilities, in nats. ``-inf`` rules a class out: the loss is then
        infinite unless the target of the class is 0.
    targets : floating tensor, n_items x n_classes
        Class probabilities; rows sum to one.
    weights : floating tensor, n_items, optional
        How much each item counts, not negative. Doubling a weight is doubling the item. None is 1
        for all.

    Returns
    -------
    floating tensor, scalar
        The loss, in nats. NaN if there are no items, or no positive weights.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> logits = torch.tensor([[0.0, 0.0], [0.0, 0.0]])
    >>> soft_cross_entropy(logits, torch.tensor([[0.9, 0.1], [0.5, 0.5]]))
    tensor(0.6931)
    """
    if logits.ndim != 2 or logits.shape != targets.shape:
        msg = (
            f"logits are {_by(logits)} and targets {_by(targets)}; both must be n_items x "
            "n_classes. Probably targets are labels: turn them with one_hot(labels).float()."
        )
        raise ValueError(msg)
    if weights is not None and weights.shape != logits.shape[:1]:
        msg = f"weights are {_by(weights)} for {len(logits)} items. Give one number an item."
        raise ValueError(msg)
    log_probabilities = torch.log_softmax(logits, dim=1)
    # 0 log 0 is 0; only there, so that the gradient for targets stays -log p
    ruled_out = (targets == 0) & log_probabilities.isneginf()
    losses = -(targets * log_probabilities.masked_fill(ruled_out, 0)).sum(dim=1)
    return losses.mean() if weights is None else (weights * losses).sum() / weights.sum()


def _by(tensor: torch.Tensor) -> str:
    """Write a shape as '3 x 2'."""
    return " x ".join(map(str, tensor.shape)) or "a scalar"
