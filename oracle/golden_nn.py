"""Goldens of package nn from PyTorch: forward, all gradients, Adam with weight decay, normaliser statistics.

Everything is computed in float64 from float32 inputs. Writes nn/testdata/torch.json.
usage: golden_nn.py [OUT]   (needs torch; never imports demorl)
"""
import json
import math
import pathlib
import sys

import torch

torch.manual_seed(20240501)
torch.set_default_dtype(torch.float64)
ACT = {"relu": torch.relu, "silu": torch.nn.functional.silu, "tanh": torch.tanh}


def flat(x):
    return [float(f"{v:.10g}") for v in x.detach().reshape(-1).tolist()]


def f32(*shape):
    return torch.randn(*shape).float().double()


def network(act, sizes, members, rows, norm=False):
    """One stack of dense networks; parameters flat as member, layer, weights (in x out), biases, LayerNorm's gains and offsets."""
    params, outs, grads, dins = [], [], [], []
    x, dout = f32(rows, sizes[0]), f32(rows, sizes[-1])
    for _ in range(members):
        w = [(f32(a, b) / math.sqrt(a)).float().double().requires_grad_() for a, b in zip(sizes, sizes[1:])]
        b = [(0.3 * f32(n)).float().double().requires_grad_() for n in sizes[1:]]
        g = [(1 + 0.2 * f32(n)).float().double().requires_grad_() for n in sizes[1:-1]] if norm else []
        o = [(0.2 * f32(n)).float().double().requires_grad_() for n in sizes[1:-1]] if norm else []
        xin = x.clone().requires_grad_()
        h = xin
        for i, (wi, bi) in enumerate(zip(w, b)):
            h = h @ wi + bi
            if i < len(w) - 1:
                if norm:
                    h = torch.nn.functional.layer_norm(h, (h.shape[-1],), g[i], o[i])
                h = ACT[act](h)
        (h * dout).sum().backward()
        for i, (wi, bi) in enumerate(zip(w, b)):
            layer = [wi, bi] + ([g[i], o[i]] if i < len(g) else [])
            for tensor in layer:
                params += flat(tensor)
                grads += flat(tensor.grad)
        outs += flat(h)
        dins += flat(xin.grad)
    return dict(hidden=act, norm=norm, sizes=sizes, members=members, rows=rows, x=flat(x), dout=flat(dout), params=params,
                out=outs, grads=grads, din=dins)


def adam(decay):
    """100 steps on a net of sizes 3, 4, 2; gradient i of step t is sin(0.1 (t+1)(i+1)) in float32."""
    sizes = [3, 4, 2]
    tensors = []
    for a, b in zip(sizes, sizes[1:]):
        tensors += [f32(a, b).requires_grad_(), f32(b).requires_grad_()]
    groups = [dict(params=[p], weight_decay=decay[i // 2] if decay and i % 2 == 0 else 0.0) for i, p in enumerate(tensors)]
    opt = torch.optim.Adam(groups, lr=1e-3)
    start, after = sum((flat(p) for p in tensors), []), {}
    for t in range(100):
        at = 0
        for p in tensors:
            n = p.numel()
            g = torch.tensor([math.sin(0.1 * (t + 1) * (i + 1)) for i in range(at, at + n)])
            p.grad = g.float().double().reshape(p.shape)
            at += n
        opt.step()
        if t + 1 in (1, 10, 100):
            after[str(t + 1)] = sum((flat(p) for p in tensors), [])
    return dict(sizes=sizes, rate=1e-3, decay=decay, start=start, after=after)


def scalar():
    """Adam on one number with gradient cos(t) at step t = 0..99, rate 3e-4."""
    x = torch.tensor(0.25, requires_grad=True)
    opt = torch.optim.Adam([x], lr=3e-4)
    for t in range(100):
        x.grad = torch.tensor(math.cos(t))
        opt.step()
    return dict(start=0.25, rate=3e-4, end=x.item())


out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "nn/testdata/torch.json"
out.parent.mkdir(parents=True, exist_ok=True)
golden = dict(
    made_with=f"torch {torch.__version__}",
    networks=[network("relu", [5, 7, 6, 3], 1, 4), network("silu", [4, 9, 5, 6], 3, 5), network("tanh", [3, 17, 2], 2, 3),
              network("relu", [6, 1], 1, 2)],
    adam=[adam(None), adam([1e-2, 3e-2])],
    scalar=scalar(),
    normed=[network("relu", [5, 7, 6, 3], 2, 4, norm=True), network("silu", [4, 9, 5], 1, 5, norm=True)],
)
out.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
