"""Golden numbers of the model variant of method.md C.11: torch autograd and torch's AdamW on a three-member toy with
LayerNorm before every linear layer but the first, one log standard deviation a member and output, and row weights; and
p-values of scipy's paired t-test.

Writes dynamics/testdata/variant.json. Run from the repository's root with torch and scipy installed:
python oracle/golden_variant.py. It never imports demorl.
"""

import json
import math
import pathlib

import torch
from scipy import stats

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)

MEMBERS, OBS, ACT, HIDDEN, ROWS, STEPS = 3, 2, 1, [5, 4], 6, 3
OUTPUTS = 1 + OBS
SIZES = [OBS + ACT] + HIDDEN + [OUTPUTS]
EPSILON = [1.0, 0.1]
DECAY, NOISE_DECAY, RATE, FLOOR = [0.25, 0.5, 1.0], 0.5, 1e-2, math.log(1e-3)


def f32(t):
    """The nearest float32 numbers, so that both sides start from equal inputs."""
    return t.to(torch.float32).to(torch.float64)


def flat(tensors):
    return [v for t in tensors for v in t.reshape(-1).tolist()]


def mlp(layers, x):
    for l in range(len(SIZES) - 1):
        if l > 0:
            x = torch.nn.functional.layer_norm(x, (SIZES[l],), eps=EPSILON[l - 1])
        x = x @ layers[2 * l] + layers[2 * l + 1]
        if l < len(SIZES) - 2:
            x = torch.nn.functional.silu(x)
    return x


def loss_of(mean, log_std, y, w):
    """The mean over rows and outputs of twice the weighted likelihood, whose log standard deviation has a floor."""
    each = (mean - y) ** 2 * torch.exp(-2 * log_std) + 2 * log_std.clamp_min(FLOOR)
    return (w[:, None] * each).mean()


def main():
    params = []
    for _ in range(MEMBERS):
        layers = []
        for fan_in, fan_out in zip(SIZES, SIZES[1:]):
            layers.append(f32(torch.randn(fan_in, fan_out) / fan_in**0.5).requires_grad_())
            layers.append(f32(0.1 * torch.randn(fan_out)).requires_grad_())
        params.append(layers)
    log_std = 0.5 * torch.randn(MEMBERS, OUTPUTS)
    log_std[1, 2] = FLOOR - 0.3
    log_std = log_std.requires_grad_()
    x = f32(torch.randn(MEMBERS, ROWS, OBS + ACT))
    y = f32(torch.randn(MEMBERS, ROWS, OUTPUTS))
    w = f32(torch.distributions.Exponential(1.0).sample((MEMBERS, ROWS)))
    groups = [{"params": [p[2 * l], p[2 * l + 1]], "weight_decay": DECAY[l]} for p in params for l in range(len(SIZES) - 1)]
    optimizer = torch.optim.AdamW([*groups, {"params": [log_std], "weight_decay": NOISE_DECAY}], lr=RATE)
    golden = dict(members=MEMBERS, obs=OBS, act=ACT, hidden=HIDDEN, rows=ROWS, epsilon=EPSILON, decay=DECAY, noise_decay=NOISE_DECAY, rate=RATE,
                  params=[flat(p) for p in params], log_std=log_std.tolist(), x=flat([x]), y=flat([y]), w=flat([w]), steps=[])
    for _ in range(STEPS):
        losses = [loss_of(mlp(p, x[m]), log_std[m], y[m], w[m]) for m, p in enumerate(params)]
        optimizer.zero_grad()
        sum(losses).backward()
        step = dict(loss=[l.item() for l in losses], grad=[flat([t.grad for t in p]) for p in params], log_std_grad=log_std.grad.tolist())
        optimizer.step()
        golden["steps"].append(step | dict(params=[flat(p) for p in params], log_std=log_std.tolist()))
    tests = []
    for n, shift in ((2, -0.5), (7, -0.4), (40, -0.1), (40, 0.2), (400, -0.05), (999, 0.02)):
        now, best = torch.randn(n) + shift, torch.randn(n)
        tests.append(dict(now=now.tolist(), best=best.tolist(), p=stats.ttest_rel(now.numpy(), best.numpy(), alternative="less").pvalue.item()))
    out = pathlib.Path("dynamics/testdata/variant.json")
    out.write_text(json.dumps({"network": golden, "tests": tests}, separators=(",", ":")) + "\n")


main()
