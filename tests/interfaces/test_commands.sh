#!/usr/bin/env bash
# usage: test_commands.sh GIMLET SOURCE_ROOT     prints TAP
set -u
gimlet=$(realpath "$1") root=$(realpath "$2") n=0
work=$(mktemp -d "${TMPDIR:-/tmp}/gimlet-cli-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# holds NAME COMMAND...: one test
holds() {
    local name=$1
    shift
    n=$((n + 1))
    if "$@" >out.txt 2>err.txt; then echo "ok $n - $name"; else
        echo "not ok $n - $name"
        tail -n 5 out.txt err.txt | sed 's/^/# /'
    fi
}
status() { # status EXPECTED COMMAND...
    local expected=$1 got=0
    shift
    "$@" || got=$?
    [ "$got" = "$expected" ] || { echo "status $got, not $expected"; return 1; }
}
says() { # says TEXT COMMAND...: on stderr, whatever the status
    local text=$1
    shift
    "$@" 2>&1 >/dev/null | grep -qF -- "$text"
}
hashes() { sha256sum "$1"/fold_*/model.safetensors | cut -d' ' -f1; }
columns() { head -1 "$1" | grep -qE "^$2"; }

short=(--set training_config.cross_validation.n_folds=2 --set training_config.epochs=3 --config "$root/configs/demo.yaml")

holds "no command is wrong usage" status 2 "$gimlet"
holds "an unknown command names the nearest" says "did you mean prepare" "$gimlet" prepair
holds "an unknown flag names the nearest" says "did you mean --input-dir" "$gimlet" prepare --inputdir x
for command in prepare train evaluate predict export simulate "labels export" "labels import" "users add" "users list" \
    "users remove" "users token" "models register" "models list" "models show" "models compare" \
    "models promote" "models rollback" "models verify" "models describe" "models tag" "models delete" \
    "models export" "models import" "audit verify" "audit show" \
    "datasets list" "datasets show" "datasets verify" "datasets diff" \
    "runs list" "runs show" "runs diff" "runs compare" "runs tag" "runs note" replay doctor; do
    # shellcheck disable=SC2086
    holds "$command --help has an example" bash -c "'$gimlet' $command --help | grep -q '^example:'"
done
holds "simulate writes records" status 0 "$gimlet" simulate --output-dir raw --holes 24 --seed 7 --anomalies 0 --quiet
holds "prepare takes them" status 0 "$gimlet" prepare --input-dir raw --output-dir data --validate --auto-label --quiet
holds "labels.csv has its columns" columns data/labels.csv file,entry_mm,transition_mm,exit_mm,entry_confidence
printf '' >raw/empty.xls
holds "prepare with a bad file ends with 3" status 3 "$gimlet" prepare --input-dir raw --output-dir data --validate --auto-label --quiet
holds "and names it" says "empty.xls: the file is empty" "$gimlet" prepare --input-dir raw --output-dir data --quiet
rm raw/empty.xls
holds "labels import takes the truth" status 0 "$gimlet" labels import --data-dir data --source truth raw/truth.csv
holds "labels export gives it back" bash -c "'$gimlet' labels export --data-dir data --output out.csv --quiet && grep -q ',truth' out.csv"
holds "labels go out to Label Studio and come back" bash -c "'$gimlet' labels export --data-dir data --format label-studio --output tasks.json --quiet && '$gimlet' labels import --data-dir data tasks.json | grep -q '^24 labels imported from 24 rows'"
holds "users add prints a token" bash -c "'$gimlet' users add --data-dir data --role admin 'A. Meyer' --quiet | grep -qE '^gimlet_[0-9a-f]{16}_[0-9a-f]{64}$'"
holds "a user exists once" says "there is a user A. Meyer already, as admin" "$gimlet" users add --data-dir data "A. Meyer"
holds "users list shows the role, and no token" bash -c "'$gimlet' users list --data-dir data >users.txt && grep -q '^admin .* A. Meyer$' users.txt && ! grep -q gimlet_ users.txt"
holds "a new token can be made" bash -c "'$gimlet' users token --data-dir data 'A. Meyer' --quiet | grep -q ^gimlet_"
holds "users remove takes it away" status 0 "$gimlet" users remove --data-dir data "A. Meyer"
holds "the log of changes is intact" bash -c "'$gimlet' audit verify --data-dir data | grep -q '^intact: '"
holds "and shows who did what" bash -c "'$gimlet' audit show --data-dir data --last 1 | grep -q ' user.remove A. Meyer'"
holds "a head that the log does not have is found" says "the log was written anew" "$gimlet" audit verify --data-dir data --head 0000
holds "train leaves a run, and names it last" bash -c "'$gimlet' train ${short[*]} --data-dir data --output-dir a --quiet | tail -1 >run.txt && test -f \"\$(cat run.txt)/model.onnx\""
run=$(cat run.txt 2>/dev/null)
"$gimlet" train "${short[@]}" --data-dir data --output-dir b --threads 1 --quiet >/dev/null 2>&1 &
child=$!
sleep 1
kill -9 $child 2>/dev/null
wait $child 2>/dev/null
killed=$(ls -d b/*/ 2>/dev/null | head -1)
# meanwhile somebody corrects a label: the run goes on with those that it began with
awk -F, 'NR == 1 || NR == 3' raw/truth.csv | sed -E '2s/^([^,]*),[^,]*/\1,1.0/' >corrected.csv
holds "a label is corrected while a run stands still" bash -c "'$gimlet' labels import --data-dir data --source truth corrected.csv | grep -q '^1 labels imported'"
holds "a killed run is resumed" status 0 "$gimlet" train --resume "${killed%/}" --threads 2 --quiet
holds "to the same bytes on another number of threads" test "$(hashes "${run:-nothing}")" = "$(hashes "${killed%/}")" -a -n "$run"
holds "an unknown key names the nearest" says "training_config.epochs" "$gimlet" train --data-dir data --output-dir c --set training_config.epoch=1
holds "evaluate writes results" bash -c "'$gimlet' evaluate --model-dir '$run' --test-data data --output-report results.json --quiet && test -s results.html && grep -q mae_mm results.json"
holds "its page shows how the folds learned" grep -q 'How the folds learned' results.html
holds "metrics.json counts what stands on both sides of a fold" grep -q '"on_both_sides": {"holes": 2' "$run/metrics.json"
cp "$run/report.html" report-before.html
holds "a finished run can be resumed" status 0 "$gimlet" train --resume "$run" --quiet
holds "and keeps its report" cmp report-before.html "$run/report.html"
rm "$run/report.html"
holds "a run killed before its report gets it" status 0 "$gimlet" train --resume "$run" --quiet
holds "with the same figures" cmp <(grep -o '<td[^>]*>[0-9.]*</td>' report-before.html) <(grep -o '<td[^>]*>[0-9.]*</td>' "$run/report.html")
holds "export proves itself on every hole of the run's data" bash -c "'$gimlet' export --model-dir '$run' --output proven.onnx --json --quiet | grep -qE '\"holes\": 2[0-9]|\"proven\": false'"
one=$(ls raw/*/*.xls | head -1)
holds "predict prints points" bash -c "'$gimlet' predict --model-dir '$run' --format csv '$one' | grep -qE '\.xls,'"
holds "predict without a model says what is missing" status 1 "$gimlet" predict --model-dir nowhere "$one"
holds "export writes Hugging Face directories" bash -c "'$gimlet' export --model-dir '$run' --format hf --output hf --quiet && test -f hf/fold_02/config.json"
holds "export takes such a directory without gimlet.json" bash -c "'$gimlet' export --model-dir hf/fold_01 --output one.onnx --quiet && test -s one.onnx"
name=$(basename "$run")
holds "runs list finds by filter" bash -c "'$gimlet' runs list --models-dir a --filter \"params.epochs = 3 and metrics.exit_mae_mm > 0\" --quiet | grep -q '^$name '"
holds "and refuses a key that no run can have" says "column 1: no run has a \"metrics.exit_mae_m\" (did you mean metrics.exit_mae_mm?" "$gimlet" runs list --models-dir a --filter "metrics.exit_mae_m < 1"
holds "runs show tells data, build, folds and files" bash -c "'$gimlet' runs show '$name' --models-dir a >show.txt && grep -q '^  dataset  ' show.txt && grep -q '^  build  ' show.txt && grep -q 'fold_02/model.safetensors' show.txt"
holds "a tag is kept" bash -c "'$gimlet' runs tag '$name' kept=yes --models-dir a && '$gimlet' runs list --models-dir a --filter \"tags.kept = 'yes'\" --quiet | grep -q '^$name '"
holds "a note is kept" bash -c "'$gimlet' runs note '$name' 'looks good' --models-dir a && '$gimlet' runs show '$name' --models-dir a | grep -q ': looks good'"
holds "runs diff shows what differs only" bash -c "'$gimlet' runs diff '$name' '${killed%/}' --models-dir a 2>diff-remarks.txt | tee diff.txt | grep -q kept && ! grep -q learning_rate diff.txt"
holds "runs compare pairs the errors hole by hole" bash -c "'$gimlet' runs compare '$name' '${killed%/}' --models-dir a --html compared.html --quiet | grep -qE 'exit +[0-9]+ holes' && grep -q Wilcoxon compared.html"
rm a/index.db*
holds "the index may be lost" bash -c "'$gimlet' runs list --models-dir a --filter \"tags.kept = 'yes'\" --quiet | grep -q '^$name '"
holds "doctor makes it anew and finds every file as it was" bash -c "'$gimlet' doctor --rebuild-index --models-dir a | grep -q ', 0 problems'"
dataset=$("$gimlet" runs list --models-dir a --columns dataset --quiet | tail -1 | awk '{print $2}')
holds "datasets list has the run's data set" bash -c "'$gimlet' datasets list --data-dir data | grep -q '^${dataset:0:16} '"
holds "datasets show names the run" bash -c "'$gimlet' datasets show '${dataset:0:8}' --data-dir data --models-dir a --holes | grep -q '^run  *$name'"
holds "datasets verify finds it intact" status 0 "$gimlet" datasets verify "$dataset" --data-dir data --quiet
holds "replay rebuilds the weights bit for bit, whatever was labelled since" bash -c "'$gimlet' replay '$name' --models-dir a --threads 1 --quiet | grep -q '^the same: 2 folds'"
holds "and those of a registered model" bash -c "'$gimlet' models register depth --run '$name' --models-dir a --quiet && '$gimlet' replay depth --models-dir a --quiet | grep -q '^the same: 2 folds'"
cp "$run/fold_02/model.safetensors" kept.safetensors
printf 'x' | dd of="$run/fold_02/model.safetensors" bs=1 seek=9000 conv=notrunc 2>dd.txt
holds "and names the fold that is not the same" bash -c "! '$gimlet' replay '$name' --models-dir a --quiet >replay.txt && grep -q '^fold_02/model.safetensors: ' replay.txt && ! grep -q '^fold_01' replay.txt"
holds "doctor names the file" bash -c "! '$gimlet' doctor --models-dir a --quiet >doctor.txt && grep -q '^$name/fold_02/model.safetensors: its bytes have changed' doctor.txt"
cp kept.safetensors "$run/fold_02/model.safetensors"
cat >loose.yaml <<'YAML'
folds: {at_least: 2}
accuracy: {entry_mae_mm: 0, transition_mae_mm: 0, exit_mae_mm: 0, hole_depth_mae_mm: 0, missed: 1, grip_exact: 0}
groups: {use: no}
coverage: {use: no}
export_proof: {use: no}
YAML
holds "models register names the version" bash -c "test \"\$('$gimlet' models register exit --run '$name' --models-dir a --tag line=A350 --quiet)\" = exit:1"
holds "the same run twice is refused" says "registered already, as exit:1" "$gimlet" models register exit --run "$name" --models-dir a
holds "another run becomes the next version" bash -c "test \"\$('$gimlet' models register exit --run '${killed%/}' --models-dir a --quiet)\" = exit:2"
holds "models list shows it" bash -c "'$gimlet' models list --models-dir a | grep -q '^exit .* 2 versions'"
holds "models show tells run, data set and files" bash -c "'$gimlet' models show exit:1 --models-dir a >show.txt && grep -q 'run  *$name' show.txt && grep -q '${dataset:0:16}' show.txt && grep -q 'fold_02/model.safetensors' show.txt"
holds "the standard gate refuses so small a model, in numbers" bash -c "! '$gimlet' models promote exit:1 --models-dir a --quiet >gate.txt && grep -qE 'failed  accuracy .* MAE [0-9.]+ mm, at most 0.150' gate.txt"
holds "a gate of one's own lets it pass" bash -c "'$gimlet' models promote exit:1 --models-dir a --gate loose.yaml --quiet"
holds "an unknown key of a gate names the nearest" bash -c "echo 'accuracy: {exit_mae: 1}' >bad.yaml; '$gimlet' models promote exit:2 --models-dir a --gate bad.yaml 2>&1 | grep -q \"did you mean 'accuracy.exit_mae_mm'\""
holds "without a gate it goes too, and the history says so" bash -c "'$gimlet' models promote exit:2 --models-dir a --gate none --reason hurry --quiet && '$gimlet' models show exit --models-dir a | grep -q 'promoted exit:2 as champion, gate: none: hurry'"
holds "models rollback goes back" bash -c "'$gimlet' models rollback exit --alias champion --models-dir a --json | grep -q '\"to\": 1'"
holds "and no further than there was something" status 1 "$gimlet" models rollback exit --alias champion --models-dir a
holds "models compare makes a table and a page" bash -c "'$gimlet' models compare exit:1 exit:2 --models-dir a --html compare.html --quiet | grep -q 'holes that both have not seen' && grep -q 'Hole by hole' compare.html"
holds "predict takes a registered model" bash -c "'$gimlet' predict --models-dir a --model-dir exit@champion --format csv '$one' | grep -qE '\.xls,'"
holds "replay takes one too" bash -c "'$gimlet' replay exit@champion --models-dir a --threads 1 --quiet | grep -q '^the same: 2 folds'"
holds "models describe and tag change what is said, and the history keeps what was" bash -c "'$gimlet' models describe exit 'all machines' --models-dir a | grep -q '^exit  all machines' && '$gimlet' models tag exit:2 line=A350 gone=1 --models-dir a --quiet && '$gimlet' models tag exit:2 gone= --models-dir a | grep -q '^  tags: line=A350$' && '$gimlet' models show exit --models-dir a | grep -q 'tagged exit:2: gone taken away, was \"1\"'"
holds "models delete refuses what an alias points to" bash -c "! '$gimlet' models delete exit:1 --models-dir a --reason old 2>delete.txt && grep -q 'exit:1 is the champion' delete.txt"
holds "and wants a number and a reason" bash -c "! '$gimlet' models delete exit --models-dir a --reason old 2>delete.txt && ! '$gimlet' models delete exit:2 --models-dir a 2>>delete.txt && grep -q 'NAME:VERSION' delete.txt && grep -q 'reason is needed' delete.txt"
holds "models verify finds it good" bash -c "'$gimlet' models verify exit@champion --models-dir a --quiet | grep -q '^exit:1 is good'"
holds "models export writes a passport" bash -c "'$gimlet' models export exit@champion --models-dir a --output exit.passport --quiet && tar tf exit.passport | grep -q '^passport.html'"
holds "another machine takes it in" bash -c "test \"\$('$gimlet' models import exit.passport --models-dir other --quiet)\" = exit:1"
holds "and gives it on byte by byte" bash -c "'$gimlet' models export exit --models-dir other --output again.passport --quiet && cmp exit.passport again.passport"
cp exit.passport bad.passport
printf 'x' | dd of=bad.passport bs=1 seek=60000 conv=notrunc 2>dd.txt
holds "a changed byte is refused" bash -c "! '$gimlet' models import bad.passport --models-dir third 2>err2.txt && grep -q 'was changed' err2.txt"
blob=$(find a/registry/files -type f -size +2k | head -1)
cp "$blob" kept.blob
chmod u+w "$blob"
printf 'x' | dd of="$blob" bs=1 seek=1000 conv=notrunc 2>dd.txt
holds "models verify names a damaged file" bash -c "! ('$gimlet' models verify exit:1 --models-dir a --quiet && '$gimlet' models verify exit:2 --models-dir a --quiet) >verify.txt && grep -q 'failed  files' verify.txt"
cat kept.blob >"$blob"
count=$(find a/registry/files -type f -not -path '*/.gimlet/*' | wc -l)
holds "models delete frees what only that version had" bash -c "'$gimlet' models delete exit:2 --models-dir a --reason 'not needed' --json >delete.json && grep -q '\"waiting_files\": 0' delete.json && test \$(find a/registry/files -type f -not -path '*/.gimlet/*' | wc -l) -lt $count && '$gimlet' models verify exit:1 --models-dir a --quiet >/dev/null && '$gimlet' models show exit --models-dir a | grep -q 'deleted exit:2: not needed'"
hole=$(find data/holes -name '*.safetensors' | sort | head -1)
cp "$hole" kept.safetensors
printf 'x' | dd of="$hole" bs=1 seek=3000 conv=notrunc 2>dd.txt
short_id=$(basename "$hole" | cut -c1-12)
holds "datasets verify names a hole with a changed byte" bash -c "! '$gimlet' datasets verify '$dataset' --data-dir data --quiet >verify.txt && grep -q '^hole $short_id ' verify.txt"
holds "and replay is refused" says "hole $short_id" "$gimlet" replay "$name" --models-dir a --quiet
cp kept.safetensors "$hole"
"$gimlet" train "${short[@]}" --set training_config.epochs=500 --data-dir data --output-dir d --quiet >/dev/null 2>&1 &
child=$!
sleep 1
kill -INT $child
wait $child
holds "Ctrl-C ends with 130" test $? = 130
echo "1..$n"
