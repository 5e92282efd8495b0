"""What the parity scripts share: their options, the lines of JSON that the tests read, and how steps are timed."""
import argparse
import glob
import json
import os
import time

import mujoco


def show(**fields):
    print(json.dumps(fields))


def options():
    """A parser with the options that every script has."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--states", type=int, default=20)
    parser.add_argument("--actions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--rate", action="store_true")
    return parser


def library():
    """The path of MuJoCo's own library, which the tests load too."""
    (found,) = glob.glob(os.path.join(os.path.dirname(mujoco.__file__), "libmujoco.so.*"))
    return found


def rate(begin, step, actions, repeats):
    """Steps per second, resets included: the best of some repeats.

    begin() starts an episode; step(action) makes a step and reports whether the episode is over.
    """
    best = 0
    for _ in range(repeats):
        begin()
        start = time.perf_counter()
        for action in actions:
            if step(action):
                begin()
        best = max(best, len(actions) / (time.perf_counter() - start))
    return best
