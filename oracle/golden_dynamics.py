"""Golden numbers of the ensemble's loss: torch autograd on a three-member toy.

Writes dynamics/testdata/loss.json. Run from the repository's root with torch
installed: python oracle/golden_dynamics.py. It never imports demorl.
"""

import json
import pathlib

import torch

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)

MEMBERS, OBS, ACT, HIDDEN, ROWS = 3, 2, 1, [5, 4], 6
OUTPUTS = 1 + OBS
SIZES = [OBS + ACT] + HIDDEN + [2 * OUTPUTS]
DECAY = [2.5e-5, 5e-5, 1e-4]
BOUND_WEIGHT = 0.01


def f32(t):
    """The nearest float32 numbers, so that both sides start from equal inputs."""
    return t.to(torch.float32).to(torch.float64)


def loss_of(mean, raw, y, upper, lower):
    t = upper - torch.nn.functional.softplus(upper - raw, threshold=200)
    s = lower + torch.nn.functional.softplus(t - lower, threshold=200)
    return ((mean - y) ** 2 * torch.exp(-s) + s).mean()


def flat(tensors):
    return [v for t in tensors for v in t.reshape(-1).tolist()]


def network():
    params = []
    for _ in range(MEMBERS):
        layers = []
        for fan_in, fan_out in zip(SIZES, SIZES[1:]):
            layers.append(f32(torch.randn(fan_in, fan_out) / fan_in**0.5).requires_grad_())
            layers.append(f32(0.1 * torch.randn(fan_out)).requires_grad_())
        params.append(layers)
    upper = f32(torch.full((OUTPUTS,), 0.5) + 0.2 * torch.randn(OUTPUTS)).requires_grad_()
    lower = f32(torch.full((OUTPUTS,), -3.0) + 0.2 * torch.randn(OUTPUTS)).requires_grad_()
    x = f32(torch.randn(MEMBERS, ROWS, OBS + ACT))
    y = f32(torch.randn(MEMBERS, ROWS, OUTPUTS))
    data, decay = [], torch.zeros(())
    for m, layers in enumerate(params):
        h = x[m]
        for l in range(len(SIZES) - 1):
            h = h @ layers[2 * l] + layers[2 * l + 1]
            if l < len(SIZES) - 2:
                h = torch.nn.functional.silu(h)
            decay = decay + DECAY[l] * 0.5 * (layers[2 * l] ** 2).sum()
        data.append(loss_of(h[:, :OUTPUTS], h[:, OUTPUTS:], y[m], upper, lower))
    total = sum(data) + decay + BOUND_WEIGHT * (upper.sum() - lower.sum())
    total.backward()
    return {
        "members": MEMBERS, "obs": OBS, "act": ACT, "hidden": HIDDEN, "rows": ROWS, "decay": DECAY,
        "bound_weight": BOUND_WEIGHT,
        "params": [flat(p) for p in params], "upper": upper.tolist(), "lower": lower.tolist(),
        "x": flat([x]), "y": flat([y]), "data_loss": [d.item() for d in data], "total": total.item(),
        "param_grad": [flat([t.grad for t in p]) for p in params],
        "upper_grad": upper.grad.tolist(), "lower_grad": lower.grad.tolist(),
    }


def extremes():
    """The loss alone at raw outputs from -50 to 50."""
    raw = torch.tensor([[-50.0], [-20.0], [-10.0], [-1.0], [0.0], [0.5], [3.0], [20.0], [50.0]], requires_grad=True)
    mean = torch.linspace(-1, 1, len(raw)).reshape(-1, 1)
    mean = f32(mean).requires_grad_()
    y = torch.zeros_like(raw)
    upper = torch.tensor([0.5], requires_grad=True)
    lower = torch.tensor([-10.0], requires_grad=True)
    loss = loss_of(mean, raw, y, upper, lower)
    loss.backward()
    return {
        "raw": flat([raw.detach()]), "mean": flat([mean.detach()]), "loss": loss.item(),
        "raw_grad": flat([raw.grad]), "mean_grad": flat([mean.grad]),
        "upper_grad": upper.grad.item(), "lower_grad": lower.grad.item(),
    }


out = pathlib.Path("dynamics/testdata/loss.json")
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps({"network": network(), "extremes": extremes()}, indent=1) + "\n")
