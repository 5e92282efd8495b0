"""Evaluates an exported npz policy with NumPy: reads observations as JSON rows on standard input, prints actions.

usage: export_read.py POLICY.npz   (needs numpy; never imports demorl)
"""
import json
import sys

import numpy as np

p = np.load(sys.argv[1])  # allow_pickle stays False: the file needs none
layers = sum(name.startswith("layers.") and name.endswith(".weight") for name in p.files)


def act(x):
    x = (x - p["obs_mean"]) / p["obs_std"]
    for i in range(layers):
        x = np.maximum(x @ p[f"layers.{i}.weight"].T + p[f"layers.{i}.bias"], 0)
    low, high = p["low"].astype(float), p["high"].astype(float)
    action = (low + high) / 2 + (high - low) / 2 * np.tanh(x @ p["mean.weight"].T + p["mean.bias"])
    return np.clip(action, low, high)


observations = np.array(json.load(sys.stdin))
assert np.abs(act(p["check_observation"].astype(float)) - p["check_action"]).max() < 1e-5, "the file's own example fails"
print(json.dumps({"about": json.loads(str(p["about"])), "actions": act(observations).tolist()}))
