"""The Python side of a Gymnasium task: makes one environment and steps it for the program that started this process.

Descriptor 3 is a socket to that program, descriptor 4 memory shared with it. What the environment is stands in the last
argument as JSON. The first message on the socket (8 bytes of length, then JSON) says what was made or why nothing was.
After that every request is a few words in the shared memory and one byte on the socket, and so is every answer. The
words are listed in memory.go.
"""

import collections
import difflib
import faulthandler
import importlib
import io
import json
import mmap
import os
import pickle
import random
import signal
import socket
import struct
import sys
import traceback
import types

# Words of the request and of the answer, as memory.go has them.
COMMAND, ARGUMENT, STATUS, FLAGS, REWARD, LENGTH = range(6)
WORDS = 8
STEP, RESET, SAVE, RESTORE = 1, 2, 3, 4
SUCCEEDED, FAILED = 0, 1


PYTHON = json.loads(sys.argv[-1])["python"]  # the interpreter as the user names it; sys.executable may stand behind it


class Fault(Exception):
    """A failure whose sentence is complete without a traceback. kind is one of missing, unknown, refused and raised."""

    def __init__(self, kind, text, nearest=()):
        super().__init__(text)
        self.kind, self.nearest = kind, list(nearest)


def brief(value):
    text = " ".join(str(value).split())
    return text if len(text) <= 160 else text[:157] + "..."


def report(error):
    """What the other side is told of an exception."""
    if isinstance(error, Fault):
        return {"kind": error.kind, "text": str(error), "nearest": error.nearest}
    text = brief("".join(traceback.format_exception_only(type(error), error)))
    frames = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join("%s line %s, in %s" % (f.filename, f.lineno, f.name) for f in frames)
    whole = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {"kind": "raised", "text": text, "where": where, "traceback": whole}


def load(name, why):
    """Imports a module; one that is not installed is a Fault."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        lacking = error.name or name
        if name == lacking or name.startswith(lacking + "."):
            raise Fault("missing", "the Python module %s%s" % (lacking, why)) from None
        raise Fault("missing", "the Python module %s, which %s imports: install it for %s" % (lacking, name, PYTHON)) from error


def make(config, gymnasium):
    """Returns the environment without its time limit, and that limit (None for an environment that names none)."""
    arguments, module = dict(config["arguments"]), None
    if config["folder"]:
        sys.path.insert(0, config["folder"])
    if config["module"]:
        module = load(config["module"], ", looked for in %s and in the packages of %s" % (config["folder"], PYTHON))
    limit = arguments.pop("max_episode_steps", None)
    name = config["env"]
    if name not in gymnasium.envs.registration.registry and callable(getattr(module, name, None)):
        env = getattr(module, name)(**arguments)
    else:
        env = make_registered(name, module, arguments, gymnasium)
    env, own = without_limit(env, gymnasium)
    return env, own if limit is None else int(limit)


def make_registered(name, module, arguments, gymnasium):
    arguments.setdefault("disable_env_checker", True)  # this file checks what matters here, at every step
    try:
        return gymnasium.make(name, **arguments)
    except gymnasium.error.UnregisteredEnv:
        known, place = list(gymnasium.envs.registration.registry), ""
        if module is not None:
            known += [key for key, value in vars(module).items() if isinstance(value, type)]
            place = " and %s has no class of this name" % module.__name__
        raise Fault("unknown", "the Gymnasium of %s knows no %s%s" % (PYTHON, name, place),
                    difflib.get_close_matches(name, known, 3)) from None
    except gymnasium.error.DependencyNotInstalled as error:
        raise Fault("missing", "a Python package that %s lacks; Gymnasium says: %s" % (PYTHON, brief(error))) from None


def without_limit(env, gymnasium):
    """Takes every TimeLimit out of the wrappers, since the other side has its own; returns the shortest limit or None."""
    limits = []

    def inside(layer):
        while type(layer) is gymnasium.wrappers.TimeLimit:
            limits.append(int(layer._max_episode_steps))
            layer = layer.env
        return layer

    env = inside(env)
    for layer in layers(env):
        if type(getattr(layer, "env", None)) is gymnasium.wrappers.TimeLimit:
            layer.env = inside(layer.env)
    return env, min(limits, default=None)


def layers(env):
    """The environment's wrappers from the outermost one, and the environment itself last."""
    while True:
        yield env
        inner = getattr(env, "env", None)
        if inner is None or inner is env:
            return
        env = inner


