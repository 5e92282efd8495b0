"""Seconds of one epoch of M-DeMoRL in jitted JAX, at the settings of demorl's preset `lite` on HalfCheetah-v5: 1,000 real
steps, 20 SAC updates a step, a refit and a planning round every 250 steps (10,000 starts, 20 samples, 4 elites, horizon 5).

The parts are those of pilot_jax.py. The refits make a fixed number of passes together instead of stopping early, on the
rows of a random policy and of the epoch itself. Everything is compiled and has run with its real shapes before the clock
starts; "compiles" counts what was compiled after that and must be 0. The comparison of plans with the policy, a
diagnostic, takes 1,500 rollouts a round, as many as demorl's three of 500.
Prints {"peer", "env", "threads", "seconds", "env_s", "fit_s", "imagine_s", "learn_s", "steps", "fit_passes", "grad_steps",
"compiles"}. With --hold it prints {"ready": true} when it is warm and waits for a line on standard input.
usage: epoch_jax.py [--threads N] [--steps N] [--passes N] [--rows N] [--utd N] [--starts N] [--hold]
"""
import argparse
import json
import os
import sys
import time
import warnings

ap = argparse.ArgumentParser()
ap.add_argument("--threads", type=int, default=os.cpu_count())
ap.add_argument("--env", default="HalfCheetah-v5")
ap.add_argument("--steps", type=int, default=1000, help="real steps; fewer are measured as they are, nothing is scaled")
ap.add_argument("--passes", type=int, default=80, help="passes over the data of all refits together")
ap.add_argument("--rows", type=int, default=5000, help="real rows of random actions before the epoch")
ap.add_argument("--utd", type=int, default=20)
ap.add_argument("--starts", type=int, default=10_000)
ap.add_argument("--seed", type=int, default=0)
ap.add_argument("--hold", action="store_true")
args = ap.parse_args()
warnings.filterwarnings("ignore")
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: args.threads]))

# pilot_jax.py is a program: it reads its settings from the command line when it is loaded.
sys.argv = ["pilot_jax.py", "--env", args.env, "--algo", "m-demorl", "--seed", str(args.seed), "--threads", str(args.threads),
            "--steps", str(args.rows + args.steps), "--set", f"utd={args.utd}", f"start_states={args.starts}", f"warmup={args.rows}",
            "samples=20", "elite_frac=0.2", "horizon=5", "real_ratio=0,70,0.2,0.8", "target_entropy=0", "judged=1500"]
import pilot_jax as pilot  # noqa: E402
import jax  # noqa: E402
import numpy as np  # noqa: E402

C, H = pilot.C, int(pilot.schedule(pilot.C.horizon, 0))
RATIO = pilot.schedule(C.real_ratio, 0)
compiled = [0]


def count(name, _, **__):
    compiled[0] += name.endswith("backend_compile_duration")


jax.monitoring.register_event_duration_secs_listener(count)


def learn():
    pilot.sac, _ = pilot.sac_block(pilot.sac, pilot.batches(RATIO), pilot.next_key())
    jax.block_until_ready(pilot.sac)
    return pilot.np_policy(pilot.sac["actor"])


def collect():
    """args.rows real steps of uniform random actions; the state that the robot is then in."""
    s, _ = pilot.env.reset(seed=args.seed)
    for _ in range(args.rows):
        s, _, te, tr = pilot.real_step(s, pilot.rng.uniform(-1, 1, pilot.ACT))
        if te or tr:
            s, _ = pilot.env.reset()
    return s


def warm_up(s):
    """Run every compiled part at every shape that the epoch has, twice where a first result changes the types."""
    b, have = pilot.env_buf, pilot.env_buf.n
    held = b.held.copy()
    b.held[have:] = np.random.default_rng(1).random(b.cap - have) < 0.2
    for t in [0, *range(0, args.steps, C.refit_every)]:
        b.n = have + t  # the rows that later refits will see are still zeros, which costs the same time
        pilot.refit(1)
    b.n, b.held = have, held
    one = np.zeros((1, C.members, C.batch), int)  # refits of a whole number of blocks make no single steps
    for _ in range(2):
        x = tuple(b.data[k][one] for k in ("s", "a")) + (np.zeros(one.shape + (pilot.OBS + 1,), np.float32),)
        pilot.ens, pilot.ens_opt = pilot.fit_steps(pilot.ens, pilot.ens_opt, pilot.norm, x)
        pilot.begin_epoch(H)
        pilot.imagine(H)
    for _ in range(3):
        act = learn()
    act(s, True, pilot.rng)
    return act


def epoch(s, act):
    refits = -(-args.steps // C.refit_every)
    clock, total = dict(fit=0.0, imagine=0.0, learn=0.0), dict(passes=0, steps=0)
    start = time.perf_counter()
    for t in range(args.steps):
        c = time.perf_counter()
        if t == 0:
            pilot.begin_epoch(H)
        if t % C.refit_every == 0:
            fit = pilot.refit(max(1, args.passes // refits))
            jax.block_until_ready(pilot.ens)
            total = {k: total[k] + fit[k] for k in total}
            clock["fit"] += time.perf_counter() - c
        if t % C.replan_every == 0:
            c = time.perf_counter()
            pilot.imagine(H)
            clock["imagine"] += time.perf_counter() - c
        s, _, te, tr = pilot.real_step(s, act(s, True, pilot.rng))
        if te or tr:
            s, _ = pilot.env.reset()
        c = time.perf_counter()
        act = learn()
        clock["learn"] += time.perf_counter() - c
    seconds = time.perf_counter() - start
    clock = dict(env=seconds - sum(clock.values()), **clock)
    return seconds, clock, total


state = collect()
policy = warm_up(state)
if args.hold:
    print(json.dumps(dict(ready=True)), flush=True)
    sys.stdin.readline()
before = compiled[0]
seconds, clock, total = epoch(state, policy)
print(json.dumps(dict(peer="jax epoch", env=args.env, threads=args.threads, seconds=round(seconds, 3),
                      **{k + "_s": round(v, 3) for k, v in clock.items()}, steps=args.steps, fit_passes=total["passes"],
                      grad_steps=total["steps"], compiles=compiled[0] - before)), flush=True)
