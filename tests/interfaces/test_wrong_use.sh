#!/usr/bin/env bash
# What people do wrong at the command line, and whether the answer says what to do instead.
# usage: test_wrong_use.sh GIMLET SOURCE_ROOT     prints TAP
set -u
gimlet=$(realpath "$1") root=$(realpath "$2") n=0
work=$(mktemp -d "${TMPDIR:-/tmp}/gimlet-wrong-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# wrong STATUS TEXT ARGUMENT...: the command ends with STATUS and says TEXT
wrong() {
    local expected=$1 text=$2 got=0
    shift 2
    timeout 60 "$gimlet" "$@" >out.txt 2>&1 </dev/null || got=$?
    n=$((n + 1))
    if [ "$got" = "$expected" ] && grep -qF -- "$text" out.txt; then echo "ok $n - $text"; else
        echo "not ok $n - $text"
        echo "# gimlet $*: status $got, expected $expected"
        tail -n 3 out.txt | cut -c1-300 | sed 's/^/# /'
    fi
}

"$gimlet" simulate --output-dir raw --holes 12 --seed 3 --anomalies 0 --quiet
"$gimlet" prepare --input-dir raw --output-dir data --validate --auto-label --quiet
train=(train --config "$root/configs/demo.yaml" --data-dir data --output-dir models)
short=(--set training_config.epochs=1 --set training_config.cross_validation.n_folds=2)
run=$("$gimlet" "${train[@]}" "${short[@]}" --quiet 2>/dev/null | tail -1)
record=$(find raw -name '*.xls' | sort | head -1) bad=bad/$(basename "$record")
mkdir bad empty other
echo notes >other/notes.txt

# folders
wrong 1 "there is no folder nowhere" prepare --input-dir nowhere --output-dir o
wrong 2 "is a file (--input-dir takes the folder" prepare --input-dir "$record" --output-dir o
wrong 1 "is the disk connected" prepare --input-dir empty --output-dir o
wrong 1 "is the disk connected" prepare --input-dir empty --output-dir data
n=$((n + 1))
if [ "$(wc -l <data/labels.csv)" = 13 ]; then echo "ok $n - and nothing is forgotten"; else echo "not ok $n - and nothing is forgotten"; fi
wrong 0 "none of the 1 files is a drilling record" prepare --input-dir other --output-dir o
wrong 2 "name another folder as --output-dir" prepare --input-dir raw --output-dir raw
wrong 1 "a file of that name is there" prepare --input-dir raw --output-dir "$record"
wrong 1 "cannot make folder /proc/gimlet" prepare --input-dir raw --output-dir /proc/gimlet

# files that are no records
printf 'PK\003\004junk' >"$bad"
wrong 3 'save it as "Text (tab delimited)"' prepare --input-dir bad --output-dir o
printf '\320\317\021\340\241\261\032\341junk' >"$bad"
wrong 3 "binary Excel workbook" prepare --input-dir bad --output-dir o
head -c 3000 "$record" >"$bad"
wrong 3 "the file is cut off: copy it from the machine again" prepare --input-dir bad --output-dir o
: >"$bad"
wrong 3 "the file is empty" prepare --input-dir bad --output-dir o
sed 's/Position (mm)/Positon (mm)/' "$record" >"$bad"
wrong 3 'the nearest found is "Positon (mm)"' prepare --input-dir bad --output-dir o
printf '<html></html>' >"$bad"
wrong 3 "HTML" prepare --input-dir bad --output-dir o
iconv -f latin1 -t utf16 "$record" >"$bad"
wrong 3 "UTF-16" prepare --input-dir bad --output-dir o
printf '{"a": 1}' >bad/any.json
wrong 3 "not a message of a drilling machine" prepare --input-dir bad --output-dir o

# flags
wrong 2 "did you mean prepare" prepair
wrong 2 "did you mean --input-dir" prepare --input raw --output-dir o
wrong 2 "one word too many" prepare raw o
wrong 2 "must be a whole number" prepare --input-dir raw --output-dir o --threads two
wrong 2 "must lie between 0 and 1024" prepare --input-dir raw --output-dir o --threads -1
wrong 2 "must be true or false" prepare --input-dir raw --output-dir o --validate=maybe
wrong 2 "must lie between 1 and 1000000" simulate --output-dir s --holes 0
wrong 2 "lists the families" simulate --output-dir s --holes 5 --family cfrp

# configurations
wrong 1 "cannot open nofile.yaml" train --config nofile.yaml --data-dir data --output-dir m
wrong 2 "this is no configuration" train --config raw/truth.csv --data-dir data --output-dir m
wrong 1 "--config takes a text file" train --config "$record" --data-dir data --output-dir m
wrong 1 "there is no folder nowhere" train --data-dir nowhere --output-dir m
wrong 1 "gimlet prepare" train --data-dir raw --output-dir m
wrong 2 "did you mean 'patchtsmixer_24cv'" "${train[@]}" --strategy patchtsmixer_24
wrong 2 "did you mean 'training_config.epochs'" "${train[@]}" --set training_config.epoch=2
wrong 2 "did you mean 'training_config.epochs'" "${train[@]}" --set epochs=2
wrong 2 "did you mean 'device'" "${train[@]}" --set training_config.device=cpu
wrong 2 "must be a whole number" "${train[@]}" --set training_config.epochs=many
wrong 2 "must lie between 1 and 100000 epochs" "${train[@]}" --set training_config.epochs=-3
wrong 2 "write the decimal mark as a point" "${train[@]}" --set training_config.learning_rate=0,001
wrong 2 "must be one of: adamw" "${train[@]}" --set training_config.optimizer=adamx
wrong 2 "--set takes key=value" "${train[@]}" --set training_config.epochs
wrong 1 "device mps: this build has none" "${train[@]}" --set device=mps
wrong 2 "must be one of" "${train[@]}" --set device=gpu
wrong 2 "the feature set gimlet-17 has 17" "${train[@]}" --set model_config.input_channels=3
wrong 1 "cannot make folder /proc/m" "${train[@]}" "${short[@]}" --output-dir /proc/m
wrong 1 "name the directory of a run" train --resume data
wrong 0 "12 holes" "${train[@]}" --set training_config.epochs=1 --set training_config.cross_validation.n_folds=24

# models and tables
wrong 1 "name a run (MODELS/RUN)" evaluate --model-dir data --test-data data
wrong 1 "no truth.csv or labels.csv" evaluate --model-dir "$run" --test-data empty
wrong 1 "cannot make folder /proc/x" evaluate --model-dir "$run" --test-data data --output-report /proc/x/r.json
wrong 2 "at least one file" predict --model-dir "$run"
wrong 1 "cannot open nofile.xls" predict --model-dir "$run" nofile.xls
wrong 1 "it is a folder, not a file" predict --model-dir "$run" raw
printf '<html></html>' >page.xls
wrong 3 "page.xls: this is an HTML or XML page" predict --model-dir "$run" page.xls "$record"
wrong 2 "must be one of: table, csv, json" predict --model-dir "$run" --format xml "$record"
wrong 2 "must be one of: onnx, hf" export --model-dir "$run" --format pb
wrong 1 "holds no model" export --model-dir data --format onnx
printf 'file;entry_mm;exit_mm\nx.xls;1,5;3\n' >labels.csv
wrong 3 "name no file of data, or more than one" labels import --data-dir data labels.csv
printf 'datei;eintritt\na;1\n' >labels.csv
wrong 1 "no column 'file'" labels import --data-dir data labels.csv
printf 'file,entry_mm,exit_mm\nx.xls,12,6\n' >labels.csv
wrong 1 "exit at 6 mm lies before entry at 12 mm" labels import --data-dir data labels.csv
printf 'file,entry_mm,exit_mm\nx.xls,abc,6\n' >labels.csv
wrong 1 "'abc' is no depth in mm" labels import --data-dir data labels.csv
wrong 1 "gimlet prepare makes one" labels export --data-dir nowhere
echo "1..$n"
