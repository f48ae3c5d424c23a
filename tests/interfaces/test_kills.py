"""Killed in the middle of a write, 200 times: nothing that was acknowledged is lost, nothing half-written is taken for whole.

usage: test_kills.py GIMLET [KILLS]      prints TAP
"""
import json, os, random, shutil, signal, subprocess, sys, tempfile, time

gimlet = os.path.abspath(sys.argv[1])
kills = int(sys.argv[2]) if len(sys.argv) > 2 else 200
random.seed(5)
folder = tempfile.mkdtemp(prefix="gimlet-kills-")
data, models = os.path.join(folder, "data"), os.path.join(folder, "models")
count = 0


def holds(good, text):
    global count
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {text}", flush=True)


def ask(*words):
    return json.loads(subprocess.run([gimlet, *words, "--json", "--quiet"], check=True, stdout=subprocess.PIPE).stdout)


def run(*words):
    subprocess.run([gimlet, *words, "--quiet"], check=True, stdout=subprocess.DEVNULL)


def killed_after(seconds, *words):
    """Whether the command was done before the kill: then it has acknowledged."""
    process = subprocess.Popen([gimlet, *words, "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    return process.wait() == 0


TRAIN = ["train", "--data-dir", data, "--output-dir", models, "--set", "training_config.cross_validation.n_folds=2", "--set",
         "training_config.cross_validation.grouping=hole", "--set", "training_config.epochs=2"]
try:
    run("simulate", "--output-dir", os.path.join(folder, "raw"), "--holes", "12", "--seed", "2")
    run("prepare", "--input-dir", os.path.join(folder, "raw"), "--output-dir", data, "--auto-label")
    run(*TRAIN, "--run-name", "one")
    began = time.monotonic()
    run("runs", "tag", "one", "warm=up", "--models-dir", models)
    usual = time.monotonic() - began
    tags, notes, killed = {"warm": "up"}, [], 0
    for number in range(10 * kills):
        if killed >= kills:
            break
        kind = random.randrange(8)
        if kind < 4:
            done = killed_after(random.uniform(0, 1.5 * usual), "runs", "tag", "one", f"k{number}=v{number}", "--models-dir", models)
            if done:
                tags[f"k{number}"] = f"v{number}"
        elif kind < 7:
            done = killed_after(random.uniform(0, 1.5 * usual), "runs", "note", "one", f"note {number}", "--models-dir", models)
            if done:
                notes.append(f"note {number}")
        else:
            done = killed_after(random.uniform(0, 0.15), *TRAIN, "--run-name", f"other{number}", "--set",
                                f"training_config.seed={number}")
        killed += not done
    print(f"# {killed} kills; {len(tags)} tags and {len(notes)} notes acknowledged")
    holds(killed == kills, f"{kills} writes were killed")
    kept = ask("runs", "tag", "one", "--models-dir", models)
    lost = [key for key, value in tags.items() if kept["tags"].get(key) != value]
    holds(not lost, f"no acknowledged tag is lost {lost[:5]}")
    texts = [note["text"] for note in kept["notes"]]
    lost = [text for text in notes if text not in texts]
    holds(not lost, f"no acknowledged note is lost {lost[:5]}")
    holds(len(set(texts)) == len(texts), "no note stands there twice")
    with open(os.path.join(models, "one", "notes.jsonl")) as lines:
        holds(all(json.loads(line) for line in lines), "every line of notes.jsonl is whole")
    sets = ask("datasets", "list", "--data-dir", data)["items"]
    holds(sets and all(item["problem"] is None for item in sets), f"every data set is whole ({len(sets)})")
    for item in sets:
        holds(ask("datasets", "verify", item["dataset"], "--data-dir", data)["intact"], f"{item['dataset'][:12]} is intact")
    listed = ask("runs", "list", "--models-dir", models, "--columns", "state,tags.*,params.*,metrics.*")
    made_anew = ask("doctor", "--rebuild-index", "--models-dir", models)
    again = ask("runs", "list", "--models-dir", models, "--columns", "state,tags.*,params.*,metrics.*")
    holds(listed == again, f"the index says what the folders say ({listed['total']} runs)")
    holds(made_anew["problems"] == [], "no file of a finished run has changed")
    print(f"1..{count}")
finally:
    shutil.rmtree(folder)
