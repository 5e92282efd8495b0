"""Steps the Adroit hand tasks of Gymnasium-Robotics and prints what they return, for the parity test of env/mujoco/adroit.

Prints what the comment of env/parity asks for. The original is never put back: it goes on from its own state, and the
other side must step as it does from what is printed of that state. A third of the states are taken after a reset, a third
from the middle of an episode with random actions, and a third are arranged so that the bonuses of the reward are paid.
The tasks without ":gr142" are the original suite's: the reward charges for the distance from the palm to the object where
Gymnasium-Robotics 1.4.2 pays for it (a mistake, by its own notice), and a dropped pen ends the episode. What differs is
computed here from the simulator's data. Actions are float64.

Usage: adroit_parity.py --list | [--states N] [--actions N] [--seed N] [--rate] TASK
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

TASKS = {}
for name in ("Door", "Hammer", "Pen", "Relocate"):
    for variant, suffix in (("", ""), (":gr142", ""), (":sparse", "Sparse")):
        TASKS[f"adroit/{name.lower()}{variant}"] = f"AdroitHand{name}{suffix}-v1"


def place(env, kind, name):
    """The position of a body or site as of the last internal evaluation."""
    index = mujoco.mj_name2id(env.model, kind, name)
    return (env.data.xpos if kind == mujoco.mjtObj.mjOBJ_BODY else env.data.site_xpos)[index]


BODY, SITE = mujoco.mjtObj.mjOBJ_BODY, mujoco.mjtObj.mjOBJ_SITE


def reach(env, task):
    """The distance from the palm to what shall be taken, where the reward has it."""
    goal = {"door": (SITE, "S_handle"), "hammer": (BODY, "Object"), "relocate": (BODY, "Object")}.get(task.split("/")[1])
    return 0 if goal is None else np.linalg.norm(place(env, SITE, "S_grasp") - place(env, *goal))


def arrange(env, task, generator, number):
    """Brings the present state near the task's end, the nearest for even numbers, by writing joints."""
    kind = task.split("/")[1].split(":")[0]
    even = number % 2 == 0
    if kind == "door":
        env.data.qpos[-1], env.data.qpos[-2] = 1.8, 1.45 if even else generator.uniform(0.1, 1.3)
    elif kind == "hammer":
        nail = mujoco.mj_name2id(env.model, mujoco.mjtObj.mjOBJ_JOINT, "nail_dir")
        env.data.qpos[env.model.jnt_qposadr[nail]] = (0.087 if even else 0.075) + generator.uniform(0, 0.003)
        env.data.qpos[-4] += generator.uniform(0, 0.3)  # the hammer, upwards or sideways in its own frame
    elif kind == "pen" and even:
        pen = env.data.xquat[mujoco.mj_name2id(env.model, BODY, "Object")]
        env.model.body_quat[env.target_obj_body_id] = pen + generator.normal(size=4, scale=0.05)
    elif kind == "pen":
        env.data.qpos[-6] += 0.15  # the pen falls: this axis of its frame points down
    else:
        mujoco.mj_forward(env.model, env.data)
        away = place(env, SITE, "target") - place(env, BODY, "Object") + generator.normal(size=3, scale=0.03)
        env.data.qpos[-6:-3] += away


def fields(env, task):
    """What the other side must know of the present state."""
    data, model = env.data, env.model
    out = {k: getattr(data, k).tolist() for k in ("qpos", "qvel", "ctrl", "qacc_warmstart")}
    kind = task.split("/")[1].split(":")[0]
    if kind == "door":
        out["door_body_pos"] = model.body_pos[env.door_body_id].tolist()
    elif kind == "hammer":
        out["board_pos"] = model.body_pos[env.target_body_id].tolist()
    elif kind == "pen":
        out["desired_orien"] = model.body_quat[env.target_obj_body_id].tolist()
        out["lengths"] = [float(env.pen_length), float(env.tar_length)]
    else:
        out["obj_pos"] = model.body_pos[env.obj_body_id].tolist()
        out["target_pos"] = model.site_pos[env.target_obj_site_id].tolist()
    return out


def run(task, states, actions, seed):
    env = gymnasium.make(TASKS[task]).unwrapped
    base = task.removesuffix(":gr142").removesuffix(":sparse")
    generator = np.random.default_rng([seed, sorted(TASKS).index(task)])
    successes = 0
    for i in range(states):
        env.reset(seed=int(generator.integers(2**31)))
        if i % 3 == 1 or i % 6 == 5:
            for _ in range(int(generator.integers(5, 60))):
                env.step(generator.uniform(-1, 1, env.action_space.shape))
        if i % 3 == 2:
            arrange(env, task, generator, i // 3)
        mujoco.mj_forward(env.model, env.data)  # leaves the warm start as it is
        show(task=task, **fields(env, task))
        show(obs=env._get_obs().tolist())
        hold = generator.uniform(-1.1, 1.1, env.action_space.shape)
        for n in range(actions):
            # A tenth wider than the bounds, since they are clipped; after an arranged state the hand is first held still.
            action = hold if i % 3 == 2 and n < 10 else generator.uniform(-1.1, 1.1, env.action_space.shape)
            obs, reward, terminated, _, info = env.step(action)
            if task == base:
                reward -= 2 * 0.1 * reach(env, task)
                terminated = task == "adroit/pen" and bool(place(env, BODY, "Object")[2] < 0.075)
            successes += bool(info["success"])
            show(action=action.tolist(), obs=obs.tolist(), reward=float(reward), terminated=bool(terminated))
    env.close()
    if states >= 6 and actions >= 20 and not successes:
        sys.exit(f"{task}: none of the states leads to success, so the bonuses are not compared")


def rate(task, steps=1000, repeats=5):
    """The task's steps per second with random actions, resets included: the best of some repeats."""
    env = gymnasium.make(TASKS[task])
    actions = np.random.default_rng(0).uniform(-1, 1, (steps, *env.action_space.shape))
    env.reset(seed=0)
    best = protocol.rate(env.reset, lambda action: any(env.step(action)[2:4]), actions, repeats)
    env.close()
    return best


def main():
    parser = protocol.options()
    parser.add_argument("task", nargs="?")
    options = parser.parse_args()
    if options.list:
        print("\n".join(TASKS))
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
