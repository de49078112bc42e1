"""What a statement that a small automaton can check says to each member of a bag, exactly."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from weaklabel._device import beside, on_host
from weaklabel.kernels._dispatch import kernel


def _steps(log_weight: Any, log_potential: Any, *_: Any) -> float:
    """Count moves between states; such kernels run again and again, on one bag of many."""
    n_bags, size, n_outcomes = log_weight.shape
    return 16.0 * n_bags * size * n_outcomes * log_potential.shape[1]


@partial(kernel, work=_steps)
def state_messages(
    log_weight: Any, log_potential: Any, following: Any, maximize: bool = False
) -> tuple[Any, Any]:
    r"""Send messages from the final states of bags to their members.

    An automaton reads the members of a bag one after the other: from state 0, outcome k of a
    member leads from state s to ``following[k, s]``, as in counting up to a limit. The potential
    of a labeling is that of the state in which it ends, and the message to a member the log of
    the sum, over the outcomes of all others, of their weights times that potential.

    Parameters
    ----------
    log_weight : floating array, n_bags x size x n_outcomes
        Log weights of the outcomes of each member, in nats, at most 0; ``-inf`` is an ordinary
        value.
    log_potential : floating array, n_bags x n_states
        Of each final state; ``-inf`` rules it out.
    following : integer array, n_outcomes x n_states
        -1 rules an outcome out. The same automaton runs on all bags.
    maximize : bool
        Whether to take the best labeling in place of the sum over labelings (max-product).

    Returns
    -------
    log_message : floating array, n_bags x size x n_outcomes
        ``-inf`` where an outcome leaves nothing that is allowed.
    log_normalizer : floating array, n_bags
        Log of the sum (or the best) over all labelings.

    Notes
    -----
    Forward-backward, O(size * n_states * n_outcomes) a bag. The plain version works in the log
    domain; the twin on probabilities that are scaled at each member, and on logarithms only where
    a sum came near underflow.

    Examples
    --------
    Two members, and the first of two outcomes occurs at least once: states "not yet", "seen".

    >>> weight = np.log(np.full((1, 2, 2), 0.5))
    >>> seen = np.array([[-np.inf, 0.0]])
    >>> message, log_normalizer = state_messages(weight, seen, np.array([[1, 1], [0, 1]]))
    >>> np.exp(message[0]), np.exp(log_normalizer)
    (array([[1. , 0.5],
           [1. , 0.5]]), array([0.75]))
    """
    weight, potential, leads = (on_host(each) for each in (log_weight, log_potential, following))
    add: Any = np.maximum if maximize else np.logaddexp
    n_bags, size = weight.shape[:2]
    # one more state, which is dead and stays so
    n_states = potential.shape[1]
    leads = np.where(leads < 0, n_states, leads)
    ends = np.concatenate([potential, np.full((n_bags, 1), -np.inf)], axis=1)
    backward = [ends]
    for i in range(size - 1, -1, -1):
        options = backward[-1][:, leads] + weight[:, i, :, None]
        before = add.reduce(options, axis=1)
        backward.append(np.concatenate([before, ends[:, -1:]], axis=1))
    backward.reverse()
    outcome, origin = _led_here(leads, n_states)
    forward = np.full((n_bags, n_states + 1), -np.inf)
    forward[:, 0] = 0.0
    log_message = np.full(weight.shape, -np.inf)
    for i in range(size):
        ahead = backward[i + 1][:, leads]
        log_message[:, i] = add.reduce(forward[:, None, :-1] + ahead, axis=2)
        options = forward[:, origin] + weight[:, i][:, outcome]
        forward[:, :-1] = add.reduce(options, axis=1, initial=-np.inf)
    xp = array_namespace(log_weight)
    found = log_message, backward[0][:, 0]
    message, total = (xp.astype(beside(each, log_weight), log_weight.dtype) for each in found)
    return message, total


def _led_here(leads: np.ndarray, n_states: int) -> tuple[np.ndarray, np.ndarray]:
    """List the outcomes and states that lead to each state, n_ways x n_states, in a fixed order.

    Missing ways start in the dead state.
    """
    outcome, origin = np.nonzero(leads < n_states)
    target = leads[outcome, origin]
    order = np.argsort(target, kind="stable")
    outcome, origin, target = outcome[order], origin[order], target[order]
    n_ways = np.bincount(target, minlength=n_states)
    place = np.arange(len(target)) - np.repeat(np.cumsum(n_ways) - n_ways, n_ways)
    outcomes = np.zeros((n_ways.max(initial=0), n_states), dtype=np.int64)
    origins = np.full_like(outcomes, n_states)
    outcomes[place, target], origins[place, target] = outcome, origin
    return outcomes, origins
