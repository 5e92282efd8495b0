"""Runs the originals' own classes on MuJoCo's own Python bindings, for pddm_parity.py --live.

What the classes import and this place lacks is replaced by the little of it that
they use: mujoco-py (models that are mended as they are loaded), gym, transforms3d.
"""

import ast
import collections
import collections.abc
import copy
import importlib
import itertools
import os
import sys
import types

import mujoco
import numpy as np

ROBEL = os.environ.get("DEMORL_ROBEL_SOURCE", "")


def module(name, folder=None, **contents):
    """Puts a module in place; with a folder it is a package whose other modules are read from there."""
    made = types.ModuleType(name)
    made.__dict__.update(contents)
    if folder is not None:
        made.__path__ = [folder]
    sys.modules[name] = made
    parent, _, last = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], last, made)
    return made


class Model:
    """mujoco-py's view of a model: its arrays, and numbers by name."""

    def __init__(self, raw):
        self.raw = raw

    def __getattr__(self, name):
        kind, found, _ = name.partition("_name2id")
        if found:
            return lambda wanted: getattr(self.raw, kind)(wanted).id
        return getattr(self.raw, name)


class Sim:
    def __init__(self, model):
        self.model, self.data = model, mujoco.MjData(model.raw)

    def reset(self):
        mujoco.mj_resetData(self.model.raw, self.data)

    def forward(self):
        mujoco.mj_forward(self.model.raw, self.data)

    def step(self):
        mujoco.mj_step(self.model.raw, self.data)


class Box:
    def __init__(self, low, high, shape=None, dtype=np.float32):
        self.shape, self.dtype = shape or np.shape(low), dtype


def replace_gym():
    collections.Mapping = collections.abc.Mapping  # where old Pythons had it
    spaces = module("gym.spaces", Box=Box, Space=object, Dict=dict)
    seeding = types.SimpleNamespace(np_random=lambda seed=None: (np.random.RandomState(seed), seed))
    utils = module("gym.utils", EzPickle=type("EzPickle", (), {"__init__": lambda self: None}), seeding=seeding)
    module("gym", Env=object, spaces=spaces, Space=object, utils=utils)


class Live:
    """The face that pddm_parity.run sees."""

    def __init__(self, env):
        self.env, self.model, self.data = env, env.sim.model.raw, env.sim.data

    def restart(self):
        qpos, qvel = self.data.qpos.copy(), self.data.qvel.copy()
        self.env.sim.reset()
        self.data.qpos[:], self.data.qvel[:] = qpos, qvel
        self.env.sim.forward()

    def fields(self):
        return dict(qpos=self.data.qpos.tolist(), qvel=self.data.qvel.tolist(), **self.memory())

    def observe(self):
        return np.array(self.env._get_obs())

    def step(self, action):
        obs, reward, done, _ = self.env.step(action)
        return np.array(obs), reward, bool(done)

    def provoke(self, generator):
        pass


class PDDM(Live):
    def reset(self, generator):
        np.random.seed(int(generator.integers(2**31)))
        self.env.seed(int(generator.integers(2**31)))
        self.env.reset()


class Claw(PDDM):
    def memory(self):
        return dict(goal=list(self.env.goal))

    def provoke(self, generator):
        self.data.qpos[-1] = self.env.goal[0] + generator.uniform(-0.3, 0.3)


class Cube(PDDM):
    def memory(self):
        return dict(goal=self.env.goal[self.env.counter].tolist(), shown=np.array(self.env.desired_pose, dtype=float).tolist())


class Baoding(PDDM):
    def memory(self):
        return dict(steps=[float(self.env.counter)], site_pos=self.model.site_pos.ravel().tolist())


