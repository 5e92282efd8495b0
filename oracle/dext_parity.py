"""Steps the two-handed tasks of Dexterous Gym 0.1.7 and prints what they return, for the parity test of env/mujoco/hand.

The package itself runs only on mujoco-py, so this is a restatement of its formulas (core/two_hands_env.py and envs/*.py)
on MuJoCo's own bindings, written without looking at demorl's code; the scenes are the package's, mended in memory. Prints
what the comment of env/parity asks for. The simulation is never put back: it goes on from its own state, and the other
side must step as it does from what is printed of that state. A third of the states are taken after a reset, a third from
the middle of an episode with random actions, and a third have goals beside the objects. Actions are float64.

Usage: dext_parity.py --list | [--states N] [--actions N] [--seed N] [--rate] TASK
"""

import copy
import glob
import itertools
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

import mujoco
import numpy as np
import protocol
from protocol import show

ROOT = os.path.join(
    os.environ.get("DEMORL_THIRD_PARTY", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "third_party")),
    "dexterous_gym-0.1.7",
)

# Of each kind: scene, target boxes of both hands (lower and upper corner), and the dense reward's exponent and weight.
KINDS = {
    "{}-handover": ("{}_handover", ([0.96, 0.81, 0.2], [1.04, 0.89, 0.26]), ([0.96, 0.60, 0.2], [1.04, 0.68, 0.26]), 1.0, 20.0),
    "{}-catch-underarm": ("{}_catch_underarm", ([0.9, 0.33, 0.1], [1.1, 0.5, 0.4]), ([0.9, 0.85, 0.1], [1.1, 1.02, 0.4]), 0.2, 50.0),
    "{}-catch-underarm-hard": (
        "{}_catch_underarm_hard", ([0.97, 0.08, 0.15], [1.03, 0.15, 0.35]), ([0.97, 1.20, 0.15], [1.03, 1.27, 0.35]), 0.2, 50.0,
    ),
    "{}-catch-overarm": ("{}_catch_overarm", ([0.9, -0.05, 0.4], [1.1, 0.05, 0.5]), ([0.9, 1.25, 0.4], [1.1, 1.35, 0.5]), 0.2, 50.0),
    "two-{}-catch-underarm": (
        "two_{}_catch_underarm", ([0.97, 0.38, 0.15], [1.03, 0.45, 0.35]), ([0.97, 0.90, 0.15], [1.03, 0.97, 0.35]), 0.2, 50.0,
    ),
}
TASKS = [f"dext/{kind.format(thing)}{v}" for v in ("", ":sparse") for kind in KINDS for thing in ("egg", "block", "pen")]


def mended(path):
    """A file's text without what MuJoCo no longer reads: <option apirate> and user data that are no numbers."""
    tree = ElementTree.parse(path)
    for element in tree.iter():
        element.attrib.pop("apirate", None)
        if element.attrib.get("user", "").endswith("_2"):
            del element.attrib["user"]
    return ElementTree.tostring(tree.getroot(), encoding="unicode")


def load(scene):
    assets = {}
    for folder, pattern in (("hand", "shared*.xml"), ("stls/hand", "*.stl"), ("textures", "*.png")):
        for path in glob.glob(os.path.join(ROOT, folder, pattern)):
            name = os.path.basename(path)
            if folder == "hand":
                assets[name] = mended(path).encode()
            else:
                with open(path, "rb") as f:
                    assets[f"../{folder}/{name}"] = f.read()
    return mujoco.MjModel.from_xml_string(mended(os.path.join(ROOT, "hand", scene + ".xml")), assets)


def turned(angle, axis):
    """The unit quaternion of a rotation by angle about axis."""
    axis = axis / np.linalg.norm(axis)
    return np.concatenate([[np.cos(angle / 2)], np.sin(angle / 2) * axis])


def product(a, b):
    out = np.zeros(4)
    mujoco.mju_mulQuat(out, a, b)
    return out


