"""Steps the tasks of PDDM and of ROBEL's D'Claw and prints what they return.

The originals need mujoco-py and an old gym. This script states their formulas
anew on MuJoCo's own Python bindings, from the originals' text: google-research/pddm
(commit 06b88cd) and the wheel of robel 0.1.2. With --live the originals' own
classes are run instead (pddm_original.py), where their files are: a clone of PDDM
taken by `demorl env fetch pddm-original --assets CLONE`, and ROBEL's package in
the folder that DEMORL_ROBEL_SOURCE names. The models are the fetched ones in the
folder third_party, mended as docs/environments.md section 5 says.

The output is described in env/parity/doc.go. Actions are float64 and a tenth
wider than the bounds. Needs mujoco and numpy.
"""

import os
import re
import sys

import mujoco
import numpy as np
import protocol
from protocol import show

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
THIRD_PARTY = os.environ.get("DEMORL_THIRD_PARTY") or os.path.join(ROOT, "third_party")
PDDM = os.path.join(THIRD_PARTY, "pddm-06b88cd")
SKIP = 40


# ------------------------------------------------------------------ models


def no_declaration(text):
    return re.sub(r"<\?xml[^>]*\?>", "", text)


def no_slips(text):
    return re.sub(r'apirate="\d+"', "", text).replace("</mujocoinclude>>", "</mujocoinclude>")


def with_sites(text):
    """Two sites on the palm, as in PDDM's own hand."""
    head, palm, rest = re.split(r'(<body name="palm"[^>]*>)', text)
    sites = "".join(f'<site name="target{i}_site" type="sphere" size=".007" pos="{x} 0 .24"/>' for i, x in ((1, -0.07), (2, 0.07)))
    return head + palm + sites + rest


def load(path, mend, text=None):
    """The model of the file path, or of a text that stands for such a file; all its XML files are mended."""
    files, waiting = {}, [path]
    while waiting:
        name = waiting.pop()
        if name == path and text is not None:
            content = text
        else:
            with open(name, encoding="utf-8") as file:
                content = file.read()
        files[name] = mend(content)
        for included in re.findall(r"<include\s+file=[\"']([^\"']+)[\"']", re.sub(r"<!--.*?-->", "", files[name], flags=re.S)):
            waiting.append(os.path.normpath(os.path.join(os.path.dirname(path), included)))
    return mujoco.MjModel.from_xml_path(path, {name: content.encode() for name, content in files.items()})


def claw_model():
    return load(os.path.join(THIRD_PARTY, "robel-0.1.2/dclaw/assets/dclaw3xh_valve3_v0.xml"), no_declaration)


def own_model(name):
    with open(os.path.join(ROOT, "env/mujoco/pddm/scenes", name), encoding="utf-8") as file:
        text = file.read()
    folder = os.path.join(THIRD_PARTY, "gymnasium_robotics-1.4.2/assets/adroit_hand")
    mend = with_sites if name == "baoding.xml" else lambda text: text
    return load(os.path.join(folder, "demorl-scene.xml"), lambda text: mend(text) if '<body name="palm"' in text else text, text)


def original_model(name):
    return load(os.path.join(PDDM, "envs", name), no_slips)


# The pose of the hand in demorl's own scenes, as docs/environments.md 5.3 gives it.
FINGER = [0.9, 0.6, 0.5]
CUPPED = np.array([0, -0.2, -0.1, *FINGER, -0.03, *FINGER, 0.03, *FINGER, 0.4, -0.1, *FINGER, 0.4, 0.8, -0.1, 0, -0.5])


def first_pose(model):
    if model.nkey:
        return model.key_qpos[0].copy()
    pose = model.qpos0.copy()
    pose[:24] = CUPPED
    return pose


# ------------------------------------------------------------------ formulas


