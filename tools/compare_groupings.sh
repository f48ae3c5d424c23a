#!/usr/bin/env bash
# How much too good do figures look when holes that know of each other stand on both sides of a fold? The same training
# with each grouping; the table of docs/training.md, section 5.
# usage: tools/compare_groupings.sh GIMLET DATA [FLAG OF gimlet train]...
set -euo pipefail
gimlet=$1 data=$2
shift 2
work=$(mktemp -d "${TMPDIR:-/tmp}/gimlet-groupings-XXXXXX")
trap 'rm -rf "$work"' EXIT
echo "| grouping | same trace | same tool life | same day and head | entry | transition | exit | hole depth |"
echo "|---|---|---|---|---|---|---|---|"
for grouping in none hole tool_life session; do
    run=$("$gimlet" train --data-dir "$data" --output-dir "$work" --quiet \
        --set "training_config.cross_validation.grouping=$grouping" "$@" | tail -1)
    python3 - "$grouping" "$run/metrics.json" <<'PY'
import json, sys
m = json.load(open(sys.argv[2]))
both, points = m["on_both_sides"], m["out_of_fold"]["points"]
share = [f"{100 * both[k] / both['holes']:.0f} %" for k in ("trace", "tool_life", "session")]
errors = [f"{points[p]['mae_mm']:.3f}, {points[p]['p95_mm']:.3f}" for p in ("entry", "transition", "exit", "hole_depth")]
print("| " + " | ".join([sys.argv[1], *share, *errors]) + " |", flush=True)
PY
done
