"""Steps Gymnasium's Pendulum-v1 and MountainCarContinuous-v0 and prints what they return.

One JSON object a line: {"task", "state", "obs"} begins an episode from the state
the original had after its own reset; {"action", "obs", "reward", "terminated"}
is one step. Actions are float64; some lie outside the bounds. Stepping goes on
after a termination. Needs gymnasium 1.4.0 and nothing else.
"""

import json
import sys

import gymnasium
import numpy as np

STEPS = 200


def random_actions(generator, bound):
    return lambda state: generator.uniform(-1.2 * bound, 1.2 * bound, size=1)


def pump(generator):
    """Pushes the car along its motion, which takes it to the goal."""
    return lambda state: np.array([1.1 if state[1] >= 0 else -0.9])


def swing_up(generator):
    """Pumps energy into the pendulum, then balances it."""

    def act(state):
        angle, speed = state
        wrapped = (angle + np.pi) % (2 * np.pi) - np.pi
        if abs(wrapped) < 0.4:
            return np.array([-12 * wrapped - 3 * speed])
        return np.array([2.0 * np.sign(speed) if speed != 0 else 2.0])

    return act


def episode(name, task, seed, policy):
    environment = gymnasium.make(name).unwrapped
    obs, _ = environment.reset(seed=seed)
    print(json.dumps({"task": task, "state": [float(v) for v in environment.state], "obs": [float(v) for v in obs]}))
    for _ in range(STEPS):
        action = policy(environment.state)
        obs, reward, terminated, _, _ = environment.step(action)
        print(
            json.dumps(
                {
                    "action": [float(v) for v in action],
                    "obs": [float(v) for v in obs],
                    "reward": float(reward),
                    "terminated": bool(terminated),
                }
            )
        )


def main():
    if gymnasium.__version__ != "1.4.0":
        sys.exit(f"gymnasium {gymnasium.__version__} found; 1.4.0 is the version that the task is defined by")
    generator = np.random.default_rng(0)
    for seed in range(3):
        episode("Pendulum-v1", "classic/pendulum", seed, random_actions(generator, 2.0))
        episode("Pendulum-v1", "classic/pendulum", 10 + seed, swing_up(generator))
        episode("MountainCarContinuous-v0", "classic/mountaincar", seed, random_actions(generator, 1.0))
        episode("MountainCarContinuous-v0", "classic/mountaincar", 10 + seed, pump(generator))


main()
