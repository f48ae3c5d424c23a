"""Time Gimlet beside its peers: both sides in one run, alternating, medians with spread, after a check that both did the
same work. Every number is a ratio that any machine can repeat; no test depends on one.

usage: ./dev bench [--json FILE] [--only NAME] [--rounds N] [--quick]
"""
import argparse, json, os, pathlib, statistics, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).parent
ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
ap.add_argument("--build", default="build")
ap.add_argument("--json", help="also write the rows as JSON")
ap.add_argument("--only", help="one of: train_step, read_records, prepare, serve")
ap.add_argument("--rounds", type=int, default=5)
ap.add_argument("--quick", action="store_true", help="one round, for a first look")
args = ap.parse_args()
if args.quick:
    args.rounds = 1
build = pathlib.Path(args.build)
rows = []


def run_json(command, env=None):
    """The last line of a program's output, as JSON."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env={**os.environ, **(env or {})})
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\nended with status {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def spread(values):
    return f"{statistics.median(values):.1f} [{min(values):.1f}-{max(values):.1f}]"


def add(name, threads, dropout, ours, peer_name, theirs, **more):
    gimlet_ms, peer_ms = statistics.median(ours), statistics.median(theirs)
    rows.append(dict(name=name, threads=threads, dropout=dropout, gimlet_ms=round(gimlet_ms, 3), peer=peer_name,
                     peer_ms=round(peer_ms, 3), ratio=round(peer_ms / gimlet_ms, 3), **more))
    print(f"{name:14s} threads {threads}  dropout {dropout if dropout is not None else '-':>4}  gimlet {spread(ours):>26s} ms"
          f"  {peer_name} {spread(theirs):>26s} ms  ratio {peer_ms / gimlet_ms:.2f}", flush=True)


def train_step():
    """Forward, backward and AdamW of the inference system's model; the peer is torch eager with transformers."""
    with tempfile.TemporaryDirectory() as shared:
        for threads in (1, 2):
            for dropout in (0.2, 0.0):
                flags = ["--threads", threads, "--dropout", dropout, "--batch", 32, "--shared", shared]
                ours, theirs, memory = [], [], []
                for _ in range(args.rounds):
                    peer = run_json([sys.executable, HERE / "train_step_torch.py", *flags])
                    mine = run_json([build / "bench/train_step", *flags])
                    if dropout == 0:
                        worst = max(abs(a - b) / max(abs(b), 1e-6) for a, b in zip(mine["losses"], peer["losses"]))
                        if worst > 1e-3:
                            sys.exit(f"train_step: losses differ by {worst:.2e}: not the same work")
                    ours.append(mine["ms"])
                    theirs.append(peer["ms"])
                    memory.append((mine["peak_mb"], peer["peak_mb"]))
                gimlet_mb, peer_mb = (statistics.median(m[i] for m in memory) for i in (0, 1))
                add("train_step", threads, dropout, ours, "torch", theirs, gimlet_mb=round(gimlet_mb, 1),
                    peer_mb=round(peer_mb, 1), memory_ratio=round(peer_mb / gimlet_mb, 2))


def read_records():
    """All records into arrays, one core; the peer is pandas.read_csv of the same columns."""
    records = os.environ.get("GIMLET_RECORDS")
    if not records:
        return print("read_records: skipped, no real records beside this checkout")
    ours, theirs = [], []
    for _ in range(args.rounds):
        mine = run_json([build / "bench/read_records", records])
        peer = run_json([sys.executable, HERE / "read_records_pandas.py", records])
        if mine["rows"] != peer["rows"]:
            sys.exit(f"read_records: {mine['rows']} rows against {peer['rows']}: not the same work")
        ours.append(mine["ms"])
        theirs.append(peer["ms"])
    add("read_records", 1, None, ours, "pandas", theirs, gimlet_mb_s=round(mine["bytes"] / 1e3 / statistics.median(ours), 1))


def prepare():
    """The whole prepare on two cores, against pandas merely reading the same files on one."""
    records = os.environ.get("GIMLET_RECORDS")
    if not records:
        return print("prepare: skipped, no real records beside this checkout")
    ours, theirs, memory = [], [], []
    for _ in range(args.rounds):
        with tempfile.TemporaryDirectory() as data:
            mine = run_json([sys.executable, HERE / "timed.py", build / "gimlet", "prepare", "--input-dir", records,
                             "--output-dir", data + "/data", "--validate", "--auto-label", "--quiet"])
        peer = run_json([sys.executable, HERE / "read_records_pandas.py", records])
        ours.append(mine["ms"])
        theirs.append(peer["ms"])
        memory.append(mine["peak_mb"])
    add("prepare", 2, None, ours, "pandas", theirs, gimlet_mb=round(statistics.median(memory), 1))


def serve():
    """A small request to gimlet serve while 50 event streams run; the peer is a bare libmicrohttpd "hello"."""
    ours, theirs = [], []
    for _ in range(args.rounds):
        done = run_json([sys.executable, HERE / "serve.py", build, 3])
        ours.append(1e6 / done["gimlet_per_s"])
        theirs.append(1e6 / done["hello_per_s"])
    add("serve", os.cpu_count(), None, ours, "hello", theirs, gimlet_per_s=round(1e6 / statistics.median(ours)),
        peer_per_s=round(1e6 / statistics.median(theirs)), streams=done["streams"])


for measure in (train_step, read_records, prepare, serve):
    if not args.only or args.only == measure.__name__:
        measure()
if args.json:
    pathlib.Path(args.json).write_text(json.dumps(rows, indent=1) + "\n")
