"""What ONNX Runtime, NumPy and the safetensors library read in the files that demorl's exporter writes.

The files are export/testdata/{policy,silu,simba,clone}.{onnx,npz,safetensors}, one policy of every form, written by
`go test ./export -run Written -update`. This script checks the models with onnx, runs them with ONNX Runtime, evaluates
the arrays of the other two with NumPy in float64, and writes export/testdata/readers.json: digests of the files that were
read, observations and actions. The test asks that demorl still writes those very bytes and computes those very actions.
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


def chain(activation):
    """The documented formula of a chain of layers: the last features, and what the mean is taken of."""

    def last(dense, x):
        layer = 0
        while dense.has(f"layers.{layer}"):
            x = activation(dense(f"layers.{layer}", x))
            layer += 1
        return x

    return last


def simba(dense, x):
    """The documented formula of residual blocks."""

    def norm(x):
        return (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)

    x, layer = dense("layers.0", x), 1
    while dense.has(f"layers.{layer}"):
        x = x + dense(f"layers.{layer + 1}", np.maximum(dense(f"layers.{layer}", norm(x)), 0))
        layer += 2
    return norm(x)


FORMS = {"policy": chain(lambda x: np.maximum(x, 0)), "silu": chain(lambda x: x / (1 + np.exp(-x))), "simba": simba, "clone": chain(np.tanh)}


class Dense:
    """Linear layers by name, from arrays by name, in float64."""

    def __init__(self, arrays):
        self.arrays = {name: np.asarray(value, np.float64) for name, value in arrays.items() if name != "about"}

    def has(self, name):
        return f"{name}.weight" in self.arrays

    def __call__(self, name, x):
        return x @ self.arrays[f"{name}.weight"].T + self.arrays[f"{name}.bias"]


def act(form, arrays, obs):
    dense = Dense(arrays)
    a = dense.arrays
    mean = dense("mean", FORMS[form](dense, (obs - a["obs_mean"]) / a["obs_std"]))
    mid, half = (a["low"] + a["high"]) / 2, (a["high"] - a["low"]) / 2
    return np.clip(mid + half * (mean if form == "clone" else np.tanh(mean)), a["low"], a["high"])


def reading(form):
    files = {kind: folder / f"{form}.{kind}" for kind in ("onnx", "npz", "safetensors")}
    model = onnx.load(files["onnx"])
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(str(files["onnx"]), providers=["CPUExecutionProvider"])
    dims = session.get_inputs()[0].shape[1]
    obs = np.random.default_rng(20240502).normal(size=(20, dims)).astype(np.float32)
    obs[10:] *= 30  # saturated actions
    npz = dict(np.load(files["npz"]))
    tensors = safetensors.numpy.load_file(files["safetensors"])
    about = {
        "onnx": {p.key: p.value for p in model.metadata_props}["about"],
        "npz": str(npz["about"]),
        "safetensors": safetensors.safe_open(files["safetensors"], "np").metadata()["about"],
    }
    return {
        "sha256": {kind: hashlib.sha256(path.read_bytes()).hexdigest() for kind, path in files.items()},
        "about": {kind: json.loads(text) for kind, text in about.items()},
        "input": [session.get_inputs()[0].name, session.get_inputs()[0].type, session.get_inputs()[0].shape],
        "output": [session.get_outputs()[0].name, session.get_outputs()[0].type, session.get_outputs()[0].shape],
        "observations": obs.tolist(),
        "actions": {
            "onnx": session.run(None, {"observation": obs})[0].tolist(),
            "npz": act(form, npz, obs.astype(np.float64)).tolist(),
            "safetensors": act(form, tensors, obs.astype(np.float64)).tolist(),
        },
    }


versions = f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}, numpy {np.__version__}, safetensors {safetensors.__version__}"
out.write_text(json.dumps({"made_with": versions, "forms": {form: reading(form) for form in FORMS}}, separators=(",", ":")) + "\n")
