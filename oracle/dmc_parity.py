"""Steps tasks of the DeepMind Control Suite and prints what they return, for the parity tests of env/mujoco/dmc.

Prints JSON lines as env/parity/doc.go says: for each state {"task", "qpos", "qvel", "qacc_warmstart", ...} with the fields
of the model that the task's resets write, a line {"obs"} for the state itself, and {"action", "obs", "reward",
"terminated"} for each action. An action is held for the task's repeat and the rewards are added, as dmc2gym does; a task
ending in :k1 is stepped once. Of four states one is a fresh reset, stepped on from where dm_control left it; one is written close to the task's goal, so
that rewards are compared which chance hardly finds; two come out of the middle of episodes with random and with slowly
waving controls, at a moment when something touches where the task has contacts, and are written anew. Actions are float64.

Usage: dmc_parity.py --list | [--states N] [--actions N] [--seed N] [--rate] TASK...
       dmc_parity.py --describe | --tolerance | --resets N TASK...
"""

import itertools
import os
import platform
import sys

# NumPy and its BLAS choose code by the machine they run on, and the last bits of what they compute with it. Without the
# vector code NumPy calls the C library's log1p, and BLAS of that machine type has no fused multiply-add: both are what
# any other program can do too. This must be said before they are loaded.
os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", "X86_V4 AVX512_ICL AVX512_SPR")
if platform.machine() == "x86_64":
    os.environ.setdefault("OPENBLAS_CORETYPE", "Nehalem")
os.environ.setdefault("MUJOCO_GL", "disabled")

import warnings

warnings.simplefilter("ignore")

import absl.logging
import dm_control.suite
import mujoco
import numpy as np
import protocol
from dm_control.utils import rewards
from protocol import show

# Domain and task, dm_control's action repeat in the literature (environments.md section 2).
REPEATS = {"cartpole": 8, "finger": 2, "ball_in_cup": 2, "walker": 2, "hopper": 2, "humanoid": 2}
PAIRS = [
    *itertools.product(["cartpole"], ["balance", "balance_sparse", "swingup", "swingup_sparse"]),
    ("pendulum", "swingup"),
    *itertools.product(["acrobot"], ["swingup", "swingup_sparse"]),
    ("cheetah", "run"),
    *itertools.product(["hopper"], ["hop", "stand"]),
    *itertools.product(["walker", "humanoid"], ["stand", "walk", "run"]),
    *itertools.product(["finger"], ["spin", "turn_easy", "turn_hard"]),
    ("ball_in_cup", "catch"),
    *itertools.product(["reacher"], ["easy", "hard"]),
    ("point_mass", "easy"),
    *itertools.product(["fish"], ["upright", "swim"]),
    *itertools.product(["swimmer"], ["swimmer6", "swimmer15"]),
]
TASKS = {}
for pair in PAIRS:
    TASKS[f"dmc/{pair[0]}-{pair[1]}"] = (*pair, REPEATS.get(pair[0], 4))
for pair in PAIRS:
    TASKS[f"dmc/{pair[0]}-{pair[1]}:k1"] = (*pair, 1)

# Fields of the model that a reset writes.
WRITTEN = {
    ("finger", "spin"): ["dof_damping"],
    ("finger", "turn_easy"): ["site_pos", "site_size"],
    ("finger", "turn_hard"): ["site_pos", "site_size"],
    ("reacher", "easy"): ["geom_pos", "geom_size"],
    ("reacher", "hard"): ["geom_pos", "geom_size"],
    ("fish", "swim"): ["geom_pos"],
    ("swimmer", "swimmer6"): ["geom_pos"],
    ("swimmer", "swimmer15"): ["geom_pos"],
}
# Domains in which bodies touch each other.
TOUCHING = {"cheetah", "hopper", "walker", "humanoid", "finger", "ball_in_cup"}


def load(task, seed, limited=False):
    domain, name, _ = TASKS[task]
    arguments = {"random": seed}
    if not limited:
        arguments["time_limit"] = float("inf")
    return dm_control.suite.load(domain, name, task_kwargs=arguments)


def flat(observation):
    return np.concatenate([np.ravel(x) for x in observation.values()]).tolist()


