"""Goldens of package sac's other critics: one complete update in PyTorch (float64) of each kind, from the formulas of REDQ,
DroQ's LayerNorm and TQC (the quantile Huber loss of sb3-contrib, checked against it where that is installed).

Writes sac/testdata/critics.json. usage: golden_critics.py [OUT]   (needs torch; never imports demorl)
"""
import json
import math
import pathlib
import sys

import torch

torch.manual_seed(20261124)
torch.set_default_dtype(torch.float64)
OBS, ACT, HIDDEN, ROWS = 3, 2, [12, 10], 8
GAMMA, TAU, RATE, TARGET_ENTROPY, LOG_TEMP = 0.97, 0.05, 1e-3, -1.5, math.log(0.4)


def f32(*shape):
    return torch.randn(*shape).float().double()


def flat(tensors):
    tensors = tensors if isinstance(tensors, list) else [tensors]
    return [float(f"{v:.9g}") for t in tensors for v in t.detach().reshape(-1).tolist()]


def network(sizes, norm):
    """Tensors in the order weights, biases and, of normed hidden layers, gains, offsets."""
    p = []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        p.append([(f32(a, b) / math.sqrt(a)).float().double(), (0.2 * f32(b)).float().double()])
        if norm and i < len(sizes) - 2:
            p[-1] += [(1 + 0.1 * f32(b)).float().double(), (0.1 * f32(b)).float().double()]
    for layer in p:
        for t in layer:
            t.requires_grad_()
    return p


def run(p, x):
    for i, layer in enumerate(p):
        x = x @ layer[0] + layer[1]
        if len(layer) == 4:
            x = torch.nn.functional.layer_norm(x, (x.shape[-1],), layer[2], layer[3])
        if i < len(p) - 1:
            x = torch.relu(x)
    return x


def tensors(p):
    return [t for layer in p for t in layer]


def policy(p, obs, eps):
    head = run(p, obs)
    mean, log_std = head[:, :ACT], torch.clamp(head[:, ACT:], -20, 2)
    z = mean + log_std.exp() * eps
    normal = -0.5 * eps**2 - log_std - 0.5 * math.log(2 * math.pi)
    return torch.tanh(z), (normal - 2 * (math.log(2) - z - torch.nn.functional.softplus(-2 * z))).sum(1)


def quantile_huber(current, target):
    """current: rows x critics x quantiles; target: rows x kept."""
    levels = (torch.arange(current.shape[2]) + 0.5) / current.shape[2]
    delta = target[:, None, None, :] - current[:, :, :, None]
    huber = torch.where(delta.abs() > 1, delta.abs() - 0.5, 0.5 * delta**2)
    return ((levels[None, None, :, None] - (delta.detach() < 0).double()).abs() * huber).mean()


def case(count, norm, uses, quantiles, drop):
    actor = network([OBS, *HIDDEN, 2 * ACT], False)
    critics = [network([OBS + ACT, *HIDDEN, quantiles], norm) for _ in range(count)]
    targets = [network([OBS + ACT, *HIDDEN, quantiles], norm) for _ in range(count)]
    start = dict(actor=flat(tensors(actor)), critics=flat([t for c in critics for t in tensors(c)]), targets=flat([t for c in targets for t in tensors(c)]))
    keep = torch.ones(ROWS)
    keep[2] = 0
    b = {"obs": f32(ROWS, OBS), "action": (2 * torch.rand(ROWS, ACT) - 1).float().double(), "next": f32(ROWS, OBS),
         "reward": f32(ROWS), "continue": keep, "target_noise": f32(ROWS, ACT), "actor_noise": f32(ROWS, ACT)}
    temp = math.exp(LOG_TEMP)
    with torch.no_grad():
        a2, lp2 = policy(actor, b["next"], b["target_noise"])
        x2 = torch.cat([b["next"], a2], 1)
        q2 = torch.stack([run(t, x2) for t in targets], 1)  # rows x critics x quantiles
        if quantiles == 1:
            y = b["reward"] + GAMMA * keep * (q2[:, :, 0].min(1).values - temp * lp2)
        else:
            z = q2.reshape(ROWS, -1).sort(1).values[:, : count * (quantiles - drop)]
            y = b["reward"][:, None] + GAMMA * keep[:, None] * (z - temp * lp2[:, None])
    x = torch.cat([b["obs"], b["action"]], 1)
    q = torch.stack([run(c, x) for c in critics], 1)
    loss = sum(0.5 * ((q[:, c, 0] - y) ** 2).mean() for c in range(count)) if quantiles == 1 else quantile_huber(q, y)
    critic_tensors = [t for c in critics for t in tensors(c)]
    optimiser = torch.optim.Adam(critic_tensors, lr=RATE)
    loss.backward()
    critic_grad = flat([t.grad for t in critic_tensors])
    optimiser.step()
    a, lp = policy(actor, b["obs"], b["actor_noise"])
    qa = torch.stack([run(c, torch.cat([b["obs"], a], 1)) for c in critics], 1)
    value = qa[:, :, 0].min(1).values if uses == "min" else qa.mean((1, 2))
    actor_loss = (temp * lp - value).mean()
    actor_grad = torch.autograd.grad(actor_loss, tensors(actor))
    return dict(count=count, norm=norm, uses=uses, quantiles=quantiles, drop=drop, start=start, batch={k: flat(v) for k, v in b.items()},
                critic_loss=loss.item(), critic_grad=critic_grad, actor_loss=actor_loss.item(), actor_grad=flat(list(actor_grad)))


out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "sac/testdata/critics.json"
cases = [case(3, False, "mean", 1, 0), case(2, True, "mean", 1, 0), case(3, True, "min", 1, 0), case(2, False, "mean", 5, 1)]
try:
    from sb3_contrib.common.utils import quantile_huber_loss

    current, target = f32(4, 3, 5), f32(4, 9)
    theirs = quantile_huber_loss(current, target[:, None, :], sum_over_quantiles=False)
    assert abs(theirs.item() - quantile_huber(current, target).item()) < 1e-12
except ImportError:
    pass
out.write_text(json.dumps(dict(made_with=f"torch {torch.__version__}", obs_dim=OBS, act_dim=ACT, hidden=HIDDEN, gamma=GAMMA, tau=TAU, rate=RATE,
                               target_entropy=TARGET_ENTROPY, log_temperature=LOG_TEMP, cases=cases), separators=(",", ":")) + "\n")
