#!/usr/bin/env python3
"""Compare simulated with real families: rows, levels, noise and points, median and 5-95 % range. Standard library only.

usage: tools/compare_simulation.py REAL REAL_LABELS SIMULATED SIMULATED_LABELS     (folders, and labels.csv of each)
prints the table of docs/simulation.md
"""
import csv, pathlib, statistics, sys

PAIRS = [("cfrp_ti_two_step", "002_V2"), ("cfrp_al_two_step", "006_V6"), ("cfrp_ti_micropeck", "MQL"), ("cfrp_metal_three_step", "HAM"),
         ("cfrp_ti_four_step", "MDB")]


def read(path):
    lines = path.read_bytes().decode("latin-1").split("\n")
    at = next(i for i, l in enumerate(lines) if l.startswith("*** Datas ***")) + 2
    rows = [[float(c.replace(",", ".")) for c in l.split("\t")[:6]] for l in lines[at:] if l.strip()]
    return rows


def facts(path, label):
    rows = read(path)
    torque = [r[1] for r in rows]
    entry = float(label["entry_mm"] or "nan")
    air = [r[1] for r in rows if -r[0] < entry - 1.5][:100]
    steps = [abs(a - b) for a, b in zip(air, air[1:])]
    out = {"rows": len(rows), "entry mm": entry, "torque max A": max(torque), "thrust max A": max(r[2] for r in rows[:-8]),
           "air noise mA": 1000 * statistics.mean(steps) if len(steps) > 10 else None}
    for a, b, name in (("entry_mm", "transition_mm", "layer 1 mm"), ("transition_mm", "exit_mm", "layer 2 mm")):
        out[name] = float(label[b]) - float(label[a]) if label[a] and label[b] else None
    return out


def collect(folder, labels, family):
    table = [r for r in csv.DictReader(open(labels)) if f"/{family}/" in "/" + r["file"]]
    return [facts(pathlib.Path(folder) / r["file"], r) for r in table]


def spread(values):
    values = sorted(v for v in values if v is not None and v == v)
    if not values:
        return "-"
    low, high = values[int(0.05 * (len(values) - 1))], values[int(0.95 * (len(values) - 1))]
    digits = 0 if abs(values[-1]) >= 100 else 2
    return f"{statistics.median(values):.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


real, real_labels, simulated, simulated_labels = sys.argv[1:5]
print("| family | | holes | rows | entry, mm | layer 1, mm | layer 2, mm | torque max, A | thrust max, A | noise in air, mA/row |")
print("|---|---|---|---|---|---|---|---|---|---|")
for ours, theirs in PAIRS:
    for kind, folder, labels, family in (("simulated", simulated, simulated_labels, ours), ("real", real, real_labels, theirs)):
        holes = collect(folder, labels, family)
        cells = [spread([h[k] for h in holes]) for k in ("rows", "entry mm", "layer 1 mm", "layer 2 mm", "torque max A", "thrust max A", "air noise mA")]
        print(f"| {ours if kind == 'simulated' else ''} | {kind} | {len(holes)} | " + " | ".join(cells) + " |")
