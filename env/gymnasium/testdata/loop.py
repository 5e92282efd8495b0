"""The oracle of the bridge: the same episodes in a plain Python loop.

Reads {"env", "arguments", "seeds", "actions"} on standard input: for every seed one episode of the given actions. Writes
a line of JSON for every reset and step. It uses Gymnasium's own flatten.
"""

import importlib
import json
import sys

import gymnasium
import numpy as np

task = json.load(sys.stdin)
module, _, name = task["env"].rpartition(":")
if module:
    sys.path.insert(0, "testdata")
    module = importlib.import_module(module)
if module and hasattr(module, name):
    env = getattr(module, name)(**task["arguments"])
else:
    env = gymnasium.make(name, **task["arguments"])


def flat(obs):
    return np.asarray(gymnasium.spaces.flatten(env.observation_space, obs), np.float64).tolist()


for seed in task["seeds"]:
    obs, _ = env.reset(seed=seed)
    print(json.dumps({"obs": flat(obs), "reward": 0, "terminated": False, "truncated": False}))
    for action in task["actions"]:
        obs, reward, terminated, truncated, _ = env.step(np.array(action, env.action_space.dtype).reshape(env.action_space.shape))
        print(json.dumps({"obs": flat(obs), "reward": float(reward), "terminated": bool(terminated), "truncated": bool(truncated)}))