def pddm_class(parity, name):
    """A class of PDDM's envs, such as cube.cube_env.CubeEnv."""
    folder = parity.PDDM
    replace_gym()
    module("mujoco_py", load_model_from_path=None, MjSim=Sim)
    module("pddm", folder)
    module("pddm.envs", os.path.join(folder, "envs"))
    module("pddm.envs.simulation", os.path.join(folder, "envs/simulation"))

    class Robot:
        def __init__(self, path, camera_settings=None):
            self.model = Model(parity.load(path, parity.no_slips))
            self.sim = Sim(self.model)
            self.data = self.sim.data

    module("pddm.envs.simulation.sim_robot", MujocoSimRobot=Robot, RenderMode=None)
    # The file with this function imports TensorFlow, so the function alone is taken out of it.
    module("pddm.utils", os.path.join(folder, "utils"))
    with open(os.path.join(folder, "utils/helper_funcs.py"), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    tree.body = [node for node in tree.body if getattr(node, "name", "") == "angle_difference"]
    helpers = module("pddm.utils.helper_funcs", np=np)
    exec(compile(tree, "helper_funcs.py", "exec"), helpers.__dict__)
    package, _, rest = name.partition(".")
    module("pddm.envs." + package, os.path.join(folder, "envs", package))
    file, _, kind = rest.partition(".")
    return getattr(importlib.import_module(f"pddm.envs.{package}.{file}"), kind)


class Steady:
    """Noise that is the same in every observation, so that a state can name it."""

    def __init__(self, generator):
        self.parts = [generator.uniform(-0.5, 0.5, size) for size in (9, 9, 1)]
        self.next = itertools.cycle(self.parts)

    def uniform(self, low, high, size):
        part = next(self.next)
        assert (low, high, size) == (-0.5, 0.5, len(part))
        return part


class Robel(Live):
    def reset(self, generator):
        self.env.seed(int(generator.integers(2**31)))
        self.env.robot.random_state = self.steady = Steady(generator)
        self.env.reset()

    def memory(self):
        fields = dict(target=[float(self.env._target_object_pos)], last_action=np.array(self.env._get_last_action(), dtype=float).tolist())
        if self.env._sim_observation_noise is not None:
            claw, valve = self.env.robot.get_config("dclaw"), self.env.robot.get_config("object")
            spans = [np.ptp(claw.qpos_range, axis=1), np.ptp(claw.qvel_range, axis=1), np.ptp(valve.qpos_range, axis=1)]
            fields["noise"] = np.concatenate([0.05 * span * part for span, part in zip(spans, self.steady.parts)]).tolist()
            for name in ("body_pos", "dof_damping", "dof_frictionloss", "actuator_gainprm", "actuator_biasprm", "geom_friction"):
                fields[name] = getattr(self.model, name).ravel().tolist()
        return fields

    def provoke(self, generator):
        self.data.qpos[-1] = float(self.env._target_object_pos) + generator.uniform(-0.3, 0.3)


def robel_class(parity, name):
    replace_gym()
    folder = os.path.join(ROBEL, "robel")
    module("transforms3d")
    module("transforms3d.euler", euler2quat=lambda x, y, z: np.array([np.cos(z / 2), 0, 0, np.sin(z / 2)]))
    module("robel", folder)
    module("robel.dclaw", os.path.join(folder, "dclaw"))
    module("robel.utils", os.path.join(folder, "utils"))
    module("robel.utils.configurable", configurable=lambda **_: lambda kind: kind)
    scene = importlib.import_module("robel.simulation.sim_scene")

    class Scene(scene.SimScene):
        def _load_simulation(self, path):
            return Sim(Model(parity.load(path, parity.no_declaration)))

        def _create_renderer(self, _):
            return types.SimpleNamespace(refresh_window=lambda: None, close=lambda: None)

        def copy_model(self):
            return Model(copy.copy(self.model.raw))

        save_binary = upload_height_field = get_mjlib = get_handle = None

    module("robel.simulation.mjpy_sim_scene", MjPySimScene=Scene)
    return getattr(importlib.import_module("robel.dclaw.turn"), name)


def tasks(parity):
    """The tasks whose originals are here."""
    found = {}
    if os.path.isdir(parity.PDDM):
        found |= {
            "pddm/claw": lambda: Claw(pddm_class(parity, "dclaw.dclaw_turn_env.DClawTurnEnv")()),
            "pddm/cube:original": lambda: Cube(pddm_class(parity, "cube.cube_env.CubeEnv")()),
            "pddm/baoding:original": lambda: Baoding(pddm_class(parity, "baoding.baoding_env.BaodingEnv")()),
        }
    if os.path.isdir(ROBEL):
        found |= {
            "pddm/claw:robel-fixed": lambda: Robel(robel_class(parity, "DClawTurnFixed")()),
            "pddm/claw:robel-random": lambda: Robel(robel_class(parity, "DClawTurnRandom")()),
            "pddm/claw:robel-random-dynamics": lambda: Robel(robel_class(parity, "DClawTurnRandomDynamics")()),
        }
    return found
