"""Goldens of package sac: three complete updates in PyTorch (float64), written from the formulas of SAC, and the first
of them by stable-baselines3 with the same weights and noise. Then the same updates again with a state value behind them.

Writes sac/testdata/torch.json. usage: golden_sac.py [OUT]   (needs torch, stable-baselines3; never imports demorl)
"""
import json
import math
import pathlib
import sys

import torch

torch.manual_seed(20240502)
torch.set_default_dtype(torch.float64)
OBS, ACT, HIDDEN, ROWS = 3, 2, [16, 16], 8
GAMMA, TAU, RATE, TARGET_ENTROPY, LOG_TEMP, UPDATES = 0.97, 0.05, 1e-3, -1.5, math.log(0.4), 3


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


def mlp(p, x):
    for i in range(0, len(p), 2):
        x = x @ p[i] + p[i + 1]
        if i < len(p) - 2:
            x = torch.relu(x)
    return x


def policy(p, obs, eps):
    head = mlp(p, obs)
    mean, log_std = head[:, :ACT], torch.clamp(head[:, ACT:], -20, 2)
    z = mean + log_std.exp() * eps
    normal = -0.5 * eps**2 - log_std - 0.5 * math.log(2 * math.pi)
    squash = 2 * (math.log(2) - z - torch.nn.functional.softplus(-2 * z))
    return torch.tanh(z), (normal - squash).sum(1)


def update(s, b):
    """One update in place; returns losses and gradients."""
    temp = s["log_temp"].exp().detach()
    with torch.no_grad():
        a2, lp2 = policy(s["actor"], b["next"], b["target_noise"])
        x2 = torch.cat([b["next"], a2], 1)
        q2 = torch.minimum(mlp(s["targets"][0], x2), mlp(s["targets"][1], x2))[:, 0]
        y = b["reward"] + GAMMA * b["continue"] * (q2 - temp * lp2)
    x = torch.cat([b["obs"], b["action"]], 1)
    qs = [mlp(c, x)[:, 0] for c in s["critics"]]
    critic_loss = sum(0.5 * ((q - y) ** 2).mean() for q in qs)
    s["critic_opt"].zero_grad()
    critic_loss.backward()
    critic_grad = flat([p.grad for c in s["critics"] for p in c])
    s["critic_opt"].step()
    a, lp = policy(s["actor"], b["obs"], b["actor_noise"])
    xa = torch.cat([b["obs"], a], 1)
    actor_loss = (temp * lp - torch.minimum(mlp(s["critics"][0], xa), mlp(s["critics"][1], xa))[:, 0]).mean()
    s["actor_opt"].zero_grad()
    actor_loss.backward()
    actor_grad = flat([p.grad for p in s["actor"]])
    s["actor_opt"].step()
    temp_loss = -(s["log_temp"] * (lp.detach() + TARGET_ENTROPY)).mean()
    s["temp_opt"].zero_grad()
    temp_loss.backward()
    s["temp_opt"].step()
    with torch.no_grad():
        for t, c in zip(s["targets"], s["critics"]):
            for pt, pc in zip(t, c):
                pt.mul_(1 - TAU).add_(TAU * pc)
    return dict(critic_loss=critic_loss.item(), actor_loss=actor_loss.item(), temperature_loss=temp_loss.item(),
                entropy=-lp.mean().item(), q_mean=torch.stack(qs).mean().item(), q_max=torch.stack(qs).abs().max().item(),
                critic_grad=critic_grad, actor_grad=actor_grad)


def parameters(s):
    return dict(actor=flat(s["actor"]), critics=flat([p for c in s["critics"] for p in c]),
                targets=flat([p for c in s["targets"] for p in c]), log_temperature=s["log_temp"].item())


