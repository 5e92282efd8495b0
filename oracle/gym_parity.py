"""Steps Gymnasium's MuJoCo tasks and prints what they return, for the parity test of env/mujoco/gymtasks.

Prints JSON lines. The first names the libmujoco file and the folder of models in use, so that the other side can load
the very same ones. Then, for each task and each state: {"task", "qpos", "qvel"}, a line {"obs"} for the state itself, and
one line {"action", "obs", "reward", "terminated"} for each action. Half of the states are taken from the middle of
episodes with random actions, so that the robot falls or touches the ground. Actions are float64.

Usage: gym_parity.py --list | [--states N] [--actions N] [--seed N] [--rate] TASK
"""

import argparse
import glob
import json
import os
import sys
import time
import warnings

import gymnasium
import mujoco
import numpy as np

# demorl's name: Gymnasium's id and arguments, and how to cut the observation.
TASKS = {}
for name in ("HalfCheetah", "Hopper", "Walker2d", "Ant", "Humanoid", "InvertedPendulum", "InvertedDoublePendulum"):
    for version in ("v5", "v4"):
        TASKS["gym/" + name.lower() + ("" if version == "v5" else ":v4")] = (f"{name}-{version}", {}, None)
TASKS["gym/ant:trunc"] = ("Ant-v5", {"include_cfrc_ext_in_observation": False}, None)
TASKS["gym/ant:v4-contact"] = ("Ant-v4", {"use_contact_forces": True}, None)
TASKS["gym/humanoid:trunc"] = (
    "Humanoid-v5",
    {f"include_{x}_in_observation": False for x in ("cinert", "cvel", "qfrc_actuator", "cfrc_ext")},
    None,
)
TASKS["gym/humanoid:trunc-v4"] = ("Humanoid-v4", {}, 45)


def show(**fields):
    print(json.dumps(fields))


def state_of(env, generator, in_the_middle):
    """qpos and qvel after a reset, or after some random actions; half of the latter near the end of an episode."""
    env.reset(seed=int(generator.integers(2**31)))
    if in_the_middle:
        low, high = env.action_space.low.astype(np.float64), env.action_space.high.astype(np.float64)
        for _ in range(int(generator.integers(10, 120))):
            env.step(generator.uniform(low, high))
    return env.data.qpos.copy(), env.data.qvel.copy()


def run(task, states, actions, seed):
    name, arguments, cut = TASKS[task]
    env = gymnasium.make(name, **arguments).unwrapped
    generator = np.random.default_rng([seed, sorted(TASKS).index(task)])
    low, high = env.action_space.low.astype(np.float64), env.action_space.high.astype(np.float64)
    for i in range(states):
        qpos, qvel = state_of(env, generator, i % 2 == 1)
        env.reset()
        mujoco.mj_resetData(env.model, env.data)
        env.set_state(qpos, qvel)
        show(task=task, qpos=qpos.tolist(), qvel=qvel.tolist())
        show(obs=env._get_obs()[:cut].tolist())
        for _ in range(actions):
            # A tenth wider than the bounds: the cost counts what was asked for, the simulator clamps it.
            action = 1.1 * generator.uniform(low, high)
            obs, reward, terminated, _, _ = env.step(action)
            show(action=action.tolist(), obs=obs[:cut].tolist(), reward=float(reward), terminated=bool(terminated))
    env.close()


def rate(task, steps=1000, repeats=5):
    """The task's steps per second with random actions, resets included: the best of some repeats."""
    name, arguments, _ = TASKS[task]
    env = gymnasium.make(name, **arguments)
    actions = np.random.default_rng(0).uniform(env.action_space.low, env.action_space.high, (steps, *env.action_space.shape))
    best = 0
    for _ in range(repeats):
        env.reset(seed=0)
        start = time.perf_counter()
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                env.reset()
        best = max(best, steps / (time.perf_counter() - start))
    env.close()
    return best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--states", type=int, default=20)
    parser.add_argument("--actions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--rate", action="store_true")
    parser.add_argument("task", nargs="?")
    options = parser.parse_args()
    if options.list:
        print("\n".join(TASKS))
        return 0
    warnings.simplefilter("ignore")
    gymnasium.logger.min_level = gymnasium.logger.ERROR
    folder = os.path.dirname(mujoco.__file__)
    (library,) = glob.glob(os.path.join(folder, "libmujoco.so.*"))
    from gymnasium.envs.mujoco import mujoco_env

    assets = os.path.join(os.path.dirname(mujoco_env.__file__), "assets")
    show(library=library, assets=assets, oracle=f"gymnasium {gymnasium.__version__}, mujoco {mujoco.__version__}")
    run(options.task, options.states, options.actions, options.seed)
    if options.rate:
        show(rate=rate(options.task))
    return 0


if __name__ == "__main__":
    sys.exit(main())