class Task:
    """What all tasks have in common. memory() names what the task remembers, as env.Injector takes it."""

    writes = ()  # fields of the model that the task writes

    def __init__(self, model):
        self.model, self.data = model, mujoco.MjData(model)
        self.dt = SKIP * model.opt.timestep
        self.first = {name: getattr(model, name).copy() for name in self.writes}

    def reset(self, generator):
        mujoco.mj_resetData(self.model, self.data)
        for name, value in self.first.items():
            getattr(self.model, name)[:] = value
        mujoco.mj_forward(self.model, self.data)
        self.begin(generator)
        mujoco.mj_forward(self.model, self.data)

    def fields(self):
        model = {name: getattr(self.model, name).ravel().tolist() for name in self.writes}
        return dict(qpos=self.data.qpos.tolist(), qvel=self.data.qvel.tolist(), **model, **self.memory())

    def restart(self):
        """Begins anew in the present positions and velocities: without a warm start, with fresh derived quantities."""
        qpos, qvel = self.data.qpos.copy(), self.data.qvel.copy()
        mujoco.mj_resetData(self.model, self.data)
        self.data.qpos[:], self.data.qvel[:] = qpos, qvel
        mujoco.mj_forward(self.model, self.data)

    def memory(self):
        return {}

    def provoke(self, generator):
        """Changes a state so that more of the reward is seen."""

    def limited(self, wanted, speed):
        q = self.data.qpos[: len(wanted)]
        return q + np.clip((wanted - q) / self.dt, -speed, speed) * self.dt

    def simulate(self, control):
        self.data.ctrl[:] = control
        for _ in range(SKIP):
            mujoco.mj_step(self.model, self.data)


class Claw(Task):
    def __init__(self, fixed=False):
        super().__init__(claw_model())
        self.fixed = fixed
        ranges = self.model.actuator_ctrlrange
        self.middle, self.half = ranges.mean(axis=1), 0.5 * (ranges[:, 1] - ranges[:, 0])

    def begin(self, generator):
        self.goal = float(generator.choice([-1, 1]) * generator.uniform(np.pi / 2, np.pi))
        self.data.qpos[:9] = [0, -1.0, 1.35] * 3
        self.data.qpos[-1] = generator.uniform(-np.pi / 4, np.pi / 4)

    def provoke(self, generator):
        self.data.qpos[-1] = self.goal + generator.uniform(-0.3, 0.3)

    def memory(self):
        return dict(goal=[self.goal])

    def observe(self):
        q, v = self.data.qpos, self.data.qvel
        return np.concatenate([q[:9], v[:9], q[-1:], v[-1:], [self.goal]])

    def step(self, action):
        wanted = self.middle + np.clip(action, -1, 1) * self.half
        bound = np.float32(np.pi / 2)
        self.simulate(np.clip(self.limited(wanted, 5), -bound, bound))
        obs = self.observe()
        difference = obs[18] - obs[20]
        distance = abs(np.arctan2(np.sin(difference), np.cos(difference)))
        bonus = np.zeros(1)
        small, big = (np.zeros(1), np.zeros(1)) if self.fixed else (bonus, bonus)
        small[distance < 0.25] = 1
        big[distance < 0.1] = 10
        return obs, (-10 * distance + small + big)[0], False


class Robel(Task):
    writes = ("body_pos", "dof_damping", "dof_frictionloss", "actuator_gainprm", "actuator_biasprm", "geom_friction")

    def __init__(self, kind):
        self.kind = kind
        if kind != "dynamics":
            self.writes = ()
        super().__init__(claw_model())
        ranges = np.array([(-0.48, 0.48), (-np.pi / 3, np.pi / 3), (-np.pi / 2, np.pi / 2)] * 3, dtype=np.float32)
        self.low, self.high = ranges[:, 0], ranges[:, 1]
        self.speed = np.float32(2 * np.pi / 3)
        self.rest = np.array([0, -np.pi / 3, np.pi / 3] * 3)

    def begin(self, generator):
        valve, target = 0.0, np.pi
        if self.kind == "dynamics":
            self.randomise(generator)
        if self.kind != "fixed":
            valve = generator.uniform(-np.pi / 3, np.pi / 3)
            target = np.pi + generator.uniform(-np.pi / 3, np.pi / 3)
        self.data.qpos[:9], self.data.qpos[-1] = self.rest, valve
        self.target = np.asarray(np.mod(target + np.pi, 2 * np.pi) - np.pi, dtype=np.float32)
        self.last, self.noise = np.zeros(9), np.zeros(19)
        if self.kind == "dynamics":  # steady within an episode, so that a state can name it
            spans = np.concatenate([self.high - self.low, np.repeat(2 * self.speed, 9), [2 * np.float32(np.pi)]])
            self.noise = 0.05 * spans * generator.uniform(-0.5, 0.5, 19)

    def randomise(self, generator):
        model, joints = self.model, [*range(9), -1]
        model.dof_damping[joints] = generator.uniform(0.005, 0.1, 10)
        model.dof_frictionloss[joints] = generator.uniform(0.001, 0.005, 10)
        gain = generator.uniform(1, 3)
        model.actuator_gainprm[:, 0], model.actuator_biasprm[:, 1] = gain, -gain
        model.geom_friction[:] = generator.uniform((0.8, 0.003, 0.00005), (1.2, 0.007, 0.00015))
        model.body_pos[model.body("mount").id] += generator.uniform(-0.01, 0.01, 3)

    def provoke(self, generator):
        self.data.qpos[-1] = float(self.target) + generator.uniform(-0.3, 0.3)

    def memory(self):
        return dict(target=[float(self.target)], last_action=self.last.tolist(), noise=self.noise.tolist())

    def observe(self):
        valve = self.data.qpos[-1:] + self.noise[18:]
        error = np.mod(self.target - valve + np.pi, 2 * np.pi) - np.pi
        return np.concatenate([self.data.qpos[:9] + self.noise[:9], np.cos(valve), np.sin(valve), self.last, error])

    def step(self, action):
        self.last = np.clip(action, -1, 1)
        wanted = np.clip(np.mean([self.low, self.high], axis=0) + self.last * (0.5 * (self.high - self.low)), self.low, self.high)
        self.simulate(self.limited(wanted, self.speed))
        obs = self.observe()
        distance, v = abs(obs[-1]), self.data.qvel[:9] + self.noise[9:18]
        reward = -5 * distance - np.linalg.norm(obs[:9] - self.rest) - np.linalg.norm(v[np.abs(v) >= 0.5])
        return obs, reward + 10 * (distance < 0.25) + 50 * (distance < 0.10), False


