#!/usr/bin/env python3
"""Do labels made in review improve training? On simulated holes, whose truth is known.

A quarter of the labels gets an error of 0.3 to 2 mm in one point. A short training follows; then a reviewer takes
the holes at the top of the queue, as many as there are wrong ones, and sets them right through the REST API, as the page
does. A second training on the same holes shows what that was worth; a third one, after the same number of holes
drawn at random, what the order of the queue was worth. Judged on other holes.

usage: bench/review_gain.py GIMLET WORKDIR [--holes N] [--epochs N] [--folds N] [--port N]
"""
import argparse
import csv
import json
import os
import random
import shutil
import subprocess
import time
import urllib.error
import urllib.request

POINTS = ("entry", "transition", "exit")


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(words)}: status {done.returncode}")
    return done.stdout.strip()


def read_truth(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["file"]: {p: float(row[f"{p}_mm"]) if row[f"{p}_mm"] else None for p in POINTS} for row in rows}


def inject_errors(truth, share, seed):
    """Labels as a careless reader would have made them, and which files are wrong."""
    dice = random.Random(seed)
    usable = [file for file, points in sorted(truth.items()) if points["entry"] is not None and points["exit"] is not None]
    wrong = set(dice.sample(usable, round(share * len(usable))))
    labels = {}
    for file, points in truth.items():
        label = dict(points)
        if file in wrong:
            point = dice.choice([p for p in POINTS if label[p] is not None])
            label[point] += dice.choice((-1, 1)) * dice.uniform(0.3, 2)
            known = [label[p] for p in POINTS if label[p] is not None]
            if known != sorted(known):  # readers keep the order: the error goes the other way
                label[point] = 2 * points[point] - label[point]
        known = [label[p] for p in POINTS if label[p] is not None]
        if known != sorted(known):
            wrong.discard(file)
            label = dict(points)
        labels[file] = label
    return labels, wrong


def write_labels(path, labels):
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["file"] + [f"{p}_mm" for p in POINTS])
        for name, points in labels.items():
            out.writerow([name] + ["" if points[p] is None else f"{points[p]:.4f}" for p in POINTS])


class Server:
    """gimlet serve, for as long as the block runs."""

    def __init__(self, gimlet, data, models, port):
        self.base = f"http://127.0.0.1:{port}/api"
        self.process = subprocess.Popen(
            [gimlet, "serve", "--data-dir", data, "--models-dir", models, "--port", str(port)],
            stdout=subprocess.DEVNULL)

    def __enter__(self):
        for _ in range(100):
            try:
                self.ask("GET", "/session")
                return self
            except urllib.error.URLError:
                time.sleep(0.2)
        raise SystemExit("the server does not answer")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def ask(self, method, path, body=None, version=None):
        headers = {"X-Gimlet": "1", "X-Gimlet-User": "Reviewer", "Content-Type": "application/json"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        request = urllib.request.Request(self.base + path, method=method, headers=headers,
                                         data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def set_right(self, hole, truth):
        points = {p: {"mm": truth[hole["file"]][p]} for p in POINTS}
        self.ask("PUT", f"/holes/{hole['id']}/labels", {"points": points, "gesture": "set right"}, hole["version"])


def train_and_judge(args, data, models, test, name):
    run_dir = run(args.gimlet, "train", "--config", "configs/demo.yaml", "--data-dir", data, "--output-dir", models,
                  "--set", f"training_config.cross_validation.n_folds={args.folds}",
                  "--set", f"training_config.epochs={args.epochs}", "--quiet").splitlines()[-1]
    results = os.path.join(args.workdir, f"{name}.json")
    run(args.gimlet, "evaluate", "--model-dir", run_dir, "--test-data", test, "--output-report", results, "--quiet")
    with open(results) as file:
        points = json.load(file)["points"]
    return {p: {"mae_mm": points[p]["mae_mm"], "p95_mm": points[p]["p95_mm"]} for p in (*POINTS, "hole_depth")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gimlet")
    parser.add_argument("workdir")
    parser.add_argument("--holes", type=int, default=160)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--port", type=int, default=8139)
    args = parser.parse_args()
    shutil.rmtree(args.workdir, ignore_errors=True)
    os.makedirs(args.workdir)
    raw, test, data, models, lots = (os.path.join(args.workdir, d) for d in ("raw", "test", "data", "models", "lots"))
    for folder, holes, seed in ((raw, args.holes, "21"), (test, 80, "22")):
        run(args.gimlet, "simulate", "--output-dir", folder, "--holes", str(holes), "--seed", seed, "--anomalies", "0",
            "--quiet")
    run(args.gimlet, "prepare", "--input-dir", raw, "--output-dir", data, "--validate", "--auto-label", "--quiet")
    truth = read_truth(os.path.join(raw, "truth.csv"))
    labels, wrong = inject_errors(truth, 0.25, seed=5)
    table = os.path.join(args.workdir, "labels.csv")
    write_labels(table, labels)
    run(args.gimlet, "labels", "import", "--data-dir", data, "--author", "First reader", table)
    result = {"holes": len(truth), "wrong": len(wrong), "folds": args.folds, "epochs": args.epochs}
    result["before"] = train_and_judge(args, data, models, test, "before")
    shutil.copytree(data, lots)

    with Server(args.gimlet, data, models, args.port) as server:
        queue = server.ask("GET", "/queue?limit=2000")["items"]
        chosen = queue[: len(wrong)]
        result["first_reasons"] = [item["reason"] for item in queue[:5]]
        result["found"] = sum(item["hole"]["file"] in wrong for item in chosen)
        for item in chosen:
            server.set_right(item["hole"], truth)
    result["after_queue"] = train_and_judge(args, data, os.path.join(args.workdir, "models2"), test, "after_queue")

    with Server(args.gimlet, lots, models, args.port) as server:
        holes = server.ask("GET", "/holes?limit=2000")["items"]
        drawn = random.Random(6).sample(holes, len(wrong))
        result["found_at_random"] = sum(hole["file"] in wrong for hole in drawn)
        for hole in drawn:
            server.set_right(hole, truth)
    result["after_random"] = train_and_judge(args, lots, os.path.join(args.workdir, "models3"), test, "after_random")
    with open(os.path.join(args.workdir, "result.json"), "w") as file:
        json.dump(result, file, indent=1)

    print(f"{result['holes']} holes, {result['wrong']} labels wrong; of the first {result['wrong']} of the queue "
          f"{result['found']} were wrong ones, of as many at random {result['found_at_random']}")
    print(f"{'MAE mm (P95)':<28}" + "".join(f"{p.replace('_', ' '):>18}" for p in (*POINTS, "hole_depth")))
    for name, key in (("before", "before"), ("after review by the queue", "after_queue"),
                      ("after review at random", "after_random")):
        print(f"{name:<28}" + "".join(
            f"{result[key][p]['mae_mm']:>9.3f} ({result[key][p]['p95_mm']:.3f})" .rjust(18)
            for p in (*POINTS, "hole_depth")))


if __name__ == "__main__":
    main()
