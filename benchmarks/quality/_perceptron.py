"""The learner of the baselines: a perceptron of one hidden layer, as in published comparisons."""

from __future__ import annotations

from typing import Self

import numpy as np
import torch  # noqa: TID253 - only benchmarks that need it import this file
from torch import nn  # noqa: TID253

HIDDEN, RATE, BATCH = 256, 1e-3, 256


class Perceptron:
    """One hidden layer of 256, Adam with rate 1e-3, batches of 256; no validation, no decay."""

    def __init__(self, n_features: int, n_classes: int, seed: int) -> None:
        self.order = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            hidden, out = nn.Linear(n_features, HIDDEN), nn.Linear(HIDDEN, n_classes)
        self.net = nn.Sequential(hidden, nn.ReLU(), out)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=RATE)

    def fit(self, X: np.ndarray, target: np.ndarray, *, epochs: int, told: bool = False) -> Self:
        """Go on from the present weights.

        Parameters
        ----------
        X : floating array, n_items x n_features
        target : floating array, n_items x n_classes
            Soft targets of the cross-entropy; with `told`, P(what was told | class).
        epochs : int
        told : bool
            Raise the probability of what was told: the forward correction.
        """
        items, targets = (torch.as_tensor(array, dtype=torch.float32) for array in (X, target))
        for _ in range(epochs):
            for rows in torch.randperm(len(items), generator=self.order).split(BATCH):
                log_p = self.net(items[rows]).log_softmax(dim=1)
                if told:
                    gain = ((log_p.exp() * targets[rows]).sum(dim=1) + 1e-6).log()
                else:
                    gain = (log_p * targets[rows]).sum(dim=1)
                self.optimizer.zero_grad()
                (-gain.mean()).backward()
                self.optimizer.step()
        return self

    def fit_with_matrix(
        self, X: np.ndarray, told: np.ndarray, gold: np.ndarray, *, epochs: int
    ) -> Self:
        """Learn by the forward correction, with a transition matrix that is learned, too.

        Parameters
        ----------
        X : floating array, n_items x n_features
        told : integer array, n_items
            Class that the item was said not to have.
        gold : integer array, n_items
            True class where it is known, else -1.
        epochs : int
        """
        n_classes = self.net[-1].out_features
        start = np.log(np.where(np.eye(n_classes), 1e-3, 1 / (n_classes - 1)))
        logits = nn.Parameter(torch.as_tensor(start, dtype=torch.float32))
        optimizer = torch.optim.Adam([*self.net.parameters(), logits], lr=RATE)
        items, said, known = (
            torch.as_tensor(X, dtype=torch.float32),
            *map(torch.tensor, (told, gold)),
        )
        for _ in range(epochs):
            for rows in torch.randperm(len(items), generator=self.order).split(BATCH):
                p = self.net(items[rows]).softmax(dim=1)
                by_class = p.gather(1, known[rows, None].clamp(min=0))
                by_matrix = (p @ logits.softmax(dim=1)).gather(1, said[rows, None])
                chance = torch.where(known[rows, None] >= 0, by_class, by_matrix)
                optimizer.zero_grad()
                (-(chance + 1e-6).log().mean()).backward()
                optimizer.step()
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Give class probabilities, n_items x n_classes."""
        with torch.no_grad():
            logits = self.net(torch.as_tensor(X, dtype=torch.float32))
            return logits.double().softmax(dim=1).numpy()