class Hand(Task):
    def __init__(self, model, share, fixed):
        super().__init__(model)
        self.fixed, self.pose = fixed, first_pose(model)
        self.middle, ranges = self.pose[:24], model.actuator_ctrlrange
        self.up, self.down = share * (ranges[:, 1] - self.middle), share * (self.middle - ranges[:, 0])

    def control(self, action):
        a = np.clip(action, -1, 1)
        if self.fixed:
            wanted = self.middle + np.where(a > 0, a * self.up, a * self.down)
        else:  # the second assignment looks at what the first has written
            a[a > 0] = self.middle[a > 0] + a[a > 0] * self.up[a > 0]
            a[a <= 0] = self.middle[a <= 0] + a[a <= 0] * self.down[a <= 0]
            wanted = a
        self.simulate(np.clip(self.limited(wanted, 3), -40, 40))


class Cube(Hand):
    def __init__(self, model, fixed=False):
        super().__init__(model, 1, fixed)

    def begin(self, generator):
        self.data.qpos[:] = self.pose
        self.goal = np.array([[0, 0, -1.5], [0, 0, 1.5], [1.5, 0, 0], [-1.5, 0, 0]][generator.integers(4)])
        self.shown = self.goal.copy() if self.fixed else np.zeros(3)

    def memory(self):
        return dict(goal=self.goal.tolist(), shown=self.shown.tolist())

    def observe(self):
        self.data.qpos[-3:] = self.shown
        return np.concatenate([self.data.qpos[:30], self.data.qvel[24:30], self.shown])

    def step(self, action):
        self.shown = self.goal.copy()
        self.control(action)
        obs = self.observe()
        fall = obs[26] < -0.1
        return obs, -7 * np.linalg.norm(obs[27:30] - obs[36:39]) - 1000 * fall, fall


