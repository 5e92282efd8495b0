"""Steps Gymnasium's MuJoCo tasks and prints what they return, for the parity test of env/mujoco/gymtasks.

Prints JSON lines, for one task after the other. The first names the libmujoco file and the folder of models in use, so
that the other side can load the very same ones. Then, for each state: {"task", "qpos", "qvel"}, a line {"obs"} for the
state itself, and one line {"action", "obs", "reward", "terminated"} for each action. Actions are float64.

Of each four states one is a reset's, and one is from the middle of an episode with a scripted gait (of the pendulums,
with feedback that balances). The other two are taken where the robot touches something, is at a joint's limit or falls:
one within an episode with random actions, one in a gait beyond the episode's end. TOUCHES says which it is for each
task, and the script fails if it is not so. A reset's state and that of random actions go on with random actions, a tenth
wider than the bounds, since the cost counts what was asked for and the simulator clamps it; the others go on in the gait.

Version 2 is stated again in gym_v2.py. Pusher-v4 is Gymnasium's own class without its refusal of MuJoCo 3, which is
about the physics and not about the formulas.

Usage: gym_parity.py --list | [--states N] [--actions N] [--seed N] [--rate] TASK...
"""

import os
import sys
import types
import warnings

import gym_v2
import gymnasium
import mujoco
import numpy as np
import protocol
from protocol import show

# demorl's name: Gymnasium's id and arguments, and how to cut the observation.
TASKS = {}
for name in (
    "HalfCheetah Hopper Walker2d Ant Humanoid HumanoidStandup "
    "InvertedPendulum InvertedDoublePendulum Reacher Swimmer Pusher"
).split():
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
TASKS.update({task: (None, {}, None) for task in gym_v2.TASKS})

LIMITS = {"reacher": 50, "pusher": 100}  # steps of an episode; all others 1000


def contact(model, data):
    return data.ncon > 0


def at_a_limit(model, data):
    return data.nefc > 0


def hand_at_object(model, data):
    hand, thing = model.body("r_wrist_roll_link").id, model.body("object").id
    pairs = [{int(model.geom_bodyid[g]) for g in (c.geom1, c.geom2)} for c in data.contact]
    return {hand, thing} in pairs


# Half of the states are such. Nothing collides in the tasks that are named here, apart from the pusher.
TOUCHES = {
    "invertedpendulum": lambda model, data: abs(data.qpos[1]) > 0.1,  # falls: the episode ends at 0.2
    "inverteddoublependulum": lambda model, data: data.site_xpos[0][2] < 1.6,  # falls: from 1.2, and ends at 1
    "reacher": at_a_limit,
    "swimmer": at_a_limit,
    "pusher": hand_at_object,
}


def base(task):
    return task.removeprefix("gym/").split(":")[0]


def make(task):
    if task in gym_v2.TASKS:
        return gym_v2.TASKS[task]()
    name, arguments, _ = TASKS[task]
    if name == "Pusher-v4":
        from gymnasium.envs.mujoco import pusher_v4

        pusher_v4.mujoco = types.SimpleNamespace(__version__="2")  # read by the refusal only
        return pusher_v4.PusherEnv()
    return gymnasium.make(name, **arguments).unwrapped


def bounds(env):
    return env.action_space.low.astype(np.float64), env.action_space.high.astype(np.float64)


def random_actions(env, generator, task):
    """Random actions; held for a second where no other kind gets to a joint's limit."""
    low, high = bounds(env)
    held = round(1 / env.dt) if TOUCHES.get(base(task)) is at_a_limit else 1
    while True:
        action = 1.1 * generator.uniform(low, high)
        for _ in range(held):
            yield action


def gait(env, generator):
    """Servos that follow one sine a joint around the initial pose, of a common frequency up to 2 Hz."""
    model, data = env.model, env.data
    low, high = bounds(env)
    joints = model.actuator_trnid[:, 0]
    q, v = model.jnt_qposadr[joints], model.jnt_dofadr[joints]
    pose, phase = model.qpos0[q], generator.uniform(0, 2 * np.pi, len(joints))
    frequency, amplitude = generator.uniform(0.2, 2), generator.uniform(0, 1)
    t = 0
    while True:
        target = pose + amplitude * np.sin(2 * np.pi * frequency * t * env.dt + phase)
        yield np.clip(2 * high * (target - data.qpos[q]) - 0.1 * high * data.qvel[v], low, high)
        t += 1