def batch():
    keep = torch.ones(ROWS)
    keep[2] = 0
    return {"obs": f32(ROWS, OBS), "action": (2 * torch.rand(ROWS, ACT) - 1).float().double(), "next": f32(ROWS, OBS),
            "reward": f32(ROWS), "continue": keep, "target_noise": f32(ROWS, ACT), "actor_noise": f32(ROWS, ACT)}


def with_sb3(start, b):
    """The parameters after one update of stable-baselines3's SAC."""
    import gymnasium as gym
    import numpy as np
    from stable_baselines3 import SAC
    from stable_baselines3.common.logger import configure
    from stable_baselines3.common.type_aliases import ReplayBufferSamples

    class Task(gym.Env):
        observation_space = gym.spaces.Box(-1, 1, (OBS,), np.float64)
        action_space = gym.spaces.Box(-1, 1, (ACT,), np.float32)

    torch.set_default_dtype(torch.float32)  # it casts observations to float32
    model = SAC("MlpPolicy", Task(), learning_rate=RATE, buffer_size=10, batch_size=ROWS, tau=TAU, gamma=GAMMA,
                ent_coef=f"auto_{math.exp(LOG_TEMP)}", target_entropy=TARGET_ENTROPY, policy_kwargs=dict(net_arch=HIDDEN))
    model.set_logger(configure(None, []))

    def load(linear, w, bias):
        linear.weight.data, linear.bias.data = w.detach().T.clone().float(), bias.detach().clone().float()

    hidden = [m for m in model.actor.latent_pi if isinstance(m, torch.nn.Linear)]
    p = start["actor"]
    for i, m in enumerate(hidden):
        load(m, p[2 * i], p[2 * i + 1])
    load(model.actor.mu, p[-2][:, :ACT], p[-1][:ACT])
    load(model.actor.log_std, p[-2][:, ACT:], p[-1][ACT:])
    for net, stack in ((model.critic, start["critics"]), (model.critic_target, start["targets"])):
        for q, c in zip(net.q_networks, stack):
            for i, m in enumerate(m for m in q if isinstance(m, torch.nn.Linear)):
                load(m, c[2 * i], c[2 * i + 1])
    model.log_ent_coef.data.fill_(LOG_TEMP)
    draws = [b["actor_noise"].float(), b["target_noise"].float()]  # its order: actions of this state, then of the next
    torch.distributions.normal._standard_normal = lambda *a, **k: draws.pop(0)
    fields = dict(observations=b["obs"], actions=b["action"], next_observations=b["next"], dones=1 - b["continue"][:, None],
                  rewards=b["reward"][:, None])
    fields = {k: v.float() for k, v in fields.items()}
    if "discounts" in ReplayBufferSamples._fields:
        fields["discounts"] = None
    model.replay_buffer.sample = lambda *a, **k: ReplayBufferSamples(**fields)
    model.train(gradient_steps=1, batch_size=ROWS)
    torch.set_default_dtype(torch.float64)

    def stack(net):
        return [t for q in net.q_networks for m in q if isinstance(m, torch.nn.Linear) for t in (m.weight.T, m.bias)]

    actor = [t for m in hidden for t in (m.weight.T, m.bias)]
    actor += [torch.cat([model.actor.mu.weight, model.actor.log_std.weight]).T, torch.cat([model.actor.mu.bias, model.actor.log_std.bias])]
    return dict(actor=flat(actor), critics=flat(stack(model.critic)), targets=flat(stack(model.critic_target)),
                log_temperature=model.log_ent_coef.item())


def learner(actor, critics, targets):
    """Everything that an update changes."""
    s = dict(actor=actor, critics=critics, targets=targets, log_temp=torch.tensor(LOG_TEMP, requires_grad=True))
    s["critic_opt"] = torch.optim.Adam([p for c in critics for p in c], lr=RATE)
    s["actor_opt"] = torch.optim.Adam(actor, lr=RATE)
    s["temp_opt"] = torch.optim.Adam([s["log_temp"]], lr=RATE)
    return s


