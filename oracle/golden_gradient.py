"""Goldens of sac's value gradients: two complete updates in PyTorch (float64) through three steps of a closed-form world,
written from the formulas of docs/method.md D.5, with rows that terminate and one that leaves the world's range.

Writes sac/testdata/gradient.json and, where the networks see normalised observations, sac/testdata/gradient_seen.json.
usage: golden_gradient.py [FOLDER]   (needs torch; never imports demorl)
"""
import json
import math
import pathlib
import sys

import torch

torch.manual_seed(20240611)
torch.set_default_dtype(torch.float64)
OBS, ACT, HIDDEN, ROWS, STEPS, CRITICS, MEMBERS, UPDATES = 3, 2, [16, 16], 8, 3, 3, 2, 2
GAMMA, TAU, RATE, TARGET_ENTROPY, LOG_TEMP, SUBSET = 0.9, 0.05, 1e-3, -1.5, math.log(0.4), [2, 0]
EDGE = 0.9  # the task ends where the first coordinate exceeds it


def f32(*shape):
    return torch.randn(*shape).float().double()


def flat(tensors):
    tensors = tensors if isinstance(tensors, list) else [tensors]
    return [float(f"{v:.9g}") for t in tensors for v in t.detach().reshape(-1).tolist()]


def layers(sizes):
    p = []
    for a, b in zip(sizes, sizes[1:]):
        p += [(f32(a, b) / math.sqrt(a)).float().double().requires_grad_(), (0.2 * f32(b)).float().double().requires_grad_()]
    return p


def mlp(p, x, norm):
    for i in range(0, len(p), 2):
        x = x @ p[i] + p[i + 1]
        if i < len(p) - 2:
            if norm:
                x = torch.nn.functional.layer_norm(x, x.shape[-1:], eps=1e-5)
            x = torch.nn.functional.silu(x)
    return x


def see(s, obs):
    """What the networks see: observations less the mean, over the standard deviation (that of `seen`, dividing by the number of rows)."""
    if s["seen"] is None:
        return obs
    return (obs - s["seen"].mean(0)) / s["seen"].std(0, correction=0)


def policy(s, obs, eps):
    head = mlp(s["actor"], see(s, obs), False)
    mean, log_std = head[:, :ACT], torch.clamp(head[:, ACT:], -20, 2)
    z = mean + log_std.exp() * eps
    normal = -0.5 * eps**2 - log_std - 0.5 * math.log(2 * math.pi)
    squash = 2 * (math.log(2) - z - torch.nn.functional.softplus(-2 * z))
    return torch.tanh(z), (normal - squash).sum(1)


def world(w, obs, act, member, eps):
    """Next observation and reward: a tanh of both, with a standard deviation that depends on the observation."""
    push = torch.tanh((obs[:, :, None] * w["a"][member]).sum(1) + (act[:, :, None] * w["b"][member]).sum(1))
    std = 0.05 + 0.02 * torch.tanh(obs @ w["c"])
    reward = obs @ w["p"] - 0.3 * (obs**2).sum(1) - 0.1 * (act**2).sum(1)
    return obs + 0.3 * push + std * eps, reward


def walk(s, w, b):
    """States, masks and sums of one walk; a row ends by termination or, at (step, row) of `lost`, as not believed."""
    obs = b["obs"]
    live, over = torch.ones(ROWS, dtype=torch.bool), torch.zeros(ROWS, dtype=torch.bool)
    until = torch.zeros(ROWS)
    first, steps = None, []
    for k in range(STEPS):
        act, log_pi = policy(s, obs, b["policy_noise"][k])
        first = act if first is None else first
        nxt, reward = world(w, obs, act, b["member"][k], b["world_noise"][k])
        lost = torch.tensor([(k, r) in LOST for r in range(ROWS)])
        ended = (nxt[:, 0] > EDGE) & ~lost
        counts = live & ~lost
        steps.append((counts, reward, log_pi))
        over = over | (counts & ended)
        until = until + counts.double()
        live = live & ~lost & ~ended
        obs = torch.where(live[:, None], nxt, obs)
    act, log_pi = policy(s, obs, b["policy_noise"][STEPS])
    tail = torch.where(over, torch.zeros(ROWS), GAMMA**until)
    return first, steps, obs, act, log_pi, tail, over


def scaled(s, q):
    lo, hi = s["bounds"]
    return q * (hi - lo) / 2 + (hi + lo) / 2


