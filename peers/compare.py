"""demorl beside its Python peers: the same work, alternately, on the same cores, in one run.

Every round runs each peer and then demorl, each in a process of its own, pinned to the same cores. The first round of a
cheap section warms the machine up and is thrown away. A ratio says how many times faster demorl is than the best peer (the
one with the best median); it is taken round by round, so that a machine that drifts moves both sides, and shown as median,
smallest and largest. A program that fails becomes a row that says so. Ctrl-C prints what there is.
usage: compare.py [--threads N] [--rounds N] [--only sac,planner,fit,epoch,env] [--two-runs] [--out FILE] [--markdown]
Run it with the Python that peers/requirements.txt is installed for; it needs nothing but the standard library itself.
"""
import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from typing import Callable

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
SECTIONS = ("sac", "planner", "fit", "epoch", "env")
PACKAGES = ("jax", "jaxlib", "torch", "numpy", "stable-baselines3", "sbx-rl", "envpool", "gymnasium", "mujoco")
OURS, BARE = "demorl", "simulator alone"


# ---------------------------------------------------------------- what is compared
@dataclass
class Row:
    """One line of the table."""

    key: str
    title: str
    unit: str
    rate: bool  # a rate, where more is better, or a time, where less is
    must: float = 0  # ratio to reach; 0: none
    aim: float = 0
    limit: float = 0  # instead of a ratio: the most that demorl's own figure may be
    digits: int = 1


@dataclass
class Job:
    """One process of one side. read turns its JSON lines into figures by row."""

    name: str
    argv: list
    read: Callable
    twin: bool = False  # takes part in the rows of two runs at once
    hold: bool = False  # says {"ready": true} and waits for a line


@dataclass
class Section:
    name: str
    rows: list
    jobs: list
    rounds: int
    warm: bool  # the first round is thrown away
    twins: tuple = ()  # (row, figure of one run -> share of the sum)


@dataclass
class Record:
    """Everything that was measured."""

    figures: dict = field(default_factory=dict)  # row -> name -> round -> value
    failures: list = field(default_factory=list)
    runs: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    limit: float = 900  # seconds that one run may take
    interrupted: bool = False


def pick(lines, **want):
    """The one line that has these values."""
    found = [x for x in lines if all(x.get(k) == v for k, v in want.items())]
    if not found:
        said = "; ".join(str(x["error"]) for x in lines if "error" in x)
        raise ValueError(said or "no line with " + ", ".join(f"{k} {v}" for k, v in want.items()))
    return found[0]