def core(env):
    return getattr(env, "unwrapped", env)


def seconds(env):
    """The time of one step, 0 where the environment does not tell it."""
    for tell in (lambda: float(core(env).dt), lambda: 1 / float(env.metadata["render_fps"])):
        try:
            if 0 < tell() < float("inf"):
                return tell()
        except Exception:
            continue
    return 0.0


def action_bounds(space, np, spaces):
    """Low and high of every joint; anything but a bounded Box of floats is refused."""
    if not isinstance(space, spaces.Box) or space.dtype.kind != "f":
        raise Fault("refused", "its actions are %s, and the algorithms here need a Box of floats" % brief(space))
    low, high = space.low.astype(np.float64).ravel(), space.high.astype(np.float64).ravel()
    if low.size == 0:
        raise Fault("refused", "its action space %s is empty" % brief(space))
    for i in range(low.size):
        if not (np.isfinite(low[i]) and np.isfinite(high[i]) and low[i] < high[i]):
            raise Fault("refused", "action %d has the bounds [%s, %s], and finite ones with low < high are needed: "
                                   "wrap the environment with gymnasium.wrappers.RescaleAction or give it such bounds" % (i, low[i], high[i]))
    return low, high


def mismatch(name, what):
    return Fault("raised", "the observation%s %s" % (" " + name if name else "", what))


def writer(space, name, np, spaces):
    """Returns the names of a space's numbers and a function write(value, out) that puts a value's numbers into out.

    The order is that of gymnasium.spaces.flatten.
    """
    def join(part):
        return "%s.%s" % (name, part) if name else str(part)

    if isinstance(space, (spaces.Box, spaces.MultiBinary)):
        shape = tuple(space.shape)

        def write_array(value, out):
            value = np.asarray(value)
            if value.shape != shape:
                raise mismatch(name, "has the shape %s, its space says %s" % (value.shape, shape))
            out[:] = value.ravel()

        return ["%s[%d]" % (name, i) for i in range(int(np.prod(shape, dtype=int)))], write_array
    if isinstance(space, spaces.Discrete):
        n, start = int(space.n), int(getattr(space, "start", 0))

        def write_one_hot(value, out):
            if np.shape(value) != () or not 0 <= int(value) - start < n:
                raise mismatch(name, "is %s, its space says one of %d to %d" % (brief(value), start, start + n - 1))
            out[:] = 0
            out[int(value) - start] = 1

        return ["%s=%d" % (name, start + i) for i in range(n)], write_one_hot
    if isinstance(space, spaces.MultiDiscrete):
        nvec, shape = space.nvec.ravel(), tuple(space.shape)
        start = np.broadcast_to(getattr(space, "start", 0), shape).ravel()
        offsets = np.concatenate([[0], np.cumsum(nvec)[:-1]]).astype(int)

        def write_one_hots(value, out):
            value = np.asarray(value)
            if value.shape != shape:
                raise mismatch(name, "has the shape %s, its space says %s" % (value.shape, shape))
            chosen = value.ravel() - start
            if np.any(chosen < 0) or np.any(chosen >= nvec):
                raise mismatch(name, "is %s, which is outside of its space" % brief(value))
            out[:] = 0
            out[offsets + chosen] = 1

        return ["%s[%d]=%d" % (name, i, start[i] + k) for i in range(len(nvec)) for k in range(nvec[i])], write_one_hots
    if isinstance(space, (spaces.Dict, spaces.Tuple)):
        keys = list(space.spaces) if isinstance(space, spaces.Dict) else list(range(len(space.spaces)))
        names, parts = [], []
        for key in keys:
            inner, write = writer(space.spaces[key], join(key), np, spaces)
            parts.append((key, slice(len(names), len(names) + len(inner)), write))
            names += inner
        ordered = isinstance(space, spaces.Tuple)

        def write_parts(value, out):
            if ordered and len(value) != len(parts):
                raise mismatch(name, "has %d parts, its space says %d" % (len(value), len(parts)))
            for key, place, write in parts:
                if not ordered and key not in value:
                    raise mismatch(name, "has no key %r" % (key,))
                write(value[key], out[place])

        return names, write_parts
    raise Fault("refused", "its observations hold %s, whose numbers have no fixed count or order here" % brief(space))


