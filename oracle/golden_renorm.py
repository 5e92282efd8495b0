"""Goldens of batch renormalisation and CrossQ in PyTorch (float64): a network's passes and gradients with the batch's and
with the running statistics, and two complete updates of the learner, all gradients by autograd.

The normalisation is that of Ioffe 2017: (x - mean)/std * r + d with r and d held. Where r = 1 and d = 0 it is checked here
against torch.nn.functional.batch_norm. Writes nn/testdata/renorm.json and sac/testdata/crossq.json.
usage: golden_renorm.py   (needs torch; never imports demorl)
"""
import json
import math
import pathlib

import torch

torch.manual_seed(20261125)
torch.set_default_dtype(torch.float64)
EPS, KEEP, R_MAX, D_MAX = 1e-3, 0.99, 3, 5
ROOT = pathlib.Path(__file__).parent.parent


def f32(*shape):
    return torch.randn(*shape).float().double()


def flat(tensors):
    tensors = tensors if isinstance(tensors, list) else [tensors]
    return [float(f"{v:.10g}") for t in tensors for v in t.detach().reshape(-1).tolist()]


class Network:
    """Tensors in the order of nn.Net: per layer weights, biases, gains and offsets of the layer's inputs."""

    def __init__(self, sizes, warmup, spread=1.0):
        self.sizes, self.warmup, self.batches = sizes, warmup, 0
        self.layers, self.mean, self.var = [], [], []
        for a, b in zip(sizes, sizes[1:]):
            layer = [(f32(a, b) / math.sqrt(a)).float().double(), (0.2 * f32(b)).float().double(),
                     (1 + 0.2 * f32(a)).float().double(), (0.2 * f32(a)).float().double()]
            self.layers.append([t.requires_grad_() for t in layer])
            self.mean.append((spread * f32(a)).float().double())
            self.var.append((0.05 + spread * torch.rand(a)).float().double())

    def tensors(self):
        return [t for layer in self.layers for t in layer]

    def running(self):
        return [flat(self.mean), flat(self.var)]

    def __call__(self, x, batch):
        for i, (w, b, gain, offset) in enumerate(self.layers):
            if batch:
                mean, var = x.mean(0), x.var(0, unbiased=False)
                std, run_std = torch.sqrt(var + EPS), torch.sqrt(self.var[i] + EPS)
                r, d = torch.ones_like(mean), torch.zeros_like(mean)
                if self.batches >= self.warmup:
                    r = torch.clamp(std / run_std, 1 / R_MAX, R_MAX).detach()
                    d = torch.clamp((mean - self.mean[i]) / run_std, -D_MAX, D_MAX).detach()
                else:
                    theirs = torch.nn.functional.batch_norm(x, None, None, training=True, eps=EPS)
                    assert torch.allclose((x - mean) / std, theirs, atol=1e-12)
                x = (x - mean) / std * r + d
                self.mean[i] = KEEP * self.mean[i] + (1 - KEEP) * mean.detach()
                self.var[i] = KEEP * self.var[i] + (1 - KEEP) * var.detach()
            else:
                x = (x - self.mean[i]) / torch.sqrt(self.var[i] + EPS)
            x = (gain * x + offset) @ w + b
            if i < len(self.layers) - 1:
                x = torch.relu(x)
        self.batches += batch
        return x


def passes(sizes, rows, warmup, spread):
    """Eval, then train, with output and all gradients of each, and the statistics between."""
    net = Network(sizes, warmup, spread)
    out = dict(sizes=sizes, rows=rows, warmup=warmup, params=flat(net.tensors()), running=net.running())
    x, dout = 2 * f32(rows, sizes[0]) + 0.5, f32(rows, sizes[-1])
    x = x.float().double()
    out |= dict(x=flat(x), dout=flat(dout))
    for name, batch in (("eval", False), ("train", True)):
        xin = x.clone().requires_grad_()
        y = net(xin, batch)
        grads = torch.autograd.grad((y * dout).sum(), [*net.tensors(), xin])
        out[name] = dict(out=flat(y), grad=flat(list(grads[:-1])), din=flat(grads[-1]))
    out["running_after"] = net.running()
    return out