class Plan:
    """The sections, made from the options."""

    def __init__(self, a):
        self.a, self.threads = a, ["--threads", str(a.threads)]

    def chosen(self):
        return [getattr(self, name)() for name in SECTIONS if name in self.a.only.split(",")]

    def peer(self, script, *more):
        return [sys.executable, os.path.join(HERE, script), *self.threads, *more]

    def ours(self, what, *more):
        return [self.a.demorl, "bench", what, *self.threads, "--json", *more]

    def sac(self):
        rate = lambda **want: lambda lines: {"sac": pick(lines, **want)["updates_per_s"]}
        return Section("sac", [Row("sac", "SAC updates", "1/s", True, 1.4, 1.8, digits=0)], [
            Job("stable-baselines3", self.peer("sac_peers.py", "--peers", "sb3"), rate(peer="stable-baselines3 SAC")),
            Job("sbx", self.peer("sac_peers.py", "--peers", "sbx"), rate(peer="sbx SAC"), twin=True),
            Job(OURS, self.ours("sac"), rate(bench="sac"), twin=True),
        ], self.a.rounds, True, (Row("sac-twin", "two runs, one core each: SAC updates", "1/s", True, digits=0), lambda v: v))

    def fit(self):
        rate = lambda **want: lambda lines: {"fit": pick(lines, **want)["steps_per_s"]}
        return Section("fit", [Row("fit", "ensemble fit, gradient steps", "1/s", True, 1.8, 2.3)], [
            Job("torch eager", self.peer("fit_peers.py", "--backends", "torch"), rate(peer="torch eager")),
            Job("jax jit", self.peer("fit_peers.py", "--backends", "jax"), rate(peer="jax jit"), twin=True),
            Job(OURS, self.ours("fit"), rate(bench="fit"), twin=True),
        ], self.a.rounds, True, (Row("fit-twin", "two runs, one core each: fit steps", "1/s", True), lambda v: v))

    def planner(self):
        a, rows, jobs = self.a, [], []
        for m in (5, 7):
            what = f"one decision, {m} members"
            rows += [Row(f"planner-{m}", f"{what}, median", "ms", False, 1.8, 2.3), Row(f"planner-{m}-p99", f"{what}, p99", "ms", False),
                     Row(f"planner-{m}-spread", f"{what}, p99 / median", "", False, limit=1.3, digits=2)]

            def decision(m=m, **want):
                def read(lines):
                    x = pick(lines, members=m, **want)
                    mid, p99 = x["median_ms"], x["p99_ms"]
                    return {f"planner-{m}": mid, f"planner-{m}-p99": p99, f"planner-{m}-spread": p99 / mid}
                return read

            one = ["--members", str(m), "--repeat"]
            precision = ["--precision", a.precision] if a.precision else []
            few = str(min(a.repeat, 30))  # PyTorch is never the best here, and takes longest
            jobs += [Job("torch eager", self.peer("planner_peers.py", "--backends", "torch", *one, few), decision(peer="torch eager")),
                     Job("jax jit", self.peer("planner_peers.py", "--backends", "jax", *one, str(a.repeat)), decision(peer="jax jit")),
                     Job(OURS, self.ours("planner", *one, str(a.repeat), *precision), decision(bench="planner"))]
        return Section("planner", rows, jobs, a.rounds, True)

    def epoch(self):
        a = self.a

        def parts(**want):
            def read(lines):
                x = pick(lines, **want)
                if x.get("compiles"):
                    raise ValueError(f"{x['compiles']} compilations fell into the measured time")
                return {"epoch": x["seconds"], **{f"epoch-{k}": x[f"{k}_s"] for k in ("learn", "fit", "imagine", "env")}}
            return read

        what = ["--steps", str(a.steps), "--passes", str(a.passes)]
        rows = [Row("epoch", f"one epoch ({a.steps} steps, preset lite)", "s", False, 1.6, 2.0)]
        rows += [Row(f"epoch-{k}", f"of it: {t}", "s", False) for k, t in
                 (("learn", "updates"), ("fit", "refits"), ("imagine", "planning rounds"), ("env", "stepping, acting"))]
        return Section("epoch", rows, [
            Job("jax jit", self.peer("epoch_jax.py", *what), parts(peer="jax epoch"), twin=True, hold=True),
            Job(OURS, self.ours("epoch", "--env", "HalfCheetah-v5", "--algo", "m-demorl", "--preset", "lite", *what), parts(bench="epoch"), twin=True),
        ], a.epoch_rounds, False, (Row("epoch-twin", "two runs, one core each: epochs", "1/h", True), lambda v: 3600 / v))

    def env(self):
        a = self.a
        names = a.envs.split(",")

        def read(lines):
            out = {}
            for e in names:
                x = pick(lines, env=f"{e}-v5")
                out[f"env-{e}"] = x["steps_per_s"]
                if x.get("bare_steps_per_s"):
                    out[f"env-{e}", BARE] = x["bare_steps_per_s"]
            return out

        rows = [Row(f"env-{e}", f"{e}-v5 steps", "1/s", True, digits=0) for e in names]
        jobs = [Job(name, self.peer("env_peers.py", "--peers", name, "--envs", a.envs), read) for name in ("gymnasium", "envpool")]
        return Section("env", rows, jobs + [Job(OURS, self.ours("env", "--envs", ",".join(f"{e}-v5" for e in names)), read)], a.env_rounds, False)


# ---------------------------------------------------------------- running
class Running:
    """The processes of one turn, so that a limit or Ctrl-C can end exactly these."""

    def __init__(self, job, cores):
        """Start one process of job on each of cores, a list of sets of cores."""
        self.errs = [tempfile.TemporaryFile() for _ in cores]
        self.all = []
        for own, err in zip(cores, self.errs):
            pin = (lambda own=own: os.sched_setaffinity(0, own)) if own else None
            argv = twin_argv(job) if len(cores) > 1 else job.argv
            self.all.append(subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err, text=True,
                                             cwd=ROOT, preexec_fn=pin, start_new_session=True))

    def end(self):
        for p in self.all:
            if p.poll() is None:
                os.killpg(p.pid, signal.SIGKILL)

    def lines(self, hold, limit):
        """Wait for all; each process's JSON lines. Raises ValueError with what the one that failed said last."""
        timer = threading.Timer(limit, self.end)
        timer.start()
        try:
            if hold:
                for p in self.all:
                    p.stdout.readline()
                for p in self.all:
                    try:
                        p.stdin.write("\n")
                        p.stdin.flush()
                    except OSError:
                        pass  # it has ended, which its exit status tells below
            outs = [p.communicate()[0] for p in self.all]
        finally:
            late = not timer.is_alive()
            timer.cancel()
            self.end()
        for p, err in zip(self.all, self.errs):
            if p.returncode:
                err.seek(0)
                said = [x for x in err.read().decode(errors="replace").splitlines() if x.strip()]
                raise ValueError(f"took more than {limit:.0f} s" if late else f"exit {p.returncode}: {said[-1] if said else 'nothing on standard error'}")
        return [[json.loads(x) for x in out.splitlines() if x.startswith("{")] for out in outs]


