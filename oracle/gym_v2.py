"""Version 2 of Gymnasium's MuJoCo tasks, stated again on today's bindings, for gym_parity.py.

Version 2 ran on mujoco-py and MuJoCo 2.0 and runs nowhere on this stack. What it computed is stated here from its
documented formulas (docs/environments.md section 1), apart from the classes of Gymnasium that are stepped: those lend
the model and the reset only. MuJoCo 2.0 computed contact forces only where a sensor asked for them, and no model here
has one: cfrc_ext was zero, and nothing after mj_step fills it here either.
"""

import gymnasium
import mujoco
import numpy as np


def squares(x):
    return np.sum(np.square(x))


class Version2:
    """A task whose step is its formulas: observe, reward and ends are the subclass's."""

    lender = None  # the id of the class that lends model and reset

    def __init__(self):
        self.env = gymnasium.make(self.lender).unwrapped
        self.model, self.data, self.action_space = self.env.model, self.env.data, self.env.action_space
        self.dt = self.model.opt.timestep * self.env.frame_skip

    def reset(self, seed=None):
        self.env.reset(seed=seed)
        return self._get_obs(), {}

    def set_state(self, qpos, qvel):
        self.env.set_state(qpos, qvel)

    def close(self):
        self.env.close()

    def _get_obs(self):
        return np.concatenate([np.ravel(x) for x in self.observe(self.data)])

    def where(self, data):
        return data.qpos[0]

    def paid_before(self, data):
        return 0.0

    def ends(self, data):
        return False

    def step(self, action):
        data = self.data
        before, paid = float(self.where(data)), self.paid_before(data)
        data.ctrl[:] = action
        for _ in range(self.env.frame_skip):
            mujoco.mj_step(self.model, data)
        assert not data.cfrc_ext.any()
        reward = paid + self.reward(data, float(self.where(data)) - before, action)
        return self._get_obs(), reward, bool(self.ends(data)), False, {}


class HalfCheetah(Version2):
    lender = "HalfCheetah-v5"

    def observe(self, d):
        return d.qpos[1:], d.qvel

    def reward(self, d, moved, a):
        return moved / self.dt - 0.1 * squares(a)


class Hopper(Version2):
    lender = "Hopper-v5"

    def observe(self, d):
        return d.qpos[1:], np.clip(d.qvel, -10, 10)

    def reward(self, d, moved, a):
        return moved / self.dt + 1.0 - 1e-3 * squares(a)

    def ends(self, d):
        state = np.concatenate([d.qpos, d.qvel])
        upright = d.qpos[1] > 0.7 and abs(d.qpos[2]) < 0.2
        return not (np.isfinite(state).all() and (np.abs(state[2:]) < 100).all() and upright)


class Walker2d(Hopper):
    lender = "Walker2d-v4"  # version 5's model has another foot

    def ends(self, d):
        return not (0.8 < d.qpos[1] < 2.0 and -1.0 < d.qpos[2] < 1.0)


class Ant(Version2):
    lender = "Ant-v5"

    def observe(self, d):
        return d.qpos[2:], d.qvel, np.clip(d.cfrc_ext, -1, 1)

    def where(self, d):
        return d.body("torso").xpos[0]

    def reward(self, d, moved, a):
        return moved / self.dt - 0.5 * squares(a) - 0.5e-3 * squares(np.clip(d.cfrc_ext, -1, 1)) + 1.0

    def ends(self, d):
        return not (np.isfinite(d.qpos).all() and np.isfinite(d.qvel).all() and 0.2 <= d.qpos[2] <= 1.0)


class AntTruncatedObs(Ant):
    def observe(self, d):
        return d.qpos[2:], d.qvel


class Humanoid(Version2):
    lender = "Humanoid-v5"

    def observe(self, d):
        return d.qpos[2:], d.qvel, d.cinert, d.cvel, d.qfrc_actuator, d.cfrc_ext

    def where(self, d):
        mass = np.expand_dims(self.model.body_mass, 1)
        return (np.sum(mass * d.xipos, 0) / np.sum(mass))[0]

    def reward(self, d, moved, a):
        cost = 0.1 * squares(d.ctrl) + min(0.5e-6 * squares(d.cfrc_ext), 10)
        return 0.25 * moved / self.model.opt.timestep - cost + 5.0

    def ends(self, d):
        return d.qpos[2] < 1.0 or d.qpos[2] > 2.0


class HumanoidTruncatedObs(Humanoid):
    def observe(self, d):
        return d.qpos[2:], d.qvel


class InvertedPendulum(Version2):
    lender = "InvertedPendulum-v5"

    def observe(self, d):
        return d.qpos, d.qvel

    def reward(self, d, moved, a):
        return 1.0

    def ends(self, d):
        return not (np.isfinite(self._get_obs()).all() and abs(d.qpos[1]) <= 0.2)


class InvertedDoublePendulum(Version2):
    lender = "InvertedDoublePendulum-v5"

    def observe(self, d):
        angles = d.qpos[1:]
        return d.qpos[:1], np.sin(angles), np.cos(angles), np.clip(d.qvel, -10, 10), np.clip(d.qfrc_constraint, -10, 10)

    def reward(self, d, moved, a):
        x, _, y = d.site_xpos[0]
        _, v1, v2 = d.qvel
        return 10 - (0.01 * x**2 + (y - 2) ** 2) - (1e-3 * v1**2 + 5e-3 * v2**2)

    def ends(self, d):
        return d.site_xpos[0][2] <= 1


class Reacher(Version2):
    lender = "Reacher-v5"

    def missing(self, d):
        return d.body("fingertip").xpos - d.body("target").xpos

    def observe(self, d):
        angles = d.qpos[:2]
        return np.cos(angles), np.sin(angles), d.qpos[2:], d.qvel[:2], self.missing(d)

    def paid_before(self, d):
        return -np.linalg.norm(self.missing(d))

    def reward(self, d, moved, a):
        return -squares(a)


class Swimmer(Version2):
    lender = "Swimmer-v5"

    def observe(self, d):
        return d.qpos[2:], d.qvel

    def reward(self, d, moved, a):
        return moved / self.dt - 1e-4 * squares(a)


TASKS = {
    "gym/halfcheetah:v2": HalfCheetah,
    "gym/hopper:v2": Hopper,
    "gym/walker2d:v2": Walker2d,
    "gym/ant:v2": Ant,
    "gym/ant:trunc-v2": AntTruncatedObs,
    "gym/humanoid:v2": Humanoid,
    "gym/humanoid:trunc-v2": HumanoidTruncatedObs,
    "gym/invertedpendulum:v2": InvertedPendulum,
    "gym/inverteddoublependulum:v2": InvertedDoublePendulum,
    "gym/reacher:v2": Reacher,
    "gym/swimmer:v2": Swimmer,
}
