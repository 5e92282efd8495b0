"""Goldens of package sac's network simba: two complete updates in PyTorch (float64) with residual blocks x + W2 relu(W1 LN(x))
behind a linear layer, LayerNorm and head, in actor and critics, by torch's AdamW.

Writes sac/testdata/simba.json. usage: golden_simba.py [OUT]   (needs torch; never imports demorl)
"""
import json
import math
import pathlib
import sys

import torch

torch.manual_seed(20261125)
torch.set_default_dtype(torch.float64)
OBS, ACT, ROWS, UPDATES = 3, 2, 8, 2
WIDTH, BLOCKS, CRITIC_WIDTH, CRITIC_BLOCKS, WIDEN = 6, 1, 5, 2, 4
GAMMA, TAU, RATE, DECAY, TARGET_ENTROPY, LOG_TEMP = 0.97, 0.05, 1e-3, 0.3, -1.0, math.log(0.2)


def f32(*shape):
    return torch.randn(*shape).float().double()


def flat(tensors):
    tensors = tensors if isinstance(tensors, list) else [tensors]
    return [float(f"{v:.9g}") for t in tensors for v in t.detach().reshape(-1).tolist()]


def linear(a, b, norm=False):
    """Weights, biases and, where its input is normalised, gains and offsets."""
    p = [(f32(a, b) / math.sqrt(a)).float().double(), (0.2 * f32(b)).float().double()]
    if norm:
        p += [(1 + 0.1 * f32(a)).float().double(), (0.1 * f32(a)).float().double()]
    return p


def network(inputs, width, blocks, outputs):
    p = [linear(inputs, width)]
    for _ in range(blocks):
        p += [linear(width, WIDEN * width, True), linear(WIDEN * width, width)]
    p.append(linear(width, outputs, True))
    for layer in p:
        for t in layer:
            t.requires_grad_()
    return p


def read(layer, x):
    return torch.nn.functional.layer_norm(x, (x.shape[-1],), layer[2], layer[3]) @ layer[0] + layer[1]


def run(p, x):
    x = x @ p[0][0] + p[0][1]
    for first, second in zip(p[1:-1:2], p[2:-1:2]):
        x = x + torch.relu(read(first, x)) @ second[0] + second[1]
    return read(p[-1], x)


def tensors(p):
    return [t for layer in p for t in layer]


def policy(p, obs, eps):
    head = run(p, obs)
    mean, log_std = head[:, :ACT], torch.clamp(head[:, ACT:], -20, 2)
    z = mean + log_std.exp() * eps
    normal = -0.5 * eps**2 - log_std - 0.5 * math.log(2 * math.pi)
    return torch.tanh(z), (normal - 2 * (math.log(2) - z - torch.nn.functional.softplus(-2 * z))).sum(1)


def parameters(actor, critics, targets, log_temp):
    return dict(actor=flat(tensors(actor)), critics=flat([t for c in critics for t in tensors(c)]), targets=flat([t for c in targets for t in tensors(c)]),
                log_temperature=log_temp.item())


actor = network(OBS, WIDTH, BLOCKS, 2 * ACT)
critics = [network(OBS + ACT, CRITIC_WIDTH, CRITIC_BLOCKS, 1) for _ in range(2)]
targets = [[[(t.detach() + 0.05 * f32(*t.shape)).float().double() for t in layer] for layer in c] for c in critics]
log_temp = torch.tensor(LOG_TEMP, requires_grad=True)
critic_tensors = [t for c in critics for t in tensors(c)]
critic_opt = torch.optim.AdamW(critic_tensors, lr=RATE, weight_decay=DECAY)
actor_opt = torch.optim.AdamW(tensors(actor), lr=RATE, weight_decay=DECAY)
temp_opt = torch.optim.Adam([log_temp], lr=RATE)
golden = dict(made_with=f"torch {torch.__version__}", obs_dim=OBS, act_dim=ACT, width=WIDTH, blocks=BLOCKS, critic_width=CRITIC_WIDTH, critic_blocks=CRITIC_BLOCKS,
              gamma=GAMMA, tau=TAU, rate=RATE, decay=DECAY, target_entropy=TARGET_ENTROPY, start=parameters(actor, critics, targets, log_temp), updates=[])
for _ in range(UPDATES):
    keep = torch.ones(ROWS)
    keep[2] = 0
    b = {"obs": f32(ROWS, OBS), "action": (2 * torch.rand(ROWS, ACT) - 1).float().double(), "next": f32(ROWS, OBS),
         "reward": f32(ROWS), "continue": keep, "target_noise": f32(ROWS, ACT), "actor_noise": f32(ROWS, ACT)}
    temp = log_temp.exp().detach()
    with torch.no_grad():
        a2, lp2 = policy(actor, b["next"], b["target_noise"])
        x2 = torch.cat([b["next"], a2], 1)
        y = b["reward"] + GAMMA * keep * (torch.minimum(run(targets[0], x2), run(targets[1], x2))[:, 0] - temp * lp2)
    x = torch.cat([b["obs"], b["action"]], 1)
    critic_loss = sum(0.5 * ((run(c, x)[:, 0] - y) ** 2).mean() for c in critics)
    critic_opt.zero_grad()
    critic_loss.backward()
    critic_grad = flat([t.grad for t in critic_tensors])
    critic_opt.step()
    a, lp = policy(actor, b["obs"], b["actor_noise"])
    xa = torch.cat([b["obs"], a], 1)
    actor_loss = (temp * lp - torch.minimum(run(critics[0], xa), run(critics[1], xa))[:, 0]).mean()
    actor_opt.zero_grad()
    actor_loss.backward()
    actor_grad = flat([t.grad for t in tensors(actor)])
    actor_opt.step()
    temp_opt.zero_grad()
    (-(log_temp * (lp.detach() + TARGET_ENTROPY)).mean()).backward()
    temp_opt.step()
    with torch.no_grad():
        for t, c in zip(targets, critics):
            for pt, pc in zip(tensors(t), tensors(c)):
                pt.mul_(1 - TAU).add_(TAU * pc)
    golden["updates"].append({k: flat(v) for k, v in b.items()} | dict(critic_loss=critic_loss.item(), actor_loss=actor_loss.item(), critic_grad=critic_grad, actor_grad=actor_grad,
                                                                       after=parameters(actor, critics, targets, log_temp)))

out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "sac/testdata/simba.json"
out.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