def twin_argv(job):
    """The command of one of two runs at once: one thread, and a start together where the program can wait for it."""
    argv = list(job.argv)
    argv[argv.index("--threads") + 1] = "1"
    return argv + (["--hold"] if job.hold else [])


def busy():
    """Seconds that this machine's cores have worked, and that its host has given to others; None where unknown."""
    try:
        with open("/proc/stat") as f:
            t = [int(x) / os.sysconf("SC_CLK_TCK") for x in f.readline().split()[1:9]]
    except OSError:
        return None
    return t[0] + t[1] + t[2] + t[5] + t[6], t[7]


def turn(record, section, job, number, cores):
    """Run job once on cores; its lines by process, or None where it failed."""
    def own():
        u = resource.getrusage(resource.RUSAGE_CHILDREN)
        return u.ru_utime + u.ru_stime

    print(f"  {section.name}: round {number}, {job.name}" + (", two at once" if len(cores) > 1 else ""), file=sys.stderr, flush=True)
    before, used, start = busy(), own(), time.monotonic()
    entry = dict(section=section.name, job=job.name, round=number, twin=len(cores) > 1)
    record.runs.append(entry)
    running = None
    try:
        running = Running(job, cores)
        out = running.lines(job.hold and len(cores) > 1, record.limit)
        entry["lines"] = out
    except (OSError, ValueError) as e:
        entry["error"], out = str(e)[:300], None
    finally:
        if running:
            running.end()
    wall, after = time.monotonic() - start, busy()
    entry["wall_s"] = round(wall, 2)
    if before and after:  # how much of the machine somebody else had meanwhile
        entry["others_cores"] = round(max(0, after[0] - before[0] - (own() - used)) / wall, 3)
        entry["stolen_cores"] = round((after[1] - before[1]) / wall, 3)
    return out, entry


def fail(record, section, job, entry, rows):
    record.failures.append(dict(section=section.name, job=job.name, round=entry["round"], rows=[r.key for r in rows], error=entry["error"]))
    print(f"    failed: {entry['error']}", file=sys.stderr, flush=True)


def run_section(record, section, cores):
    failed = {}
    for number in range(section.rounds):
        for job in section.jobs:
            if failed.get(id(job), 0) >= 2:
                continue  # twice is enough to know
            out, entry = turn(record, section, job, number, [cores])
            if out:
                try:
                    values = job.read(out[0])
                except (ValueError, KeyError, TypeError) as e:
                    entry["error"] = f"not understood: {e}"[:300]
            if "error" in entry:
                failed[id(job)] = failed.get(id(job), 0) + 1
                fail(record, section, job, entry, section.rows)
                continue
            if number == 0 and section.warm and section.rounds > 1:
                continue
            for key, v in values.items():
                key, name = key if isinstance(key, tuple) else (key, job.name)
                record.figures.setdefault(key, {}).setdefault(name, {})[number] = v


def run_twins(record, section, cores, rounds):
    """Two runs of one thread each at once, on a core each, for every side; the sum of both."""
    if not section.twins:
        return
    row, share = section.twins
    section.rows.append(row)
    if not cores or len(cores) < 2:
        record.notes.append(f"{row.title}: not measured, since it needs two cores to pin to")
        return
    pair = [{c} for c in sorted(cores)[:2]]
    for number in range(rounds):
        for job in section.jobs:
            if not job.twin:
                continue
            out, entry = turn(record, section, job, number, pair)
            if out:
                try:
                    total = sum(share(job.read(lines)[section.name]) for lines in out)
                    record.figures.setdefault(row.key, {}).setdefault(job.name, {})[number] = total
                except (ValueError, KeyError, TypeError) as e:
                    entry["error"] = f"not understood: {e}"[:300]
            if "error" in entry:
                fail(record, section, job, entry, [row])


