"""Small environments for the tests of package env/gymnasium."""

import os
import random
import signal
import sys
import time

import gymnasium
import numpy as np
from gymnasium import spaces


class Toy(gymnasium.Env):
    """Moves a point; its observation has size numbers, all told by the point."""

    action_space = spaces.Box(-1.0, 1.0, (2,), np.float32)

    def __init__(self, size=17, dtype="float64", horizon=50, fault=None, at=3):
        self.observation_space = spaces.Box(-np.inf, np.inf, (size,), dtype)
        self.x = np.zeros(2)
        self.size, self.horizon, self.fault, self.at = size, horizon, fault, at
        self.steps = 0

    def look(self):
        return np.resize(self.x, self.size).astype(self.observation_space.dtype)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = self.np_random.uniform(-1, 1, 2)
        self.steps = 0
        if self.fault == "reset":
            raise RuntimeError("no reset today")
        return self.look(), {}

    def step(self, action):
        self.steps += 1
        self.x = self.x + 0.1 * action
        if self.fault is not None and self.steps == self.at:
            return self.fail()
        return self.look(), -float(self.x @ self.x), bool(np.abs(self.x).max() > 2), self.steps >= self.horizon, {}

    def fail(self):
        obs = self.look()
        if self.fault == "raise":
            raise ValueError("the gripper\nis stuck")
        if self.fault == "exit":
            sys.exit(4)
        if self.fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault == "crash":
            os.abort()
        if self.fault == "hang":
            time.sleep(1000)
        if self.fault == "nan":
            return obs * np.nan, 0.0, False, False, {}
        if self.fault == "inf":
            return obs, float("inf"), False, False, {}
        if self.fault == "shape":
            return obs[:-1], 0.0, False, False, {}
        if self.fault == "four":
            return obs, 0.0, False, {}
        if self.fault == "reward":
            return obs, "much", False, False, {}
        if self.fault == "print":
            os.write(1, b"\x00\xff garbage {\n" * 1000)
            print("more garbage")
        return obs, 0.0, False, False, {}


class Trivial(gymnasium.Env):
    """Costs nothing, but for what seconds says it waits busily."""

    action_space = spaces.Box(-1.0, 1.0, (6,), np.float32)

    def __init__(self, size=17, seconds=0.0):
        self.observation_space = spaces.Box(-np.inf, np.inf, (size,), np.float64)
        self.obs, self.seconds = np.zeros(size), seconds

    def reset(self, *, seed=None, options=None):
        return self.obs, {}

    def step(self, action):
        if self.seconds:
            end = time.perf_counter() + self.seconds
            while time.perf_counter() < end:
                pass
        return self.obs, 0.0, False, False, {}


class Composite(Toy):
    """Observations of every kind that can be flattened."""

    observation_space = spaces.Dict({
        "velocity": spaces.Box(-1, 1, (2, 3), np.float32),
        "mode": spaces.Discrete(3, start=-1),
        "arm": spaces.Tuple((spaces.MultiBinary(4), spaces.MultiDiscrete([2, 3]))),
        "deep": spaces.Dict({"b": spaces.Box(0, 255, (2,), np.uint8), "a": spaces.Box(-1, 1, (), np.float64)}),
    })

    def __init__(self, lose=None):
        self.lose = lose

    def reset(self, *, seed=None, options=None):
        self.observation_space.seed(seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        obs = self.observation_space.sample()
        if self.lose == "key":
            del obs["mode"]
        if self.lose == "range":
            obs["mode"] = 7
        return obs, 0.0, False, False, {}


class Remembers(Toy):
    """Tells its state by the optional protocol."""

    def demorl_get_state(self):
        return np.append(self.x, self.steps).tobytes()

    def demorl_set_state(self, state):
        values = np.frombuffer(state)
        self.x, self.steps = values[:2].copy(), int(values[2])


class Draws(Remembers):
    """Draws from the global generators in every step; the normal ones come in pairs."""

    def step(self, action):
        return super().step(action + [random.gauss(0, 1), np.random.normal()])


class Actions(Toy):
    """Has one of the action spaces that are refused, and some that are not."""

    def __init__(self, kind):
        super().__init__()
        self.action_space = {
            "discrete": spaces.Discrete(3),
            "multidiscrete": spaces.MultiDiscrete([2, 2]),
            "multibinary": spaces.MultiBinary(3),
            "unbounded": spaces.Box(-np.inf, np.inf, (2,)),
            "integers": spaces.Box(0, 3, (2,), np.int64),
            "dict": spaces.Dict({"a": spaces.Box(-1, 1, (1,))}),
            "matrix": spaces.Box(np.array([[-1.0, -2.0], [0.0, 5.0]]), np.array([[1.0, 2.0], [0.5, 9.0]]), dtype=np.float64),
        }[kind]
        self.seen = None

    def step(self, action):
        assert action.shape == (2, 2) and action.dtype == np.float64
        assert self.seen is None or self.seen is not action
        self.seen = action
        return np.resize(action, self.size), 0.0, False, False, {}


class Text(Toy):
    observation_space = spaces.Text(5)

    def __init__(self):
        pass


class Echo(Toy):
    """Observes whatever it was made with."""

    def __init__(self, **arguments):
        super().__init__(size=1)
        self.text = repr(sorted(arguments.items()))
        raise RuntimeError(self.text)


gymnasium.register("ToyLimited-v0", entry_point=Toy, max_episode_steps=20, kwargs={"horizon": 10**9})
gymnasium.register("ToyFree-v0", entry_point=Toy, kwargs={"horizon": 10**9})