def pack(value):
    """Equal values become equal bytes: without a memo it makes no difference which parts are one object."""
    out = io.BytesIO()
    pickler = pickle.Pickler(out, 4)
    pickler.fast = True
    pickler.dump(value)
    return out.getvalue()


class Own:
    """The state of an environment that tells it by demorl_get_state and takes it by demorl_set_state."""

    def __init__(self, layer):
        self.layer = layer

    def save(self):
        state = self.layer.demorl_get_state()
        if not isinstance(state, (bytes, bytearray)):
            raise Fault("raised", "demorl_get_state returned %s; bytes are wanted" % type(state).__name__)
        return bytes(state)

    def restore(self, state):
        self.layer.demorl_set_state(state)


class Simulation:
    """The state of a MuJoCo environment: the simulator's, every array of it, the model's changed arrays, and what the
    environment itself remembers in plain attributes."""

    def __init__(self, inner, mujoco, np):
        self.inner, self.mujoco, self.np = inner, mujoco, np
        self.kind = int(mujoco.mjtState.mjSTATE_INTEGRATION)
        model = self.arrays(inner.model)
        self.original = {name: value.copy() for name, value in model.items() if value.nbytes <= 1 << 20}
        memory(inner, np, self.arrays(inner.data).values())  # raises where something is not plain

    def arrays(self, owner):
        found = {}
        for name in dir(owner):
            # What lies in the simulator's arena has another size at every step and is made anew by it.
            if name.startswith(("_", "efc_", "iefc_", "contact", "island", "map_", "dof_island")):
                continue
            try:
                value = getattr(owner, name)
            except Exception:
                continue
            if isinstance(value, self.np.ndarray) and value.size:
                found[name] = value
        return found

    def save(self):
        np, inner = self.np, self.inner
        integration = np.empty(self.mujoco.mj_stateSize(inner.model, self.kind))
        self.mujoco.mj_getState(inner.model, inner.data, integration, self.kind)
        data, model = self.arrays(inner.data), self.arrays(inner.model)
        changed = {k: model[k].copy() for k, v in self.original.items() if not np.array_equal(model[k], v, equal_nan=v.dtype.kind == "f")}
        return pack((integration, {k: v.copy() for k, v in data.items()}, changed, memory(inner, np, data.values())))

    def restore(self, state):
        integration, data, changed, remembered = pickle.loads(state)
        inner = self.inner
        for name, value in dict(self.original, **changed).items():
            target = getattr(inner.model, name)
            if target.flags.writeable:
                target[...] = value
        self.mujoco.mj_setState(inner.model, inner.data, integration, self.kind)
        # The forward pass only fills the arena; every array that outlives a step is then the saved one.
        self.mujoco.mj_forward(inner.model, inner.data)
        for name, value in data.items():
            target = getattr(inner.data, name)
            if target.shape == value.shape and target.flags.writeable:
                target[...] = value
        recall(inner, remembered, self.np)


class NotPlain(Exception):
    """Something that may be memory and is of a kind that is not saved."""


