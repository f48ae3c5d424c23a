#!/usr/bin/env python3
"""How long `gimlet runs list` takes over many runs, from the start of the process to its end.

usage: bench/many_runs.py BUILD [N]      10,000 runs where no number is given; in a folder of its own, removed at the end
"""
import json, shutil, statistics, subprocess, sys, tempfile, time

build, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10000
gimlet = f"{build}/gimlet"
QUESTIONS = {
    "filter of two keys": ["--filter", "metrics.exit_mae_mm < 0.1 and params.strategy = 'patchtsmixer_24cv'"],
    "filter, sorted by a metric, 10 shown": ["--filter", "params.epochs > 5 and not metrics.exit_mae_mm > 0.5", "--sort",
                                             "metrics.exit_mae_mm", "--limit", "10"],
    "the newest 50": ["--limit", "50"],
    "all, eight columns": [],
}


def timed(*words):
    began = time.monotonic()
    out = subprocess.run([gimlet, "runs", "list", "--models-dir", folder, "--quiet", *words], check=True,
                         stdout=subprocess.PIPE).stdout
    return (time.monotonic() - began) * 1000, out


folder = tempfile.mkdtemp(prefix="gimlet-many-runs-")
try:
    subprocess.run([f"{build}/bench/many_runs", folder, str(count)], check=True)
    time.sleep(2)  # folders that were made this very second are read again the next time
    first, _ = timed("--limit", "1")
    print(f"{count} runs, first indexing: {first:.0f} ms")
    for name, words in QUESTIONS.items():
        times = [timed(*words)[0] for _ in range(9)]
        found = json.loads(timed("--json", *words)[1])
        print(f"{name}: {statistics.median(times):.0f} ms median, {max(times):.0f} ms longest; {found['total']} found")
finally:
    shutil.rmtree(folder)
