"""Learning curve of Stable-Baselines3's SAC, the baseline that demorl's own SAC must agree with.

The settings are demorl's `--algo sac`: 2x256 ReLU networks, rate 3e-4, batch 256, one update a step, 5,000 random
warm-up steps that count, automatic temperature with target entropy -A. Every 1,000 steps 5 deterministic episodes on a
separate environment. Writes eval.csv in demorl's format.
usage: sac_curve_sb3.py --env HalfCheetah-v5 --seed 0 --steps 20000 --out DIR [--threads N]
"""
import argparse
import os
import time
import warnings

ap = argparse.ArgumentParser()
ap.add_argument("--env", default="HalfCheetah-v5")
ap.add_argument("--seed", type=int, default=0)
ap.add_argument("--steps", type=int, default=20_000)
ap.add_argument("--warmup", type=int, default=5_000)
ap.add_argument("--out", required=True)
ap.add_argument("--threads", type=int, default=1)
args = ap.parse_args()
warnings.filterwarnings("ignore")
os.environ["OMP_NUM_THREADS"] = str(args.threads)
import gymnasium as gym  # noqa: E402
import torch  # noqa: E402
from stable_baselines3 import SAC  # noqa: E402
from stable_baselines3.common.callbacks import BaseCallback  # noqa: E402

torch.set_num_threads(args.threads)
os.makedirs(args.out, exist_ok=True)


class Evaluate(BaseCallback):
    """Five deterministic episodes every 1,000 real steps."""

    def _init_callback(self):
        self.env = gym.make(args.env)
        self.csv = open(os.path.join(args.out, "eval.csv"), "w")
        self.csv.write("step,episode,return,length,actor\n")

    def _on_step(self):
        if self.num_timesteps % 1000 == 0:
            for e in range(5):
                obs, _ = self.env.reset(seed=10_000 + e)
                total, length, done = 0.0, 0, False
                while not done:
                    action, _ = self.model.predict(obs, deterministic=True)
                    obs, r, te, tr, _ = self.env.step(action)
                    total, length, done = total + float(r), length + 1, te or tr
                self.csv.write(f"{self.num_timesteps},{e},{total!r},{length},policy\n")
            self.csv.flush()
        return True


start = time.time()
model = SAC("MlpPolicy", gym.make(args.env), learning_starts=args.warmup, seed=args.seed, device="cpu", verbose=0)
model.learn(args.steps, callback=Evaluate())
print(f"seed {args.seed}: {args.steps} steps in {time.time() - start:.0f} s")