def plain(value, np):
    if isinstance(value, (int, float, complex, str, bytes, type(None), np.generic, np.random.Generator, np.random.RandomState, random.Random)):
        return True
    if isinstance(value, np.ndarray):
        return value.dtype.kind != "O"
    if isinstance(value, (list, tuple, set, frozenset, collections.deque)):
        return all(plain(v, np) for v in value)
    if isinstance(value, dict):
        return all(plain(k, np) and plain(v, np) for k, v in value.items())
    return False


def memory(layer, np, shared=()):
    """The plain attributes of a layer. Raises NotPlain for one that may hold state of another kind."""
    import gymnasium

    stateless = (gymnasium.Env, gymnasium.Space, types.FunctionType, types.MethodType, types.BuiltinFunctionType, type, types.ModuleType, os.PathLike)
    found = {}
    for name, value in sorted(vars(layer).items()):
        if name == "_saved_kwargs":  # how Gymnasium would make the wrapper again
            continue
        if isinstance(value, np.ndarray) and any(np.may_share_memory(value, other) for other in shared):
            continue
        if plain(value, np):
            found[name] = value
        elif not isinstance(value, stateless) and type(value).__name__ not in ("MjModel", "MjData", "EnvSpec", "MujocoRenderer"):
            raise NotPlain("%s of %s is a %s" % (name, type(layer).__name__, type(value).__name__))
    return found


def recall(layer, remembered, np):
    for name, value in remembered.items():
        present = vars(layer).get(name)
        if isinstance(present, np.ndarray) and isinstance(value, np.ndarray) and present.shape == value.shape and present.dtype == value.dtype and present.flags.writeable:
            present[...] = value  # others may hold this very array
        else:
            vars(layer)[name] = value


class Keeper:
    """Saves and restores the exact state of an environment with all its wrappers, and of the global generators, from
    which it may draw."""

    def __init__(self, env, np):
        self.env, self.np = env, np
        self.part = None
        for layer in layers(env):
            if hasattr(type(layer), "demorl_get_state") and hasattr(type(layer), "demorl_set_state"):
                self.part = Own(layer)
                break
        inner = core(env)
        if self.part is None:
            mujoco = sys.modules.get("mujoco")
            if mujoco is None or not hasattr(inner, "model") or not isinstance(getattr(inner, "data", None), mujoco.MjData):
                raise NotPlain("%s tells no state" % type(inner).__name__)
            self.part = Simulation(inner, mujoco, np)
        self.wrappers = [layer for layer in layers(env) if layer is not inner and layer is not getattr(self.part, "layer", None)]
        for layer in self.wrappers:
            memory(layer, np)  # raises where something is not plain

    def save(self):
        generators = random.getstate(), self.np.random.get_state(legacy=False)
        return pack((self.part.save(), [memory(layer, self.np) for layer in self.wrappers], generators))

    def restore(self, state):
        part, remembered, *generators = pickle.loads(state)  # states of earlier versions have no generators
        self.env.reset(seed=0)  # wrappers refuse to step what was never reset
        self.part.restore(part)
        for layer, values in zip(self.wrappers, remembered):
            recall(layer, values, self.np)
        for own, numpys in generators:  # last, since a reset may draw
            random.setstate(own)
            self.np.random.set_state(numpys)


def tell(sock, message):
    data = json.dumps(message).encode()
    sock.sendall(struct.pack("=Q", len(data)) + data)