def clone(stack):
    return [p.detach().clone().requires_grad_() for p in stack]


def compare_with_sb3(start, b):
    """One update with log standard deviations near -1: its log(1 - a^2 + 1e-6) departs from SAC's where actions saturate."""
    start["actor"][-1].data[ACT:] = -1.0
    theirs = with_sb3(start, b)
    update(start, b)
    ours = parameters(start)
    for name in ("actor", "critics", "targets"):
        gap = max(abs(x - y) for x, y in zip(ours[name], theirs[name]))
        print(f"{name}: largest distance to stable-baselines3 {gap:.2e}")
        assert gap < 2e-5, "stable-baselines3 disagrees"
    return theirs


def value_update(s, v, b):
    """One step of the state value V(s) and its target, after an update; returns the loss and its gradient."""
    with torch.no_grad():
        a, lp = policy(s["actor"], b["obs"], b["value_noise"])
        x = torch.cat([b["obs"], a], 1)
        q = torch.minimum(mlp(s["targets"][0], x), mlp(s["targets"][1], x))[:, 0]
        y = q - s["log_temp"].exp() * lp
    loss = 0.5 * ((mlp(v["net"], b["obs"])[:, 0] - y) ** 2).mean()
    v["opt"].zero_grad()
    loss.backward()
    grad = flat([p.grad for p in v["net"]])
    v["opt"].step()
    with torch.no_grad():
        for pt, pc in zip(v["target"], v["net"]):
            pt.mul_(1 - TAU).add_(TAU * pc)
    return loss.item(), grad


def with_value(s, batches):
    """The given updates, each followed by one of a state value."""
    net = layers([OBS, *HIDDEN, 1])
    target = [(p.detach() + 0.05 * f32(*p.shape)).float().double() for p in net]
    v = dict(net=net, target=target, opt=torch.optim.Adam(net, lr=RATE))
    out = dict(net=flat(net), target=flat(target), updates=[])
    for b in batches:
        b["value_noise"] = f32(ROWS, ACT)
        update(s, b)
        loss, grad = value_update(s, v, b)
        out["updates"].append(dict(noise=flat(b["value_noise"]), loss=loss, grad=grad, net=flat(v["net"]), target=flat(v["target"])))
    return out


actor = layers([OBS, *HIDDEN, 2 * ACT])
actor[-1].data[ACT] = 1.9  # this log standard deviation is clamped in some rows and not in others
actor[-1].data = actor[-1].data.float().double()
critics = [layers([OBS + ACT, *HIDDEN, 1]) for _ in range(2)]
targets = [[(p.detach() + 0.05 * f32(*p.shape)).float().double() for p in c] for c in critics]
other = learner(clone(actor), [clone(c) for c in critics], [[p.clone() for p in c] for c in targets])
again = learner(clone(actor), [clone(c) for c in critics], [[p.clone() for p in c] for c in targets])
state = learner(actor, critics, targets)
batches = []
golden = dict(made_with=f"torch {torch.__version__}", obs_dim=OBS, act_dim=ACT, hidden=HIDDEN, gamma=GAMMA, tau=TAU, rate=RATE,
              target_entropy=TARGET_ENTROPY, start=parameters(state), updates=[])
for u in range(UPDATES):
    b = batch()
    batches.append(b)
    if u == 0:
        head = mlp(state["actor"], b["obs"])[:, ACT:]
        assert (head > 2).any() and (head < 2).any(), "the first batch must meet the clamp"
        golden["sb3"] = compare_with_sb3(other, b)
    result = update(state, b)
    if u > 0:
        del result["critic_grad"], result["actor_grad"]
    entry = {k: flat(v) for k, v in b.items()} | result
    if u in (0, UPDATES - 1):
        entry["after"] = parameters(state)
    golden["updates"].append(entry)
golden["value"] = with_value(again, batches)

out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "sac/testdata/torch.json"
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
