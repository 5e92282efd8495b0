"""Goldens of package report: interquartile means from SciPy; stratified bootstrap intervals, aggregates, probabilities of
improvement and performance profiles from rliable.

Writes report/testdata/rliable.json. rliable's scores are runs x tasks, so its strata are the tasks, of equal size.
usage: golden_report.py [OUT]   (needs scipy and rliable; never imports demorl)
"""
import json
import pathlib
import sys

import numpy as np
import rliable
import scipy
from rliable import library, metrics
from scipy.stats import trim_mean

rng = np.random.default_rng(20240503)
iqm = []
for n in [1, 2, 3, 4, 5, 7, 8, 10, 13, 40]:
    x = np.round(rng.lognormal(2, 1, n), 6)
    iqm.append({"x": x.tolist(), "iqm": float(trim_mean(x, 0.25))})
intervals = []
for runs, tasks in [(5, 1), (10, 1), (8, 3)]:
    scores = np.round(rng.normal(100 * np.arange(1, tasks + 1), 20, (runs, tasks)), 6)
    point, interval = library.get_interval_estimates(
        {"a": scores}, lambda s: np.array([metrics.aggregate_iqm(s)]), reps=50_000, random_state=np.random.RandomState(7))
    intervals.append({"strata": scores.T.tolist(), "iqm": float(point["a"][0]), "low": float(interval["a"][0, 0]), "high": float(interval["a"][1, 0])})

aggregates, improvements, profiles = [], [], []
names = ["iqm", "median", "mean", "optimality_gap"]
statistics = [metrics.aggregate_iqm, metrics.aggregate_median, metrics.aggregate_mean, metrics.aggregate_optimality_gap]
for runs, tasks in [(5, 1), (8, 3), (6, 4)]:
    scores = np.round(rng.normal(0.8 + 0.15 * np.arange(tasks), 0.3, (runs, tasks)), 6)
    point, interval = library.get_interval_estimates(
        {"a": scores}, lambda s: np.array([f(s) for f in statistics]), reps=50_000, random_state=np.random.RandomState(7))
    aggregates.append({"strata": scores.T.tolist()} | {
        name: {"value": float(point["a"][i]), "low": float(interval["a"][0, i]), "high": float(interval["a"][1, i])} for i, name in enumerate(names)})
    levels = np.round(np.linspace(-0.2, 2, 23), 6)
    profile, _ = library.create_performance_profile({"a": scores}, levels, reps=2)
    profiles.append({"strata": scores.T.tolist(), "levels": levels.tolist(), "shares": profile["a"].tolist()})
for runs, other, tasks in [(5, 5, 1), (8, 5, 3)]:
    x = np.round(rng.normal(1.0, 0.3, (runs, tasks)), 1)  # rounded so that some are equal
    y = np.round(rng.normal(0.9, 0.3, (other, tasks)), 1)
    point, interval = library.get_interval_estimates(
        {"a": (x, y)}, metrics.probability_of_improvement, reps=5_000, random_state=np.random.RandomState(7))
    value, bounds = np.ravel(point["a"])[0], np.ravel(interval["a"])
    improvements.append({"x": x.T.tolist(), "y": y.T.tolist(), "value": float(value), "low": float(bounds[0]), "high": float(bounds[1])})
out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "report/testdata/rliable.json"
out.parent.mkdir(parents=True, exist_ok=True)
made = f"scipy {scipy.__version__}, rliable {getattr(rliable, '__version__', '1.2.0')}"
out.write_text(json.dumps({"made_with": made, "iqm": iqm, "intervals": intervals, "aggregates": aggregates,
                           "improvements": improvements, "profiles": profiles}, separators=(",", ":")) + "\n")
