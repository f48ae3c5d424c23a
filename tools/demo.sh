#!/usr/bin/env bash
# The main job from end to end, on simulated records or on those below DIR. Called by ./dev demo.
# usage: tools/demo.sh GIMLET [DIR]
set -euo pipefail
gimlet=$1 records=${2:-}
out=demo
[ -z "$records" ] || out=demo/own # your records and the simulated ones never mix
started=$SECONDS
step() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || step() { printf '\n%s\n' "$*"; }

mkdir -p "$out"
if [ -z "$records" ]; then
    step "1/6  Simulating 300 holes to learn from, 60 to be tested on, and 60 without labels"
    records=$out/raw
    rm -rf "$out/raw" "$out/raw-test" "$out/raw-unlabelled"
    "$gimlet" simulate --output-dir "$out/raw" --holes 300 --seed 1 --quiet
    "$gimlet" simulate --output-dir "$out/raw-test" --holes 60 --seed 2 --quiet
    "$gimlet" simulate --output-dir "$out/raw-unlabelled" --holes 60 --seed 3 --quiet
    rm -f "$out/raw-unlabelled/truth.csv"
    test_data=$out/raw-test
else
    step "1/6  Your records: $records"
    test_data=$out/data
fi

# Refused records (status 3) are listed by the command and in the report; the rest goes on.
allow_refused() { "$@" || [ $? = 3 ]; }

step "2/6  Reading, checking and labelling the records"
if [ "$records" = "$out/raw" ]; then
    allow_refused "$gimlet" prepare --input-dir "$out/raw-unlabelled" --output-dir "$out/data" --validate --quiet
fi
allow_refused "$gimlet" prepare --input-dir "$records" --output-dir "$out/data" --validate --auto-label
if [ "$records" = "$out/raw" ]; then # simulated holes have known points: take them as the labels of an expert
    "$gimlet" labels import --data-dir "$out/data" --source truth "$out/raw/truth.csv"
fi

step "3/6  Training patchtsmixer_24cv: 24 folds, shortened to fit into minutes (configs/demo.yaml)"
trained=$("$gimlet" train --config configs/demo.yaml --data-dir "$out/data" --output-dir "$out/models")
printf '%s\n' "$trained"
run=${trained##*$'\n'} # the last line names it

step "4/6  Measuring the accuracy in mm"
"$gimlet" evaluate --model-dir "$run" --test-data "$test_data" --output-report "$out/results.json"

step "5/6  Exporting to ONNX and proving that it gives the same depths"
"$gimlet" export --model-dir "$run" --format onnx --output "$out/model.onnx" --prove "$out/data"

step "6/6  Predicting one record"
one=$(find "$records" -name '*.xls' | sort | head -1)
"$gimlet" predict --model-dir "$run" "$one"

minutes=$(((SECONDS - started + 59) / 60))
cat <<TEXT

Done in about $minutes minutes. Open these in a browser:
  $PWD/$out/results.html                 accuracy on held-out holes
  $PWD/$run/report.html    how the folds learned
  $PWD/$out/data/quality/report.html     quality of the records
The exported model: $PWD/$out/model.onnx
TEXT
