"""Golden numbers of the PDDM and ROBEL tasks, from the originals' own classes.

Writes env/mujoco/pddm/testdata/originals.json: positions before a step, the
action, the controls it led to, and what the original returned. Needs what
pddm_parity.py --live needs, ROBEL's folder among it. Run from the repository's
root: DEMORL_ROBEL_SOURCE=FOLDER .oracle/bin/python oracle/pddm_record.py. The
tests that read the file need neither the originals nor their scenes.
"""

import json

import mujoco
import numpy as np

import pddm_original
import pddm_parity

RECORDED = ["pddm/claw", "pddm/cube:original", "pddm/baoding:original", "pddm/claw:robel-random"]


def record(name, task):
    generator = np.random.default_rng([1, *name.encode()])
    size = task.model.nu
    steps = []
    for i in range(4):
        task.reset(generator)
        if i % 2:
            task.provoke(generator)
        for k in range(100):
            action, before = generator.uniform(-1.1, 1.1, size), task.data.qpos[:size].copy()
            obs, reward, done = task.step(action.copy())
            if k in (0, 11) or done:
                steps.append(dict(qpos=before.tolist(), action=action.tolist(), ctrl=task.data.ctrl.tolist(), obs=obs.tolist(),
                                  qvel=task.data.qvel[:size].tolist(), reward=float(reward), terminated=bool(done)))
            if done:
                break
    pose = task.model.key_qpos[0, :24].tolist() if task.model.nkey else []
    return dict(task=name, pose=pose, limits=task.model.actuator_ctrlrange.ravel().tolist(), steps=steps)


def main():
    mujoco.set_mju_user_warning(lambda _: None)
    tasks = pddm_original.tasks(pddm_parity)
    with open("env/mujoco/pddm/testdata/originals.json", "w", encoding="utf-8") as file:
        json.dump([record(name, tasks[name]()) for name in RECORDED], file, indent=None, separators=(",", ":"))
        file.write("\n")


if __name__ == "__main__":
    main()
