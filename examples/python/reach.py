"""A task of one's own for demorl: an arm of two joints is to bring its hand to a point.

demorl train gymnasium:reach:Reach#folder=examples/python
"""

import gymnasium
import numpy as np


class Reach(gymnasium.Env):
    action_space = gymnasium.spaces.Box(-1.0, 1.0, (2,))  # speeds of the joints
    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (6,))  # cosines and sines of the joints, vector to the point

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.joints = self.np_random.uniform(-np.pi, np.pi, 2)
        angle, radius = self.np_random.uniform(-np.pi, np.pi), self.np_random.uniform(0.5, 1.5)
        self.goal = radius * np.array([np.cos(angle), np.sin(angle)])
        self.steps = 0
        return self.look(), {}

    def step(self, action):
        self.joints = self.joints + 0.2 * action
        self.steps += 1
        obs = self.look()
        miss = float(np.hypot(obs[4], obs[5]))
        return obs, -miss - 0.01 * float(action @ action), False, self.steps >= 50, {}

    def look(self):
        reach = np.cumsum(self.joints)
        hand = np.array([np.cos(reach).sum(), np.sin(reach).sum()])
        return np.concatenate([np.cos(self.joints), np.sin(self.joints), self.goal - hand]).astype(np.float32)

    # With these two a resumed run goes on in the middle of an episode, bit for bit.
    def demorl_get_state(self):
        return np.concatenate([self.joints, self.goal, [self.steps]]).tobytes()

    def demorl_set_state(self, state):
        values = np.frombuffer(state)
        self.joints, self.goal, self.steps = values[:2].copy(), values[2:4].copy(), int(values[4])