class TwoHands:
    """One task."""

    def __init__(self, task, seed):
        name, _, variant = task.removeprefix("dext/").partition(":")
        self.thing = re.search("egg|block|pen", name)[0]
        kind = name.replace(self.thing, "{}")
        scene, *self.boxes, self.exponent, self.weight = KINDS[kind]
        self.sparse = variant == "sparse"
        self.overarm = "overarm" in kind
        self.model = load(scene.format(self.thing))
        self.data = mujoco.MjData(self.model)
        self.generator = np.random.default_rng(seed)
        names = [self.model.joint(j).name for j in range(self.model.njnt)]
        robot = [n for n in names if n.startswith("robot")]
        self.hands = [[n for n in robot if not n.endswith("_2")], [n for n in robot if n.endswith("_2")]]
        self.things = [n for n in ("object:joint", "object_2:joint") if n in names]
        low, high = self.model.actuator_ctrlrange.T
        self.low, self.high, self.center, self.half = low, high, (high + low) / 2, (high - low) / 2
        self.initial = self.data.qpos.copy()
        if self.overarm:
            self.initial = self.model.key_qpos[0].copy()  # what envs/*_catch_overarm.py writes, normalised
        self.goals = None

    def pose(self, joint):
        return self.data.joint(joint).qpos

    def act(self, action):
        self.data.ctrl[:] = np.clip(self.center + np.clip(action, -1.0, 1.0) * self.half, self.low, self.high)

    def reset(self):
        """Does not clear the solver's warm start or the controls of the episode before."""
        self.data.time, self.data.qpos[:], self.data.qvel[:] = 0, self.initial, 0
        mujoco.mj_forward(self.model, self.data)
        if not self.overarm:
            if self.thing != "pen":
                for joint in self.things:
                    q = product(self.pose(joint)[3:], self.random_rotation())
                    self.pose(joint)[3:] = q / np.linalg.norm(q)
            for _ in range(10):
                self.act(np.zeros(self.model.nu))
                mujoco.mj_step(self.model, self.data, nstep=20)
        first = self.pose(self.things[0])[:3]
        distance = [np.linalg.norm(first - (np.array(low) + np.array(high)) / 2) for low, high in self.boxes]
        order = self.boxes if distance[0] > distance[1] else self.boxes[::-1]
        places = [self.generator.uniform(*box) for _, box in zip(self.things, order)]
        self.goals = [np.concatenate([place, self.random_rotation()]) for place in places]

    def random_rotation(self):
        angle = self.generator.uniform(-np.pi, np.pi)
        return turned(angle, self.generator.uniform(-1.0, 1.0, size=3))

    def observation(self):
        parts = []
        for names in self.hands:
            parts += [self.data.joint(n).qpos for n in names] + [self.data.joint(n).qvel for n in names]
        for joint in self.things:
            parts += [self.pose(joint), self.data.joint(joint).qvel]
        return np.concatenate(parts + self.goals)

    def step(self, action):
        self.act(action)
        mujoco.mj_step(self.model, self.data, nstep=20)
        total, reached = 0.0, True
        for joint, goal in zip(self.things, self.goals):
            pose = self.pose(joint)
            away = np.linalg.norm(pose[:3] - goal[:3])
            inverse = goal[3:] * [1, -1, -1, -1]
            turn = 2 * np.arccos(np.clip(product(pose[3:], inverse)[0], -1.0, 1.0))
            total += np.exp(-self.exponent * (self.weight * away + turn))
            reached &= bool(away < 0.01 and turn < 0.1)
        return self.observation(), (float(reached) - 1.0 if self.sparse else total), reached


def run(task, states, actions, seed):
    env = TwoHands(task, [seed, TASKS.index(task)])
    generator, nu = env.generator, env.model.nu
    successes = 0
    for i in range(states):
        env.reset()
        if i % 3 == 1:
            for _ in range(int(generator.integers(5, 40))):
                env.step(generator.uniform(-1, 1, nu))
        if i % 3 == 2:
            # Where the objects will be after two steps at rest.
            data, env.data = env.data, copy.copy(env.data)
            for _ in range(2):
                env.step(np.zeros(nu))
            poses, env.data = [env.pose(joint).copy() for joint in env.things], data
            for goal, pose in zip(env.goals, poses):
                q = pose[3:] / np.linalg.norm(pose[3:]) + generator.normal(size=4, scale=0.005)
                goal[:3], goal[3:] = pose[:3] + generator.uniform(-0.002, 0.002, 3), q / np.linalg.norm(q)
        state = {k: getattr(env.data, k).tolist() for k in ("qpos", "qvel", "ctrl", "qacc_warmstart")}
        show(task=task, **state, target=np.concatenate(env.goals).tolist())
        show(obs=env.observation().tolist())
        for n in range(actions):
            # A tenth wider than the bounds, since they are clipped; a reached goal is first kept.
            action = np.zeros(nu) if i % 3 == 2 and n < 5 else generator.uniform(-1.1, 1.1, nu)
            obs, reward, reached = env.step(action)
            successes += reached
            show(action=action.tolist(), obs=obs.tolist(), reward=float(reward), terminated=False)
    if states >= 3 and actions >= 5 and not successes:
        sys.exit(f"{task}: none of the states leads to success, so its reward is not compared")


def rate(task, steps=300, repeats=3):
    """The restatement's steps per second with random actions, resets included: the best of some repeats."""
    env = TwoHands(task, 0)
    actions = np.random.default_rng(0).uniform(-1, 1, (steps, env.model.nu))
    made = itertools.count(1)

    def step(action):
        env.step(action)
        return next(made) % 75 == 0

    return protocol.rate(env.reset, step, actions, repeats)


def main():
    parser = protocol.options()
    parser.add_argument("task", nargs="?")
    options = parser.parse_args()
    if options.list:
        print("\n".join(TASKS))
        return 0
    show(library=protocol.library(), oracle=f"dexterous-gym 0.1.7 restated, mujoco {mujoco.__version__}")
    run(options.task, options.states, options.actions, options.seed)
    if options.rate:
        show(rate=rate(options.task))
    return 0


if __name__ == "__main__":
    sys.exit(main())