def fields_of(env, task):
    """What a simulation must be given to go on as env does."""
    data, model = env.physics.data, env.physics.model
    out = {name: getattr(data, name).ravel().tolist() for name in ("qpos", "qvel", "qacc_warmstart")}
    out.update({name: getattr(model, name).ravel().tolist() for name in WRITTEN.get(TASKS[task][:2], [])})
    return out


def advance(env, generator, waving, touching):
    """Some control steps with random or waving controls, and then as many as it takes until something touches."""
    joints = env.physics.model.nu
    pace, phase = generator.uniform(0.02, 0.2, joints), generator.uniform(0, 2 * np.pi, joints)
    least = int(generator.integers(10, 150))
    for step in range(least + 400):
        if step >= least and (not touching or env.physics.data.ncon > 0):
            return
        env.step(np.sin(pace * step + phase) if waving else generator.uniform(-1, 1, joints))


def succeed(env, domain, name, generator):
    """Writes a state close to the goal: the positions and velocities, or the target's place in the model."""
    model, qpos, qvel = env.physics.named.model, env.physics.named.data.qpos, env.physics.named.data.qvel
    near = lambda size, count=None: generator.uniform(-size, size, count)
    qpos[:] = env.physics.model.qpos0
    qvel[:] = 0
    if domain == "cartpole":
        qpos[:], qvel[:] = near(0.06, 2), near(0.05, 2)
    elif domain in ("pendulum", "acrobot", "point_mass"):
        qpos[:] = near(0.008 if domain == "point_mass" else 0.08, len(qvel[:]))
    elif domain in ("cheetah", "hopper", "walker"):
        qvel["rootx"] = generator.uniform(0, {"cheetah": 12, "hopper": 2.5, "walker": 9}[domain])
        if domain == "hopper":
            qpos["knee"] = 0.1
    elif domain == "humanoid" and name != "stand":
        qvel[:2] = generator.uniform(0, 8, 2)
    elif domain == "finger":
        qpos["proximal"] = qpos["distal"] = -1
        if name == "spin":
            qvel["hinge"] = generator.uniform(-25, -14)
        else:
            x, z = model.site_pos["target", ["x", "z"]] - model.body_pos["spinner", ["x", "z"]]
            qpos["hinge"] = -np.arctan2(x, z) + near(0.15)
    elif domain == "ball_in_cup":
        qpos["ball_x"], qpos["ball_z"] = near(0.015), 0.35 + near(0.015)
    elif domain == "fish":
        qpos["root"][3:] = [1, *near(0.1, 3)]
        qpos["root"][3:] /= np.linalg.norm(qpos["root"][3:])
    touched = {"reacher": "finger", "fish": "mouth", "swimmer": "nose"}.get(domain)
    if touched and name != "upright":
        mujoco.mj_kinematics(env.physics.model.ptr, env.physics.data.ptr)
        place = env.physics.named.data.geom_xpos[touched] + near(0.02, 3)
        model.geom_pos["target"][:2] = place[:2]
        if domain == "fish":
            model.geom_pos["target"][2] = place[2]


def run(task, states, actions, seed):
    domain, name, repeat = TASKS[task]
    ids = sorted(TASKS)
    env = load(task, 1000 * seed + ids.index(task))
    generator = np.random.default_rng([seed, ids.index(task)])
    joints = env.physics.model.nu
    touched = rewarded = 0
    for i in range(states):
        observation = env.reset().observation
        fields = fields_of(env, task)
        if i % 4 > 0:
            if i % 4 == 2:
                succeed(env, domain, name, generator)
            else:
                advance(env, generator, i % 4 == 3, domain in TOUCHING)
            fields = fields_of(env, task)
            with env.physics.reset_context():
                for field in ("qpos", "qvel", "qacc_warmstart"):
                    getattr(env.physics.data, field)[:] = fields[field]
            observation = env.task.get_observation(env.physics)
            touched += i % 4 != 2 and env.physics.data.ncon > 0
        show(task=task, **fields)
        show(obs=flat(observation))
        for _ in range(actions):
            # A tenth wider than the bounds: the reward counts what was asked for, the simulator clamps it.
            action = 1.1 * generator.uniform(-1, 1, joints)
            reward, terminated = 0.0, False
            for _ in range(repeat):
                step = env.step(action)
                reward += float(step.reward)
                terminated = terminated or step.discount != 1
            rewarded += reward > 0
            show(action=action.tolist(), obs=flat(step.observation), reward=reward, terminated=bool(terminated))
    if domain in TOUCHING and 2 * touched < states // 2:
        sys.exit(f"{task}: something touches in only {touched} of {states} states")
    if states >= 4 and not rewarded:
        sys.exit(f"{task}: no step is rewarded")


