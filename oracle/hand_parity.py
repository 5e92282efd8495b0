"""Steps the in-hand manipulation of Gymnasium-Robotics and prints what it returns, for the parity test of env/mujoco/hand.

Prints what the comment of env/parity asks for. The original is never put back: it goes on from its own state, and the
other side must step as it does from what is printed of that state. A third of the states are taken after a reset, a third
from the middle of an episode with random actions, and a third have a goal beside the object, so that it is reached. The
observation is flat, with the desired goal at its end. Actions are float64.

dext/penspin is Dexterous Gym's task on the same environment: that package needs mujoco-py, so its reward is stated here
anew from its formula, on HandManipulatePen's own simulation.

Usage: hand_parity.py --list | [--states N] [--actions N] [--seed N] [--rate] TASK
"""

import contextlib
import sys
import warnings
from importlib.metadata import version

import gymnasium
import mujoco
import numpy as np
import protocol
from protocol import show

with contextlib.redirect_stdout(sys.stderr):  # the package prints a notice
    import gymnasium_robotics
from gymnasium_robotics.utils import mujoco_utils

ORIGINALS = {
    "block-rotate-z": "BlockRotateZ",
    "block-rotate-parallel": "BlockRotateParallel",
    "block-rotate-xyz": "BlockRotateXYZ",
    "block": "Block",
    "egg-rotate": "EggRotate",
    "egg": "Egg",
    "pen-rotate": "PenRotate",
    "pen": "Pen",
}
TASKS = {f"hand/{name}": f"HandManipulate{original}Dense-v1" for name, original in ORIGINALS.items()}
TASKS |= {f"hand/{name}:sparse": f"HandManipulate{original}-v1" for name, original in ORIGINALS.items()}
TASKS["dext/penspin"] = "HandManipulatePenDense-v1"


class JointTypesAsIntegers:
    """The module mujoco for the package's joint helper.

    The helper compares an array's entry with members of mujoco.mjtJoint. From MuJoCo 3.12 on these are not equal to
    integers, so that the helper takes every joint for a hinge and fails; nothing else in it is touched.
    """

    class mjtJoint:
        mjJNT_FREE = int(mujoco.mjtJoint.mjJNT_FREE)
        mjJNT_BALL = int(mujoco.mjtJoint.mjJNT_BALL)
        mjJNT_SLIDE = int(mujoco.mjtJoint.mjJNT_SLIDE)
        mjJNT_HINGE = int(mujoco.mjtJoint.mjJNT_HINGE)

    def __getattr__(self, name):
        return getattr(mujoco, name)


mujoco_utils.mujoco = JointTypesAsIntegers()


def goal_beside(env, generator):
    """A goal that the object has reached, but for a little."""
    goal = env._get_achieved_goal().copy()
    goal[:3] += generator.uniform(-0.004, 0.004, 3)
    goal[3:] += generator.normal(size=4, scale=0.012)
    goal[3:] /= np.linalg.norm(goal[3:])
    return goal


def spin_reward(env):
    """Dexterous Gym's reward of pen_spin.py, for its default direction and weight."""
    bottom, top = (env.data.site_xpos[mujoco.mj_name2id(env.model, mujoco.mjtObj.mjOBJ_SITE, s)][2] for s in ("object:bottom", "object:top"))
    first = env.model.jnt_dofadr[mujoco.mj_name2id(env.model, mujoco.mjtObj.mjOBJ_JOINT, "object:joint")]
    return env.data.qvel[first + 3] + -15 * np.abs(bottom - top)


def run(task, states, actions, seed):
    env = gymnasium.make(TASKS[task]).unwrapped
    generator = np.random.default_rng([seed, sorted(TASKS).index(task)])
    spin = task == "dext/penspin"

    def flat(obs):
        return np.concatenate([obs["observation"]] if spin else [obs["observation"], obs["desired_goal"]]).tolist()

    successes = 0
    for i in range(states):
        env.reset(seed=int(generator.integers(2**31)))
        if i % 3 == 1:
            for _ in range(int(generator.integers(5, 60))):
                env.step(generator.uniform(-1, 1, 20))
        if i % 3 == 2:
            env.goal = goal_beside(env, generator)
        state = {k: getattr(env.data, k).tolist() for k in ("qpos", "qvel", "ctrl", "qacc_warmstart")}
        if not spin:
            state["goal"] = env.goal.tolist()
        show(task=task, **state)
        show(obs=flat(env._get_obs()))
        for n in range(actions):
            # A tenth wider than the bounds, since they are clipped; a reached goal is first kept.
            action = np.zeros(20) if i % 3 == 2 and n < 10 else generator.uniform(-1.1, 1.1, 20)
            obs, reward, terminated, _, info = env.step(action)
            if spin:
                reward = spin_reward(env)
            successes += bool(info["is_success"])
            show(action=action.tolist(), obs=flat(obs), reward=float(reward), terminated=bool(terminated))
    env.close()
    if states >= 3 and actions >= 10 and not successes:
        sys.exit(f"{task}: none of the states leads to success, so its reward is not compared")


def rate(task, steps=300, repeats=3):
    """The task's steps per second with random actions, resets included: the best of some repeats."""
    env = gymnasium.make(TASKS[task])
    actions = np.random.default_rng(0).uniform(-1, 1, (steps, 20))
    env.reset(seed=0)
    best = protocol.rate(env.reset, lambda action: any(env.step(action)[2:4]), actions, repeats)
    env.close()
    return best


def rotations():
    """The 24 axis-aligned rotations from which the package draws."""
    from gymnasium_robotics.utils import rotations

    show(rotations=[rotations.euler2quat(r).tolist() for r in rotations.get_parallel_rotations()])


def main():
    parser = protocol.options()
    parser.add_argument("--rotations", action="store_true")
    parser.add_argument("task", nargs="?")
    options = parser.parse_args()
    if options.list:
        print("\n".join(TASKS))
        return 0
    if options.rotations:
        rotations()
        return 0
    warnings.simplefilter("ignore")
    gymnasium.logger.min_level = gymnasium.logger.ERROR
    gymnasium.register_envs(gymnasium_robotics)
    show(library=protocol.library(), oracle=f"gymnasium-robotics {version('gymnasium-robotics')}, mujoco {mujoco.__version__}")
    run(options.task, options.states, options.actions, options.seed)
    if options.rate:
        show(rate=rate(options.task))
    return 0


if __name__ == "__main__":
    sys.exit(main())