class Server:
    def __init__(self, sock, config):
        self.sock = sock
        gymnasium_hint = ": run `%s -m pip install gymnasium`, or choose another interpreter with --python" % PYTHON
        self.np = np = load("numpy", gymnasium_hint)
        gymnasium = load("gymnasium", gymnasium_hint)
        self.env, limit = make(config, gymnasium)
        low, high = action_bounds(self.env.action_space, np, gymnasium.spaces)
        self.dtype, self.shape = self.env.action_space.dtype, self.env.action_space.shape
        names, self.write = writer(self.env.observation_space, "", np, gymnasium.spaces)
        if not names:
            raise Fault("refused", "its observation space %s is empty" % brief(self.env.observation_space))
        try:
            self.keeper = Keeper(self.env, np)
        except Exception:
            self.keeper = None
        self.map_memory(len(low), len(names))
        composite = isinstance(self.env.observation_space, (gymnasium.spaces.Dict, gymnasium.spaces.Tuple))
        mujoco = ", mujoco %s" % sys.modules["mujoco"].__version__ if "mujoco" in sys.modules else ""
        versions = "gymnasium %s, Python %s%s" % (gymnasium.__version__, sys.version.split()[0], mujoco)
        self.hello = {
            "low": low.tolist(), "high": high.tolist(), "obs": len(names), "names": names if composite and len(names) <= 1000 else [],
            "limit": limit, "dt": seconds(self.env), "versions": versions, "saves": self.keeper is not None,
        }

    def map_memory(self, joints, numbers):
        np = self.np
        os.ftruncate(4, 8 * (WORDS + joints + numbers))
        shared = mmap.mmap(4, 0)
        self.words = memoryview(shared).cast("Q")
        self.reals = memoryview(shared).cast("d")
        self.action = np.frombuffer(shared, np.float64, joints, 8 * WORDS)
        self.obs = np.frombuffer(shared, np.float64, numbers, 8 * (WORDS + joints))

    def receive(self, size):
        data = bytearray()
        while len(data) < size:
            part = self.sock.recv(min(size - len(data), 1 << 20))
            if not part:
                raise SystemExit(0)
            data += part
        return bytes(data)

    def serve(self):
        """Answers requests until the other side closes the socket."""
        words, receive, send, step, reset = self.words, self.sock.recv, self.sock.send, self.step, self.reset
        while receive(1):
            command, payload = words[COMMAND], b""
            try:
                if command == STEP:
                    step()
                elif command == RESET:
                    reset(words[ARGUMENT])
                elif command == SAVE:
                    payload = self.keeper.save()
                else:
                    self.keeper.restore(self.receive(words[ARGUMENT]))
                words[STATUS] = SUCCEEDED
            except BaseException as error:
                payload = json.dumps(report(error)).encode()
                words[STATUS] = FAILED
            words[LENGTH] = len(payload)
            send(b"\0")
            if payload:
                self.sock.sendall(payload)

    def step(self):
        # A new array every time, since environments keep the last action.
        result = self.env.step(self.action.astype(self.dtype).reshape(self.shape))
        try:
            obs, reward, terminated, truncated, _ = result
        except (TypeError, ValueError):
            raise Fault("raised", "step returned %s; Gymnasium's step returns obs, reward, terminated, truncated, info"
                        % ("%d values" % len(result) if hasattr(result, "__len__") else "a " + type(result).__name__)) from None
        self.write(obs, self.obs)
        try:
            self.reals[REWARD] = reward
        except TypeError:
            try:
                self.reals[REWARD] = float(reward)
            except (TypeError, ValueError):
                raise Fault("raised", "step returned the reward %s, which is no number" % brief(reward)) from None
        self.words[FLAGS] = (1 if terminated else 0) | (2 if truncated else 0)

    def reset(self, seed):
        # Environments that draw from the global generators repeat as well.
        random.seed(seed)
        self.np.random.seed(seed)
        result = self.env.reset(seed=seed)
        if not isinstance(result, tuple) or len(result) != 2:
            raise Fault("raised", "reset returned %s; Gymnasium's reset returns obs and info" % brief(type(result).__name__))
        self.write(result[0], self.obs)


def main():
    if sys.path and sys.path[0] == "":
        del sys.path[0]
    os.set_inheritable(3, False)
    os.set_inheritable(4, False)
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)
    sock = socket.socket(fileno=3)
    try:
        server = Server(sock, json.loads(sys.argv[-1]))
    except BaseException as error:
        tell(sock, {"fault": report(error)})
        return
    tell(sock, server.hello)
    try:
        server.serve()
    finally:
        server.env.close()


main()