def rate(task, steps=1000, repeats=5):
    """The task's steps per second with random actions, resets included: the best of some repeats."""
    _, _, repeat = TASKS[task]
    env = load(task, 0, limited=True)
    actions = np.random.default_rng(0).uniform(-1, 1, (steps, env.physics.model.nu))
    return protocol.rate(env.reset, lambda action: any(env.step(action).last() for _ in range(repeat)), actions, repeats)


def describe():
    """One line for each task: what dm_control says about it."""
    environments = {pair: load(f"dmc/{pair[0]}-{pair[1]}", 0, limited=True) for pair in PAIRS}
    for task, (domain, name, repeat) in TASKS.items():
        env = environments[domain, name]
        env.reset()
        physics, spec = env.physics, env.action_spec()
        show(
            task=task,
            limit=int(np.ceil(env._step_limit)),
            timestep=physics.timestep(),
            control=env.control_timestep(),
            repeat=repeat,
            low=spec.minimum.tolist(),
            high=spec.maximum.tolist(),
            observe=[[key, int(np.prod(x.shape)) if np.ndim(x) else 0] for key, x in env.task.get_observation(physics).items()],
        )


def resets(task, count):
    """The states of many resets."""
    env = load(task, 12345)
    for _ in range(count):
        env.reset()
        show(task=task, **{name: x for name, x in fields_of(env, task).items() if name != "qacc_warmstart"})


def tolerance():
    """dm_control's tolerance over a grid; null stands for an infinite bound."""
    shapes = ("gaussian", "hyperbolic", "long_tail", "reciprocal", "cosine", "linear", "quadratic", "tanh_squared")
    bounds = ((0, 0), (-0.25, 0.25), (1.2, np.inf), (-np.inf, -3), (0.6, 2), (2, 2))
    grid = np.concatenate([np.linspace(-12, 12, 97), [0.6, 1.2, np.nextafter(1.2, 0), 2, np.nextafter(2, 3), 1e-9, -1e-9, 1e6]])
    for shape, (lower, upper), margin, value in itertools.product(shapes, bounds, (0, 0.35, 1, 5, 10), (0, 0.1, 0.5, 0.9)):
        if value == 0 and shape not in ("cosine", "linear", "quadratic"):
            continue
        finite = [None if np.isinf(x) else x for x in (lower, upper)]
        values = [float(rewards.tolerance(float(x), (lower, upper), margin, shape, value)) for x in grid]
        show(shape=shape, lower=finite[0], upper=finite[1], margin=margin, value=value, x=grid.tolist(), y=values)


def main():
    parser = protocol.options()
    parser.add_argument("--describe", action="store_true")
    parser.add_argument("--tolerance", action="store_true")
    parser.add_argument("--resets", type=int)
    parser.add_argument("task", nargs="*")
    options = parser.parse_args()
    absl.logging.set_verbosity(absl.logging.ERROR)
    if options.list:
        print("\n".join(TASKS))
    elif options.describe:
        describe()
    elif options.tolerance:
        tolerance()
    elif options.resets:
        for task in options.task:
            resets(task, options.resets)
    else:
        import importlib.metadata

        for task in options.task:
            show(library=protocol.library(), oracle=f"dm_control {importlib.metadata.version('dm-control')}, mujoco {mujoco.__version__}")
            run(task, options.states, options.actions, options.seed)
            if options.rate:
                show(rate=rate(task))
    return 0


if __name__ == "__main__":
    sys.exit(main())
