"""Gradient descent on soft targets: the part of TorchClassifier that needs torch."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch

from weaklabel.losses import soft_cross_entropy


class Batch(NamedTuple):
    """Items on one device."""

    features: torch.Tensor  # n_items x ...
    targets: torch.Tensor  # n_items x n_classes
    weights: torch.Tensor  # n_items; their mean over all training items is 1

    def take(self, items: torch.Tensor) -> Batch:
        """Take some items."""
        return Batch(*(tensor[items] for tensor in self))


class Schedule(NamedTuple):
    """How long and how fast to train."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    patience: int | None
    tol: float
    mixed: bool = False  # the module computes in bfloat16 where that is as good


class History(NamedTuple):
    """What happened in training, one value an epoch."""

    training: list[float]  # mean loss over the epoch, in nats
    held_out: list[float]  # loss after the epoch, in nats; empty where nothing is held out
    stopped: bool  # the held-out loss stopped falling


def choose_device(name: str) -> torch.device:
    """Turn "auto" into CUDA where there is a GPU, and refuse CUDA where there is none."""
    found = torch.cuda.is_available()
    if name == "auto":
        name = "cuda" if found else "cpu"
    device = torch.device(name)
    if device.type == "cuda" and not found:
        msg = (
            f"device={name!r}, but torch finds no CUDA device. Probably torch was installed for "
            "the CPU, or the driver is missing. Choose device='auto' or 'cpu'."
        )
        raise ValueError(msg)
    return device


@contextmanager
def own_randomness(seed: int, device: torch.device) -> Generator[None]:
    """Seed torch inside, and leave its global random state as it was."""
    on_gpu = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if on_gpu else []):
        # not torch.manual_seed, which seeds all GPUs, also those that are not forked
        torch.default_generator.manual_seed(seed)
        if on_gpu:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


def build(module: Any, hidden: Sequence[int], n_features: int, n_classes: int) -> torch.nn.Module:
    """Copy the user's module, call the user's factory, or make layers with ReLU between."""
    if isinstance(module, torch.nn.Module):
        return deepcopy(module)
    if module is not None:
        return module(n_features, n_classes)
    widths = [n_features, *hidden, n_classes]
    layers: list[torch.nn.Module] = []
    for width, following in pairwise(widths):
        layers += [torch.nn.Linear(width, following), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def handed_over(array: Any) -> torch.Tensor | None:
    """See an array of another library as a tensor, on its device and without a copy, by DLPack.

    None for what NumPy has to read: its own arrays, frames, lists.

    Raises
    ------
    ValueError
        If a number is not finite, or there is but one dimension.
    """
    if isinstance(array, np.ndarray) or not hasattr(array, "__dlpack__"):
        return None
    tensor = torch.from_dlpack(array).detach()
    if tensor.ndim < 2:
        msg = f"X has {tensor.ndim} dimension; give one row an item and one column a feature."
        raise ValueError(msg)
    if not bool(torch.isfinite(tensor).all()):
        msg = "X has numbers that are missing or infinite. Fill them in, or leave the items out."
        raise ValueError(msg)
    return tensor


def to_batch(
    module: torch.nn.Module, features: Any, items: np.ndarray, targets: np.ndarray, weights: Any
) -> Batch:
    """Move some items to the module's device and precision."""
    like = next(module.parameters())
    if isinstance(features, torch.Tensor):
        chosen = features[torch.from_numpy(items).to(features.device)].to(like)
    else:
        chosen = torch.tensor(features[items], dtype=like.dtype, device=like.device)
    arrays = (targets[items], weights[items] / weights[items].mean())
    rest = (torch.tensor(array, dtype=like.dtype, device=like.device) for array in arrays)
    return Batch(chosen, *rest)


def check_outputs(module: torch.nn.Module, data: Batch) -> None:
    """Refuse a module that does not give one logit a class."""
    module.eval()
    with torch.no_grad():
        shape = tuple(module(data.features[:1]).shape)
    n_classes = data.targets.shape[1]
    if shape != (1, n_classes):
        msg = (
            f"The module gives an output of shape {shape} for one item, and there are {n_classes} "
            f"classes. Let its last layer give {n_classes} logits an item."
        )
        raise ValueError(msg)


def train(
    module: torch.nn.Module, data: Batch, held_out: Batch | None, schedule: Schedule, bar: Any
) -> History:
    """Train in place, and keep the weights that were best on the held-out items."""
    optimizer = torch.optim.AdamW(
        module.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay
    )
    history = History([], [], stopped=False)
    best, best_weights, best_epoch = math.inf, None, 0
    for epoch in range(schedule.epochs):
        history.training.append(_epoch(module, data, optimizer, schedule))
        _refuse_divergence(history.training[-1], epoch, schedule.learning_rate)
        bar.update()
        if held_out is None:
            continue
        loss = _loss_of(module, held_out)
        history.held_out.append(loss)
        bar.set_postfix(held_out=f"{loss:.4f}", refresh=False)
        if loss < best - schedule.tol:
            best, best_weights, best_epoch = loss, deepcopy(module.state_dict()), epoch
        elif schedule.patience is not None and epoch - best_epoch >= schedule.patience:
            history = history._replace(stopped=True)
            break
    if best_weights is not None:
        module.load_state_dict(best_weights)
    module.eval()
    return history


def logits_of(module: torch.nn.Module, features: Any, at_once: int = 8192) -> np.ndarray:
    """Compute logits in bounded memory, in double precision on the host."""
    like = next(module.parameters())
    if not isinstance(features, torch.Tensor):
        features = torch.from_numpy(np.array(features))
    parts = []
    with torch.inference_mode():
        for part in features.split(at_once):
            logits = module(part.to(device=like.device, dtype=like.dtype))
            parts.append(logits.double().cpu().numpy())
    return np.concatenate(parts)


def _epoch(
    module: torch.nn.Module, data: Batch, optimizer: torch.optim.Optimizer, schedule: Schedule
) -> float:
    """See every item once, in random order; give the mean loss."""
    module.train()
    n_items = len(data.weights)
    order = torch.randperm(n_items).to(data.weights.device)
    total = torch.zeros((), device=data.weights.device)
    # equal parts: a last batch of one item would break batch normalization
    for items in order.tensor_split(math.ceil(n_items / schedule.batch_size)):
        batch = data.take(items)
        optimizer.zero_grad()
        # bfloat16 has the range of float32, so that gradients need no scale
        with torch.autocast(batch.weights.device.type, torch.bfloat16, enabled=schedule.mixed):
            logits = module(batch.features)
        # times the mean weight: a batch of light items moves less, so that the steps of an epoch
        # add up to the weighted loss of all items
        loss = soft_cross_entropy(logits.to(batch.targets), batch.targets, batch.weights)
        loss = loss * batch.weights.mean()
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(items)
    return total.item() / n_items


def _loss_of(module: torch.nn.Module, data: Batch) -> float:
    """Compute the loss of held-out items."""
    module.eval()
    with torch.no_grad():
        return soft_cross_entropy(module(data.features), data.targets, data.weights).item()


def _refuse_divergence(loss: float, epoch: int, learning_rate: float) -> None:
    """Refuse to go on with a loss that is no number."""
    if not math.isfinite(loss):
        msg = (
            f"The training loss became {loss} in epoch {epoch + 1}. Probably "
            f"learning_rate={learning_rate} is too high for features of this scale. Lower it, or "
            "put a StandardScaler before."
        )
        raise ValueError(msg)