OBS, ACT, HIDDEN, ROWS = 3, 2, [12, 10], 8
GAMMA, RATE, BETA1, TARGET_ENTROPY, LOG_TEMP = 0.97, 1e-3, 0.5, -1.5, math.log(0.4)


def policy(net, obs, eps, batch):
    head = net(obs, batch)
    mean, log_std = head[:, :ACT], torch.clamp(head[:, ACT:], -20, 2)
    z = mean + log_std.exp() * eps
    normal = -0.5 * eps**2 - log_std - 0.5 * math.log(2 * math.pi)
    return torch.tanh(z), (normal - 2 * (math.log(2) - z - torch.nn.functional.softplus(-2 * z))).sum(1)


def updates(count, warmup):
    actor = Network([OBS, *HIDDEN, 2 * ACT], warmup, 0.5)
    critics = [Network([OBS + ACT, *HIDDEN, 1], warmup, 0.5) for _ in range(2)]
    weights = [t for c in critics for t in c.tensors()]

    def state():
        return dict(actor=flat(actor.tensors()), critics=flat(weights), actor_running=actor.running(),
                    critic_running=[c.running() for c in critics])

    start, made = state(), []
    critic_adam = torch.optim.Adam(weights, lr=RATE, betas=(BETA1, 0.999))
    actor_adam = torch.optim.Adam(actor.tensors(), lr=RATE, betas=(BETA1, 0.999))
    log_temp = torch.tensor(LOG_TEMP, requires_grad=True)
    temp_adam = torch.optim.Adam([log_temp], lr=RATE)
    for _ in range(count):
        keep = torch.ones(ROWS)
        keep[2] = 0
        b = {"obs": f32(ROWS, OBS), "action": (2 * torch.rand(ROWS, ACT) - 1).float().double(), "next": f32(ROWS, OBS),
             "reward": f32(ROWS), "continue": keep, "target_noise": f32(ROWS, ACT), "actor_noise": f32(ROWS, ACT)}
        temp = log_temp.exp().item()
        with torch.no_grad():
            a2, lp2 = policy(actor, b["next"], b["target_noise"], False)
        x = torch.cat([torch.cat([b["obs"], b["action"]], 1), torch.cat([b["next"], a2], 1)])
        q = [c(x, True)[:, 0] for c in critics]
        y = (b["reward"] + GAMMA * keep * (torch.minimum(q[0][ROWS:], q[1][ROWS:]) - temp * lp2)).detach()
        critic_loss = sum(0.5 * ((each[:ROWS] - y) ** 2).mean() for each in q)
        critic_adam.zero_grad()
        critic_loss.backward()
        critic_adam.step()
        a, lp = policy(actor, b["obs"], b["actor_noise"], True)
        qa = [c(torch.cat([b["obs"], a], 1), False)[:, 0] for c in critics]
        actor_loss = (temp * lp - torch.minimum(*qa)).mean()
        actor_adam.zero_grad()
        actor_loss.backward()
        actor_adam.step()
        temp_adam.zero_grad()
        (-log_temp * (lp.detach() + TARGET_ENTROPY)).mean().backward()
        temp_adam.step()
        made.append(dict(batch={k: flat(v) for k, v in b.items()}, critic_loss=critic_loss.item(), actor_loss=actor_loss.item(),
                         after=state() | dict(log_temperature=log_temp.item())))
    return dict(warmup=warmup, start=start, updates=made)


def write(path, what):
    (ROOT / path).write_text(json.dumps(dict(made_with=f"torch {torch.__version__}", **what), separators=(",", ":")) + "\n")


write("nn/testdata/renorm.json", dict(networks=[passes([4, 7, 6, 3], 9, 0, 1.0), passes([5, 8, 1], 6, 100_000, 1.0), passes([3, 6, 2], 5, 0, 8.0)]))
write("sac/testdata/crossq.json", dict(obs_dim=OBS, act_dim=ACT, hidden=HIDDEN, gamma=GAMMA, rate=RATE, beta1=BETA1,
                                       target_entropy=TARGET_ENTROPY, log_temperature=LOG_TEMP, cases=[updates(3, 100_000), updates(3, 1)]))