class Baoding(Hand):
    writes = ("site_pos",)

    def __init__(self, model, fixed=False):
        super().__init__(model, 0.9, fixed)
        self.sites = [model.site("target1_site").id, model.site("target2_site").id]

    def begin(self, generator):
        self.data.qpos[:] = self.pose
        self.counter = 0
        if self.fixed:
            self.place()

    def place(self):
        angle = 1 * 2 * np.pi * (self.counter / 60)
        for site, start in zip(self.sites, (3 * np.pi / 4.0, -np.pi / 4.0)):
            self.model.site_pos[site, 0] = 0.02 * np.cos(angle + start) + 0.005
            self.model.site_pos[site, 2] = 0.02 * 1.5 * 1.2 * np.sin(angle + start) + 0.055
            self.model.site_pos[site, 1] = -0.07

    def memory(self):
        return dict(steps=[float(self.counter)])

    def observe(self):
        q, v, sites = self.data.qpos, self.data.qvel, self.data.site_xpos[self.sites, :2]
        objects, speeds = q[-14:], v[-14:]
        first, second = (v[24:27], v[30:33]) if self.fixed else (speeds[:3], speeds[7:10])
        return np.concatenate([q[:24], objects[:3], first, objects[7:10], second, sites.ravel()])

    def step(self, action):
        self.place()
        self.control(action)
        self.counter += 1
        obs = self.observe()
        fall = obs[26] < 0.06 or obs[32] < 0.06
        lifted = obs[1] > 0.15 or (fall and not self.fixed)
        distance = np.linalg.norm(obs[24:26] - obs[36:38]), np.linalg.norm(obs[30:32] - obs[38:40])
        return obs, -5 * distance[0] - 5 * distance[1] - 500 * fall - 10 * lifted, fall


CUBE, BAODING = "cube/assets/shadowhand_hand_cube.xml", "baoding/assets/shadowhand_baoding_2.xml"

TASKS = {
    "pddm/claw": lambda: Claw(),
    "pddm/claw:fixed": lambda: Claw(fixed=True),
    "pddm/claw:robel-fixed": lambda: Robel("fixed"),
    "pddm/claw:robel-random": lambda: Robel("random"),
    "pddm/claw:robel-random-dynamics": lambda: Robel("dynamics"),
    "pddm/cube": lambda: Cube(own_model("cube.xml")),
    "pddm/cube:fixed": lambda: Cube(own_model("cube.xml"), fixed=True),
    "pddm/baoding": lambda: Baoding(own_model("baoding.xml")),
    "pddm/baoding:fixed": lambda: Baoding(own_model("baoding.xml"), fixed=True),
}
if os.path.isdir(PDDM):
    TASKS |= {
        "pddm/cube:original": lambda: Cube(original_model(CUBE)),
        "pddm/cube:original-fixed": lambda: Cube(original_model(CUBE), fixed=True),
        "pddm/baoding:original": lambda: Baoding(original_model(BAODING)),
        "pddm/baoding:original-fixed": lambda: Baoding(original_model(BAODING), fixed=True),
    }


# ------------------------------------------------------------------ output


def run(name, task, states, actions, seed):
    generator = np.random.default_rng([seed, *name.encode()])
    size = task.model.nu
    for i in range(states):
        task.reset(generator)
        if i % 2:  # in the middle of an episode
            for _ in range(int(generator.integers(3, 40))):
                task.step(generator.uniform(-1, 1, size))
        if i % 4 == 2:
            task.provoke(generator)
        task.restart()
        show(task=name, **task.fields())
        show(obs=task.observe().tolist())
        held = generator.uniform(-1.1, 1.1, size)
        for k in range(actions):
            if k % 5 == 0 or i % 3 == 0:  # held actions reach further than a new one every step
                held = generator.uniform(-1.1, 1.1, size)
            action = held * (0.3 if i % 3 == 2 else 1)
            obs, reward, terminated = task.step(action.copy())
            show(action=action.tolist(), obs=obs.tolist(), reward=float(reward), terminated=bool(terminated))


def rate(task, steps=300, repeats=3):
    """Steps a second with random actions: the best of some repeats."""
    actions = np.random.default_rng(0).uniform(-1, 1, (steps, task.model.nu))
    generator = np.random.default_rng(0)
    return protocol.rate(lambda: task.reset(generator), lambda action: task.step(action.copy())[2], actions, repeats)


def main():
    parser = protocol.options()
    parser.add_argument("--live", action="store_true", help="run the originals' own classes")
    parser.add_argument("task", nargs="?")
    options = parser.parse_args()
    tasks, oracle = TASKS, "formulas of section 5"
    if options.live:
        import pddm_original

        tasks, oracle = pddm_original.tasks(sys.modules[__name__]), "the original's classes"
    if options.list:
        print("\n".join(tasks))
        return 0
    mujoco.set_mju_user_warning(lambda _: None)  # which would leave a log file
    show(library=protocol.library(), assets="", oracle=f"{oracle}, mujoco {mujoco.__version__}")
    task = tasks[options.task]()
    run(options.task, task, options.states, options.actions, options.seed)
    if options.rate:
        show(rate=rate(task))
    return 0


if __name__ == "__main__":
    sys.exit(main())
