"""Runs the original StochLite environment and stores what it computes, for the tests of env/mujoco/stoch.

The original is the folder envs/ of a checkout of github UtkarshMishra04/DMD-MPC-RL; it needs Python 3.11, numpy below 2,
gymnasium and pybullet 3.2.7. Its classes run as they are, but for three things that stop them on this Python: two
dataclass defaults, the package name gym, and the plotting and logging that nothing here uses. Only numbers are stored.

Usage: golden_stoch.py CHECKOUT [OUTPUT.json]   (writes env/mujoco/stoch/testdata/stochlite.json without OUTPUT; without
CHECKOUT it says what it needs and leaves the file as it is, since `make oracle` has no checkout)
"""

import contextlib
import importlib
import importlib.abc
import importlib.util
import io
import json
import os
import sys
import types

try:
    import numpy as np
except ImportError:  # main says what is needed
    np = None

PACKAGE = "envs.environments.stoch_env"


class Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the original's modules and mends the dataclasses, whose defaults must be hashable since Python 3.11."""

    def __init__(self, checkout):
        self.checkout = checkout

    def find_spec(self, name, path, target=None):
        if not name.startswith("envs"):
            return None
        place = os.path.join(self.checkout, *name.split("."))
        if os.path.isdir(place):
            return importlib.util.spec_from_loader(name, self, is_package=True)
        return importlib.util.spec_from_file_location(name, place + ".py", loader=self)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        if module.__spec__.origin is None:
            return
        with open(module.__spec__.origin) as source:
            text = source.read().replace("@dataclass\n", "@dataclass(eq=False)\n")
        exec(compile(text, module.__spec__.origin, "exec"), module.__dict__)