def balance(env, generator):
    """Linear feedback that holds poles upright, disturbed: a Riccati iteration on differences of the task's step."""
    low, high = bounds(env)
    nq, n, h = env.model.nq, env.model.nq + env.model.nv, 1e-5
    state = env.data.qpos.copy(), env.data.qvel.copy()

    def after(x, u):
        env.reset()
        env.set_state(x[:nq], x[nq:])
        env.step(u)
        return np.concatenate([env.data.qpos, env.data.qvel])

    zero, still = np.zeros(n), np.zeros(high.shape)
    a = np.column_stack([after(h * e, still) - after(-h * e, still) for e in np.eye(n)]) / (2 * h)
    b = np.column_stack([after(zero, h * e) - after(zero, -h * e) for e in np.eye(len(still))]) / (2 * h)
    cost = np.eye(n)
    for _ in range(1000):
        gain = np.linalg.solve(np.eye(len(still)) + b.T @ cost @ b, b.T @ cost @ a)
        cost = np.eye(n) + a.T @ cost @ (a - b @ gain)
    env.reset()
    env.set_state(*state)
    while True:
        x = np.concatenate([env.data.qpos, env.data.qvel])
        yield np.clip(generator.normal(0, 0.1, high.shape) - gain @ x, low, high)


def reach_for_the_object(env, generator):
    """Draws arms until the hand is at the object and hardly inside it, and lets them move."""
    model, data = env.model, env.data
    ranges = model.jnt_range[:7]
    while True:
        env.reset(seed=int(generator.integers(2**31)))
        for _ in range(200):
            qpos, qvel = data.qpos.copy(), np.zeros(model.nv)
            qpos[:7], qvel[:7] = generator.uniform(*ranges.T), generator.uniform(-1, 1, 7)
            env.set_state(qpos, qvel)
            if hand_at_object(model, data) and min(c.dist for c in data.contact) > -0.01:
                return


def find_state(env, generator, task, kind):
    """Puts env in a state of the given kind and returns it with the actions that go on."""
    scripted = balance if base(task).endswith("pendulum") else gait
    actions = scripted(env, generator) if kind >= 2 else random_actions(env, generator, task)
    touches = TOUCHES.get(base(task), contact)
    env.reset(seed=int(generator.integers(2**31)))
    if kind % 2 == 1 and touches is hand_at_object:
        reach_for_the_object(env, generator)
    elif kind > 0:
        search = actions
        if kind == 3 and touches is not contact:
            search = random_actions(env, generator, task)  # what is controlled neither falls nor is at a limit
        steps = int(generator.integers(10, 120))
        for i in range(2000):
            if i >= steps and (kind == 2 or touches(env.model, env.data)):
                break
            _, _, ended, _, _ = env.step(next(search))
            if ended and (kind < 3 or touches is not contact):  # else it goes on where it lies
                env.reset()
    return env.data.qpos.copy(), env.data.qvel.copy(), actions


def run(task, states, actions, seed):
    env = make(task)
    cut = TASKS[task][2]
    touches = TOUCHES.get(base(task), contact)
    generator = np.random.default_rng([seed, *task.encode()])
    touching = 0
    for i in range(states):
        qpos, qvel, behaviour = find_state(env, generator, task, i % 4)
        env.reset()
        mujoco.mj_resetData(env.model, env.data)
        env.set_state(qpos, qvel)
        touching += bool(touches(env.model, env.data))
        show(task=task, qpos=qpos.tolist(), qvel=qvel.tolist())
        show(obs=env._get_obs()[:cut].tolist())
        for _ in range(actions):
            action = next(behaviour)
            obs, reward, terminated, _, _ = env.step(action)
            show(action=action.tolist(), obs=obs[:cut].tolist(), reward=float(reward), terminated=bool(terminated))
    env.close()
    if touching < states // 2:
        raise SystemExit(f"{task}: only {touching} of {states} states are in contact, at a limit or falling")


def rate(task, steps=1000, repeats=5):
    """The task's steps per second with random actions, resets included: the best of some repeats."""
    env = make(task)
    limit = LIMITS.get(base(task), 1000)
    low, high = bounds(env)
    actions = np.random.default_rng(0).uniform(low, high, (steps, len(low)))
    length = 0

    def begin():
        nonlocal length
        length = 0
        env.reset()

    def step(action):
        nonlocal length
        length += 1
        return env.step(action)[2] or length == limit

    env.reset(seed=0)
    best = protocol.rate(begin, step, actions, repeats)
    env.close()
    return best


def main():
    parser = protocol.options()
    parser.add_argument("tasks", nargs="*", metavar="TASK")
    options = parser.parse_args()
    if options.list:
        print("\n".join(TASKS))
        return 0
    warnings.simplefilter("ignore")
    gymnasium.logger.min_level = gymnasium.logger.ERROR
    from gymnasium.envs.mujoco import mujoco_env

    assets = os.path.join(os.path.dirname(mujoco_env.__file__), "assets")
    for task in options.tasks:
        oracle = f"gymnasium {gymnasium.__version__}, mujoco {mujoco.__version__}"
        if task in gym_v2.TASKS:
            oracle = "formulas stated again on " + oracle
        show(library=protocol.library(), assets=assets, oracle=oracle)
        run(task, options.states, options.actions, options.seed)
        if options.rate:
            show(rate=rate(task))
    return 0


if __name__ == "__main__":
    sys.exit(main())
