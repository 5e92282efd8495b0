"""What ONNX Runtime, NumPy and the safetensors library read in the files that demorl's exporter writes.

The files are export/testdata/policy.{onnx,npz,safetensors}, written by `go test ./export -run Written -update`. This
script checks the model with onnx, runs it with ONNX Runtime, evaluates the arrays of the other two with NumPy in float64,
and writes export/testdata/readers.json: digests of the files that were read, observations and actions. The test asks that
demorl still writes those very bytes and computes those very actions.
usage: golden_export.py [OUT]   (needs onnx, onnxruntime, safetensors; never imports demorl)
"""
import hashlib
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
import safetensors
import safetensors.numpy

folder = pathlib.Path(__file__).parent.parent / "export/testdata"
out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else folder / "readers.json"


def act(arrays, obs):
    """The documented formula, from arrays by name, in float64."""
    a = {name: np.asarray(value, np.float64) for name, value in arrays.items() if name != "about"}
    x = (obs - a["obs_mean"]) / a["obs_std"]
    layer = 0
    while f"layers.{layer}.weight" in a:
        x = np.maximum(x @ a[f"layers.{layer}.weight"].T + a[f"layers.{layer}.bias"], 0)
        layer += 1
    mean = x @ a["mean.weight"].T + a["mean.bias"]
    mid, half = (a["low"] + a["high"]) / 2, (a["high"] - a["low"]) / 2
    return np.clip(mid + half * np.tanh(mean), a["low"], a["high"])


model = onnx.load(folder / "policy.onnx")
onnx.checker.check_model(model, full_check=True)
session = onnxruntime.InferenceSession(str(folder / "policy.onnx"), providers=["CPUExecutionProvider"])
dims = session.get_inputs()[0].shape[1]
obs = np.random.default_rng(20240502).normal(size=(20, dims)).astype(np.float32)
obs[10:] *= 30  # saturated actions
npz = dict(np.load(folder / "policy.npz"))
tensors = safetensors.numpy.load_file(folder / "policy.safetensors")
about = {
    "onnx": {p.key: p.value for p in model.metadata_props}["about"],
    "npz": str(npz["about"]),
    "safetensors": safetensors.safe_open(folder / "policy.safetensors", "np").metadata()["about"],
}
golden = {
    "made_with": f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}, numpy {np.__version__}, safetensors {safetensors.__version__}",
    "sha256": {k: hashlib.sha256((folder / f"policy.{k}").read_bytes()).hexdigest() for k in about},
    "about": {k: json.loads(v) for k, v in about.items()},
    "input": [session.get_inputs()[0].name, session.get_inputs()[0].type, session.get_inputs()[0].shape],
    "output": [session.get_outputs()[0].name, session.get_outputs()[0].type, session.get_outputs()[0].shape],
    "observations": obs.tolist(),
    "actions": {
        "onnx": session.run(None, {"observation": obs})[0].tolist(),
        "npz": act(npz, obs.astype(np.float64)).tolist(),
        "safetensors": act(tensors, obs.astype(np.float64)).tolist(),
    },
}
out.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