def original(checkout):
    for name in ("matplotlib", "matplotlib.pyplot", PACKAGE + ".utils.logger"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules[PACKAGE + ".utils.logger"].DataLog = object
    sys.modules["gym"] = importlib.import_module("gymnasium")
    sys.meta_path.insert(0, Loader(checkout))
    os.chdir(checkout)  # the robot and the wedges are found below the current folder
    return importlib.import_module(PACKAGE + ".stochlite_pybullet_env")


def kinematics(generator):
    """Feet inside and outside the workspace, and what the original's inverse and forward kinematics make of them."""
    ik = importlib.import_module(PACKAGE + ".utils.ik_class").StochliteKinematics()
    rows = []
    for i in range(80):
        name = ("FL", "FR", "BL", "BR")[i % 4]
        foot = np.round(generator.uniform([-0.25, -0.2, -0.36], [0.25, 0.2, 0.02 if i % 5 else -0.1]), 3)
        valid, angles = ik.inverseKinematics(name, foot.tolist())
        free = np.round(generator.uniform([-1.5, -3, -3], [1.5, 3, 3]), 3)
        rows.append(dict(leg=name, foot=foot.tolist(), valid=bool(valid), angles=[float(a) for a in angles],
                         free=free.tolist(), reached=ik.forwardKinematics(name, free).tolist()))
    return rows


def make(module, task, **more):
    options = {"flat": {}, "upslope": dict(wedge=True), "downslope": dict(wedge=True, downhill=True)}[task]
    env = module.StochliteEnv(deg=11, **options, **more)
    estimator = sys.modules[PACKAGE + ".planeEstimation.get_terrain_normal"]
    estimator.contacts[:] = 0
    estimator.foot_pos_queue1.extend([0, 0])
    estimator.foot_pos_queue2.extend([0, 0])
    return env


def state(env):
    pos, quat = env.GetBasePosAndOrientation()
    return dict(position=list(pos), quaternion=list(quat), velocity=list(env.GetBaseLinearVelocity()), omega=list(env.GetBaseAngularVelocity()),
                angles=list(env.GetMotorAngles()), speeds=list(env.GetMotorVelocities()))


def default_reward(env):
    """The reward with a command to walk and the flat ground's own height, and the original's settings as they were."""
    commands, incline, last = env.commands, env.incline_deg, env._last_base_position
    env.commands, env.incline_deg = [1, 0, 0], 0
    reward = env._get_reward()[0][12]
    env.commands, env.incline_deg, env._last_base_position = commands, incline, last
    return float(reward)


def episode(module, task, actions, reset_before=()):
    """The original's numbers along one episode; it is reset again, without a new instance, before the named steps."""
    env = make(module, task)
    commands = []
    generate = env._trajgen.generate_trajectory
    env._trajgen.generate_trajectory = lambda *arguments: commands.append(generate(*arguments)) or commands[-1]
    first = [float(x) for x in env.reset()]
    steps = []
    for i, action in enumerate(actions):
        row = {}
        if i in reset_before:
            row["reset"] = [float(x) for x in env.reset()]
        obs, reward, done, _ = env.step(np.concatenate([action, np.zeros(5)]))
        contacts = env.get_foot_contacts()
        row.update(action=action.tolist(), targets=[float(x) for x in commands[-1]], **state(env),
                   contacts=[int(contacts[k] or contacts[k + 4]) for k in range(4)], obs=[float(x) for x in obs],
                   power=float(env.total_power), reward=float(reward), done=bool(done))
        if task == "flat":
            row["walk"] = default_reward(env)
        steps.append(row)
        if done:
            break
    return dict(task=task, first=first, steps=steps)


def trace(module, task, action, count):
    """Height, place and reward of a longer episode with one action."""
    env = make(module, task)
    env.reset()
    heights, rewards = [], []
    for _ in range(count):
        obs, reward, done, _ = env.step(np.concatenate([action, np.zeros(5)]))
        heights.append(obs[0])
        rewards.append(float(reward))
        if done:
            break
    x, y, _ = env.GetBasePosAndOrientation()[0]
    # Heights and rewards are for a comparison of two simulators; six decimals are enough.
    return dict(task=task, action=action.tolist(), z=[round(z, 6) for z in heights], rewards=[round(r, 6) for r in rewards], x=x, y=y)


def main():
    if len(sys.argv) < 2 or np is None:
        print("golden_stoch.py needs a checkout of UtkarshMishra04/DMD-MPC-RL, numpy, gymnasium and pybullet 3.2.7: nothing was made again")
        return
    checkout, default = sys.argv[1], os.path.join(os.path.dirname(os.path.abspath(__file__)), "../env/mujoco/stoch/testdata/stochlite.json")
    output = os.path.abspath(sys.argv[2] if len(sys.argv) > 2 else default)
    generator = np.random.default_rng(6)
    with contextlib.redirect_stdout(io.StringIO()):
        module = original(os.path.abspath(checkout))
        still, walk, climb = np.zeros(15), np.zeros(15), np.zeros(15)
        walk[12] = 1
        climb[:4], climb[12] = -0.5, 0.6  # feet shifted back, below the centre of mass
        random = lambda n, size: np.round(generator.uniform(-size, size, (n, 15)), 2)
        golden = dict(
            kinematics=kinematics(generator),
            episodes=[
                episode(module, "flat", random(45, 1), reset_before=(30,)),
                episode(module, "flat", np.repeat(random(30, 1.2), 5, axis=0)[:90]),
                episode(module, "upslope", walk + random(60, 0.1)),
                episode(module, "downslope", 0.5 * walk + random(45, 0.3)),
            ],
            traces=[trace(module, task, still, 200) for task in ("flat", "upslope", "downslope")]
            + [trace(module, "flat", walk, 400), trace(module, "flat", climb, 490), trace(module, "upslope", climb, 490), trace(module, "upslope", np.where(climb < 0, climb, walk), 290)],
        )
    import pybullet

    with open(output, "w") as file:
        file.write('{"library": %s' % json.dumps(f"pybullet {pybullet.getAPIVersion()}"))
        for name, rows in golden.items():
            file.write(',\n"%s": [\n' % name)
            file.write(",\n".join(json.dumps(row, separators=(",", ":")).replace('{"reset"', '\n{"reset"').replace('{"action"', '\n{"action"') for row in rows))
            file.write("]")
        file.write("}\n")
    for t in golden["traces"]:
        print(t["task"], t["action"][12], "return", sum(t["rewards"]), "rewards", t["rewards"][:3], "z", t["z"][:3], "x", t["x"])
    for e in golden["episodes"]:
        print(e["task"], len(e["steps"]), "steps, ended:", e["steps"][-1]["done"])


if __name__ == "__main__":
    main()