# ---------------------------------------------------------------- judging
def judge(record, row):
    """One row of the result: medians, ratios and whether targets are met."""
    figures = {name: statistics.median(v.values()) for name, v in record.figures.get(row.key, {}).items() if v}
    out = dict(row=row.key, title=row.title, unit=row.unit, medians=figures, rounds=record.figures.get(row.key, {}),
               must=row.must, aim=row.aim, limit=row.limit)
    peers = {n: v for n, v in figures.items() if n not in (OURS, BARE)}
    if peers and not row.limit:
        out["best_peer"] = (max if row.rate else min)(peers, key=peers.get)
    ours = record.figures.get(row.key, {}).get(OURS, {})
    if row.limit:
        out["met"] = dict(limit=figures[OURS] <= row.limit) if OURS in figures else {}
    elif peers and ours:
        best = record.figures[row.key][out["best_peer"]]
        ratios = [ours[n] / best[n] if row.rate else best[n] / ours[n] for n in sorted(set(ours) & set(best))]
        if ratios:
            out["ratios"] = ratios
            out["ratio"] = dict(median=statistics.median(ratios), min=min(ratios), max=max(ratios))
            out["met"] = {k: out["ratio"]["median"] >= getattr(row, k) for k in ("must", "aim") if getattr(row, k)}
    lost = {}
    for f in record.failures:  # a program that failed once and then ran shows its figures
        if row.key in f["rows"] and f["job"] not in figures:
            lost[f["job"]] = f["error"]
    if lost:
        out["failed"] = lost
    return out


def cells(row, r):
    """A judged row as the table's words."""
    said = lambda v: f"{v:,.{row.digits}f}" + (f" {row.unit}" if row.unit else "")
    word = lambda k, target: (f"{target}: " + ("met" if r["met"][k] else "not met")) if k in r.get("met", {}) else (str(target) if target else "")
    best = r.get("best_peer")
    others = [f"{n} {said(v)}" for n, v in r["medians"].items() if n not in (OURS, best)]
    others += [f"{n} failed: {why[:80]}" for n, why in r.get("failed", {}).items() if n != OURS]
    ours = said(r["medians"][OURS]) if OURS in r["medians"] else "failed: " + r["failed"][OURS][:80] if OURS in r.get("failed", {}) else "not measured"
    ratio = "{median:.2f} ({min:.2f} to {max:.2f})".format(**r["ratio"]) if "ratio" in r else ""
    must = word("limit", f"at most {row.limit}") if row.limit else word("must", row.must)
    first = "" if row.limit else f"{best} {said(r['medians'][best])}" if best else "not measured"
    return [row.title, first, ", ".join(others), ours, ratio, must, word("aim", row.aim)]


HEAD = ["work", "best peer", "other peers", "demorl", "times faster: median (min to max)", "must reach", "aim"]


def table(rows, judged, markdown):
    lines = [HEAD] + [cells(row, r) for row, r in zip(rows, judged)]
    if markdown:
        clean = lambda x: x.replace("|", "/").replace("\n", " ")
        return "\n".join("| " + " | ".join(map(clean, x)) + " |" for x in [HEAD, ["---"] * len(HEAD)] + lines[1:])
    width = [max(len(x[i]) for x in lines) for i in range(len(HEAD))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(x, width)).rstrip() for x in lines)


# ---------------------------------------------------------------- the machine
def said(*argv):
    try:
        return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=20).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def machine(a, cores):
    cpu = platform.processor() or platform.machine()
    model = {}
    try:
        with open("/proc/cpuinfo") as f:
            for line in f:
                key, _, v = line.partition(":")
                model.setdefault(key.strip(), v.strip())
        cpu = model.get("model name", cpu)
        if "cpu family" in model:
            cpu += f" (family {model['cpu family']}, model {model['model']})"
    except OSError:
        pass
    versions = {"python": platform.python_version()}
    for p in PACKAGES:
        try:
            versions[p] = importlib.metadata.version(p)
        except importlib.metadata.PackageNotFoundError:
            versions[p] = "missing"
    return dict(cpu=cpu, cores_of_machine=os.cpu_count(), pinned_to=sorted(cores) if cores else None, threads=a.threads, system=platform.platform(),
                demorl=said(a.demorl, "version"), commit=said("git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude", "*"),
                versions=versions, date=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
                load_before=os.getloadavg() if hasattr(os, "getloadavg") else None)