def update(s, w, b):
    temp = s["log_temp"].exp().detach()
    first, steps, obs, act, log_pi, tail, over = walk(s, w, b)
    with torch.no_grad():
        soft = torch.cat([(r - temp * lp)[c] for c, r, lp in steps])
        lo, hi = (torch.quantile(soft, q) / (1 - GAMMA) for q in (0.01, 0.99))
        old = s["bounds"]
        s["bounds"] = (lo, hi) if old is None else tuple(o + RATE * (n - o) for o, n in zip(old, (lo, hi)))
        x = torch.cat([see(s, obs), act], 1)
        q = torch.stack([scaled(s, mlp(s["targets"][i], x, True)[:, 0]) for i in SUBSET]).min(0).values
        q = torch.clamp(q, *s["bounds"])
        y = tail * (q - temp * log_pi)
        for k, (c, r, lp) in enumerate(steps):
            y = y + GAMMA**k * c * (r - (temp * lp if k else 0))
    x = torch.cat([see(s, b["obs"]), first.detach()], 1)
    qs = [scaled(s, mlp(c, x, True)[:, 0]) for c in s["critics"]]
    told = steps[0][0]  # a row whose first step is not believed says nothing of its action
    critic_loss = sum(0.5 * (told * (q - y) ** 2).sum() / ROWS for q in qs)
    s["critic_opt"].zero_grad()
    critic_loss.backward()
    critic_grad = flat([p.grad for c in s["critics"] for p in c])
    s["critic_opt"].step()
    with torch.no_grad():
        for t, c in zip(s["targets"], s["critics"]):
            for pt, pc in zip(t, c):
                pt.mul_(1 - TAU).add_(TAU * pc)
    x = torch.cat([see(s, obs), act], 1)
    mean_q = torch.stack([scaled(s, mlp(c, x, True)[:, 0]) for c in s["critics"]]).mean(0)
    worth = tail * (mean_q - temp * log_pi)
    for k, (c, r, lp) in enumerate(steps):
        worth = worth + GAMMA**k * torch.where(c, r - temp * lp, torch.zeros(ROWS))
    actor_loss = -worth.mean()
    s["actor_opt"].zero_grad()
    actor_loss.backward()
    actor_grad = flat([p.grad for p in s["actor"]])
    s["actor_opt"].step()
    entropy = -steps[0][2].detach().mean()
    temp_loss = s["log_temp"].exp() * (entropy - TARGET_ENTROPY)
    s["temp_opt"].zero_grad()
    temp_loss.backward()
    s["temp_opt"].step()
    return dict(critic_loss=critic_loss.item(), actor_loss=actor_loss.item(), temperature_loss=temp_loss.item(), entropy=entropy.item(),
                critic_grad=critic_grad, actor_grad=actor_grad, targets_y=flat(y), tail=flat(tail), over=over.tolist(),
                bounds=[v.item() for v in s["bounds"]], after=parameters(s))


def parameters(s):
    return dict(actor=flat(s["actor"]), critics=flat([p for c in s["critics"] for p in c]),
                targets=flat([p for c in s["targets"] for p in c]), log_temperature=s["log_temp"].item())


def batch():
    obs = 0.5 * f32(ROWS, OBS)
    obs[1, 0], obs[4, 0] = 0.86, 0.84  # close to the edge
    return {"obs": obs.float().double(), "policy_noise": f32(STEPS + 1, ROWS, ACT), "world_noise": f32(STEPS, ROWS, OBS),
            "member": torch.randint(MEMBERS, (STEPS, ROWS))}


LOST = {(1, 3), (0, 6)}


def golden(seen):
    """The start, the world and two updates; `seen` are the observations whose statistics normalise those of the networks, or None."""
    state = dict(actor=layers([OBS, *HIDDEN, 2 * ACT]), critics=[layers([OBS + ACT, *HIDDEN, 1]) for _ in range(CRITICS)], bounds=None,
                 log_temp=torch.tensor(LOG_TEMP, requires_grad=True), seen=seen)
    state["actor"][-1].data[ACT] = 1.9  # this log standard deviation is clamped in some rows and not in others
    state["actor"][-1].data = state["actor"][-1].data.float().double()
    state["targets"] = [[(p.detach() + 0.05 * f32(*p.shape)).float().double() for p in c] for c in state["critics"]]
    state["critic_opt"] = torch.optim.Adam([p for c in state["critics"] for p in c], lr=RATE)
    state["actor_opt"] = torch.optim.Adam(state["actor"], lr=RATE)
    state["temp_opt"] = torch.optim.Adam([state["log_temp"]], lr=RATE)
    toy = {"a": (0.8 * f32(MEMBERS, OBS, OBS)).float().double(), "b": f32(MEMBERS, ACT, OBS), "c": f32(OBS, OBS), "p": f32(OBS)}
    result = dict(made_with=f"torch {torch.__version__}", obs_dim=OBS, act_dim=ACT, hidden=HIDDEN, rows=ROWS, steps=STEPS, critics=CRITICS,
                  gamma=GAMMA, tau=TAU, rate=RATE, target_entropy=TARGET_ENTROPY, subset=SUBSET, edge=EDGE, lost=sorted(map(list, LOST)),
                  world={k: flat(v) for k, v in toy.items()}, start=parameters(state), updates=[])
    if seen is not None:
        result["seen"] = seen.tolist()
    for _ in range(UPDATES):
        b = batch()
        made = update(state, toy, b)
        assert 0 < sum(made["over"]) < ROWS - 2, "some rows must terminate and others not"
        result["updates"].append({k: flat(v) for k, v in b.items()} | made)
    return result


folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "sac/testdata"
for name, seen in {"gradient.json": None, "gradient_seen.json": torch.tensor([[0.5, -1.0, 0.25], [-1.5, 1.0, 0.0], [0.25, 4.0, 0.5]])}.items():
    (folder / name).write_text(json.dumps(golden(seen), separators=(",", ":")) + "\n")
