"""The soft cross-entropy: by hand, by finite differences, and at its least."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="losses need the torch extra")

from weaklabel.losses import soft_cross_entropy  # noqa: E402


@pytest.fixture
def case():
    """Logits, targets and weights in double precision."""
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(5, 3, generator=draw, dtype=torch.float64)
    targets = torch.softmax(torch.randn(5, 3, generator=draw, dtype=torch.float64), dim=1)
    return logits, targets, torch.rand(5, generator=draw, dtype=torch.float64)


def test_value_by_hand():
    logits = torch.tensor([[math.log(3.0), 0.0], [0.0, 0.0]], dtype=torch.float64)
    targets = torch.tensor([[0.5, 0.5], [1.0, 0.0]], dtype=torch.float64)
    first = -0.5 * math.log(0.75) - 0.5 * math.log(0.25)
    assert soft_cross_entropy(logits, targets).item() == pytest.approx((first + math.log(2)) / 2)
    weights = torch.tensor([3.0, 1.0], dtype=torch.float64)
    expected = (3 * first + math.log(2)) / 4
    assert soft_cross_entropy(logits, targets, weights).item() == pytest.approx(expected)


def test_one_hot_targets_give_the_usual_cross_entropy(case):
    logits, _, _ = case
    labels = torch.tensor([0, 2, 1, 1, 0])
    one_hot = torch.nn.functional.one_hot(labels, 3).double()
    expected = torch.nn.functional.cross_entropy(logits, labels)
    torch.testing.assert_close(soft_cross_entropy(logits, one_hot), expected)


def test_gradient_is_the_finite_difference(case):
    logits, targets, weights = (tensor.requires_grad_() for tensor in case)
    assert torch.autograd.gradcheck(soft_cross_entropy, (logits, targets))
    assert torch.autograd.gradcheck(soft_cross_entropy, (logits, targets, weights))


def test_gradient_in_closed_form(case):
    logits, targets, weights = case
    logits.requires_grad_()
    soft_cross_entropy(logits, targets, weights).backward()
    expected = weights[:, None] * (torch.softmax(logits, dim=1) - targets) / weights.sum()
    torch.testing.assert_close(logits.grad, expected.detach())


def test_least_at_the_targets(case):
    _, targets, weights = case
    least = soft_cross_entropy(targets.log(), targets, weights)
    entropy = (weights * torch.special.entr(targets).sum(dim=1)).sum() / weights.sum()
    torch.testing.assert_close(least, entropy)
    draw = torch.Generator().manual_seed(1)
    for _ in range(20):
        step = torch.randn(5, 3, generator=draw, dtype=torch.float64)
        assert soft_cross_entropy(targets.log() + 0.1 * step, targets, weights) > least


def test_doubling_a_weight_is_doubling_the_item(case):
    logits, targets, _ = case
    rows = [0, 1, 2, 3, 4, 4]
    weights = torch.tensor([1.0, 1, 1, 1, 2], dtype=torch.float64)
    expected = soft_cross_entropy(logits[rows], targets[rows])
    torch.testing.assert_close(soft_cross_entropy(logits, targets, weights), expected)


def test_a_class_ruled_out_costs_nothing_where_its_target_is_zero():
    logits = torch.tensor([[0.0, -math.inf, 0.0]], requires_grad=True)
    loss = soft_cross_entropy(logits, torch.tensor([[0.5, 0.0, 0.5]]))
    assert loss.item() == pytest.approx(math.log(2))
    loss.backward()
    assert torch.isfinite(logits.grad).all()
    assert soft_cross_entropy(logits, torch.tensor([[0.5, 0.25, 0.25]])).item() == math.inf


def test_gradient_for_a_target_of_zero_is_the_surprise():
    logits = torch.tensor([[0.0, 1.0]], dtype=torch.float64)
    targets = torch.tensor([[1.0, 0.0]], dtype=torch.float64, requires_grad=True)
    soft_cross_entropy(logits, targets).backward()
    torch.testing.assert_close(targets.grad, -torch.log_softmax(logits, dim=1))


def test_large_logits_stay_finite():
    logits = torch.tensor([[1e4, -1e4]], dtype=torch.float64)
    loss = soft_cross_entropy(logits, torch.tensor([[0.0, 1.0]], dtype=torch.float64))
    assert loss.item() == 2e4
    assert np.isnan(soft_cross_entropy(torch.zeros(0, 2), torch.zeros(0, 2)).item())


def test_shapes_are_checked():
    with pytest.raises(
        ValueError, match=r"logits are 2 x 3 and targets 2; both .* targets are labels: "
    ):
        soft_cross_entropy(torch.zeros(2, 3), torch.zeros(2))
    with pytest.raises(ValueError, match="logits are 3 and targets 3; both must be"):
        soft_cross_entropy(torch.zeros(3), torch.zeros(3))
    with pytest.raises(ValueError, match=r"weights are 3 x 1 for 2 items. Give one number an item"):
        soft_cross_entropy(torch.zeros(2, 3), torch.zeros(2, 3), torch.zeros(3, 1))
    with pytest.raises(ValueError, match="logits are a scalar and targets 1"):
        soft_cross_entropy(torch.tensor(1.0), torch.zeros(1))