def caption(info, record):
    """What a reader must know to believe the table."""
    pinned = "cores " + ", ".join(map(str, info["pinned_to"])) if info["pinned_to"] else "no core (this system cannot pin)"
    text = (f"{info['cpu']}, {info['threads']} thread{'s' * (info['threads'] > 1)}, pinned to {pinned}; commit {info['commit']}; {info['date'][:10]}; "
            + ", ".join(f"{k} {v}" for k, v in info["versions"].items()) + ".")
    share = [max(x.get("others_cores", 0), 0) + x.get("stolen_cores", 0) for x in record.runs if "others_cores" in x]
    if share and max(share) > 0.1:
        text += f" The machine was not quiet: others had up to {max(share):.1f} cores ({statistics.median(share):.2f} in the middle run)."
    if record.interrupted:
        text += " Interrupted: not all rounds were made."
    return " ".join([text] + [n + "." for n in record.notes])


def options():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    ap.add_argument("--demorl", default=os.path.join(ROOT, "bin", "demorl"), help="the program, as make build leaves it")
    ap.add_argument("--only", default=",".join(SECTIONS), help="sections, with commas")
    ap.add_argument("--rounds", type=int, default=5, help="rounds of sac, planner and fit; the first is thrown away")
    ap.add_argument("--epoch-rounds", type=int, default=3, help="rounds of epoch; each warms itself up")
    ap.add_argument("--env-rounds", type=int, default=3)
    ap.add_argument("--two-runs", action="store_true", help="also two runs at once, one thread and one core each (sac, fit, epoch)")
    ap.add_argument("--two-rounds", type=int, default=1)
    ap.add_argument("--repeat", type=int, default=100, help="decisions a run of planner (PyTorch at most 30)")
    ap.add_argument("--precision", default="", help="what demorl's planner computes in, such as bf16; the peers stay in float32")
    ap.add_argument("--steps", type=int, default=1000, help="real steps of an epoch")
    ap.add_argument("--passes", type=int, default=80, help="fit passes of an epoch, over its refits together")
    ap.add_argument("--envs", default="HalfCheetah,Hopper,Ant")
    ap.add_argument("--limit", type=float, default=900, help="seconds after which a single run is ended and counts as failed")
    ap.add_argument("--out", help="JSON file for every figure")
    ap.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    a = ap.parse_args()
    unknown = [x for x in a.only.split(",") if x not in SECTIONS]
    if unknown:
        ap.error(f"unknown section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    counts = (a.threads, a.rounds, a.epoch_rounds, a.env_rounds, a.two_rounds, a.repeat, a.steps, a.passes)
    if min(counts) < 1:
        ap.error("counts must be at least 1")
    a.demorl = os.path.abspath(a.demorl)
    return ap, a


def main():
    ap, a = options()
    cores = None
    if hasattr(os, "sched_setaffinity"):
        have = sorted(os.sched_getaffinity(0))
        if a.threads > len(have):
            ap.error(f"--threads is {a.threads} and this process may use {len(have)} cores")
        cores = set(have[: a.threads])
    todo, record, info = Plan(a).chosen(), Record(), machine(a, cores)
    record.limit, start = a.limit, time.monotonic()
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.default_int_handler)  # also where a shell starts this in the background
    try:
        for section in todo:
            run_section(record, section, cores)
            if a.two_runs:
                run_twins(record, section, set(have) if cores else None, a.two_rounds)
    except KeyboardInterrupt:
        record.interrupted = True
    rows = [row for s in todo for row in s.rows]
    judged = [judge(record, row) for row in rows]
    info.update(load_after=os.getloadavg() if hasattr(os, "getloadavg") else None, seconds=round(time.monotonic() - start))
    print(caption(info, record) + "\n")
    print(table(rows, judged, a.markdown))
    if a.out:
        os.makedirs(os.path.dirname(os.path.abspath(a.out)), exist_ok=True)
        with open(a.out, "w") as f:
            json.dump(dict(machine=info, options=vars(a), interrupted=record.interrupted, notes=record.notes, rows=judged, failures=record.failures, runs=record.runs), f, indent=1)
            f.write("\n")
    if record.interrupted:
        return 130
    return 0 if any(OURS in r["medians"] for r in judged) else 1


if __name__ == "__main__":
    sys.exit(main())
