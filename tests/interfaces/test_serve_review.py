#!/usr/bin/env python3
"""usage: test_serve_review.py GIMLET SOURCE_ROOT     prints TAP

Labels through the real server: two people on one hole, undo after the server was killed, roles, the queue, a batch, a
dispute and its end, Label Studio, the log of changes. Nothing but Python's own library."""
import atexit
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

gimlet, root = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
work = pathlib.Path(tempfile.mkdtemp(prefix="gimlet-review-"))
raw, data = work / "raw", work / "data"
POINTS = ("entry", "transition", "exit")
n = 0


class Server:
    def __init__(self):
        self.process = subprocess.Popen([gimlet, "serve", "--data-dir", data, "--port", "0"], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        self.url = self.process.stdout.readline().decode().strip()

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(20)
            self.process.stdout.close()

    def ask(self, method, path, body=None, expect=200, user="A. Meyer", token=None, version=None, raw_body=None):
        request = urllib.request.Request(self.url + "/api" + path, method=method)
        request.add_header("X-Gimlet", "1")
        request.add_header("X-Gimlet-User", user)
        if token:
            request.add_header("Authorization", "Bearer " + token)
        if version is not None:
            request.add_header("If-Match", f'"{version}"')
        if body is not None:
            request.add_header("Content-Type", "application/json")
            raw_body = json.dumps(body).encode()
        try:
            answer = urllib.request.urlopen(request, raw_body, timeout=60)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            text = answer.read()
        assert answer.status == expect, (method, path, answer.status, text[:500])
        return json.loads(text) if text[:1] in b"{[" and text else text


def holds(name, condition=True):
    global n
    n += 1
    print(f"{'ok' if condition else 'not ok'} {n} - {name}", flush=True)


def run(*words):
    return subprocess.run([gimlet, *words], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def at(shift, truth):
    """The points of a hole, moved by so many mm."""
    return {p: {"mm": None if truth[p]["mm"] is None else truth[p]["mm"] + shift} for p in POINTS}


run("simulate", "--output-dir", raw, "--holes", "60", "--seed", "3", "--anomalies", "0", "--quiet")
run("prepare", "--input-dir", raw, "--output-dir", data, "--validate", "--auto-label", "--quiet")
server = Server()
atexit.register(shutil.rmtree, work, True)
atexit.register(lambda: server.end(signal.SIGKILL))

holes = server.ask("GET", "/holes?limit=100")["items"]
first, second, third = (hole["id"] for hole in holes[:3])
rule = {hole["id"]: hole["label"]["points"] for hole in holes}

# --- two people on one hole
saved = server.ask("PUT", f"/holes/{first}/labels", {"points": at(0.1, rule[first]), "gesture": "moved"}, version=0)
holds("a label is saved as a version", saved["version"] == 1 and saved["can_undo"] and not saved["can_redo"])
theirs = server.ask("PUT", f"/holes/{first}/labels", {"points": at(0.5, rule[first])}, 409, "B. Kim", version=0)
holds("who comes late gets what is there", theirs["version"] == 1 and theirs["theirs"][0]["author"] == "A. Meyer"
      and theirs["error"]["code"] == "conflict")
server.ask("PUT", f"/holes/{first}/labels", {"points": at(0.5, rule[first])}, 428, "B. Kim")
holds("a version must be named")
server.ask("PUT", f"/holes/{first}/labels", {"points": at(0.5, rule[first])}, user="B. Kim", version=1)
wrong = at(0, rule[first]) | {"exit": {"mm": rule[first]["entry"]["mm"] - 1}}
refused = server.ask("PUT", f"/holes/{first}/labels", {"points": wrong}, 400, version=2)
holds("the order of the points is checked, in words", " lies above " in refused["error"]["message"])
server.ask("PUT", f"/holes/{'0' * 64}/labels", {"points": at(0, rule[first])}, 404, version=0)
holds("a hole that does not exist is 404")

# --- the server is killed; undo goes on
server.ask("PUT", f"/holes/{first}/labels", {"points": at(0.2, rule[first])}, version=2)
server.end(signal.SIGKILL)
server = Server()
undone = server.ask("POST", f"/holes/{first}/undo", version=3)
holds("undo survives a kill of the server",
      abs(undone["label"]["points"]["exit"]["mm"] - rule[first]["exit"]["mm"] - 0.1) < 1e-6 and undone["can_redo"])
again = server.ask("POST", f"/holes/{first}/redo", version=4)
holds("and redo", abs(again["label"]["points"]["exit"]["mm"] - rule[first]["exit"]["mm"] - 0.2) < 1e-6)
labels = server.ask("GET", f"/holes/{first}/labels")
holds("the history keeps every gesture", [v["gesture"] for v in labels["history"]]
      == ["moved", "edited", "edited", "undo", "redo"])
server.ask("POST", f"/holes/{first}/comments", {"text": "drill worn?"}, 201)
hole = server.ask("GET", f"/holes/{first}")
holds("a hole comes with evidence, ghosts, comments", {"torque_onset", "thrust_knee", "step_edge", "label"}
      <= {c["kind"] for c in hole["candidates"]} and {"rule", "A. Meyer", "B. Kim"} <= {g["name"] for g in hole["ghosts"]}
      and hole["comments"][0]["text"] == "drill worn?" and hole["can_undo"])
server.ask("PUT", f"/holes/{second}/labels", {"points": at(0, rule[second]), "rejected": True}, 400, version=0)
rejected = server.ask("PUT", f"/holes/{second}/labels", {"points": at(0, rule[second]), "rejected": True,
                                                         "reason": "aborted"}, version=0)
holds("a rejection needs a reason", rejected["label"]["rejected"] and rejected["label"]["reason"] == "aborted")

table = server.ask("GET", f"/holes/{first}/record").decode().splitlines()
holds("the record is there as a table", table[0].startswith("row,depth_mm,torque_a,thrust_a,step,stop_code")
      and len(table) == holes[0]["n_rows"] + 1)

# --- a dispute and its end
agreement = server.ask("GET", "/agreement?tolerance_mm=0.1")
pair = next(p for p in agreement["pairs"] if {p["a"], p["b"]} == {"A. Meyer", "B. Kim"})
holds("agreement is measured in mm", abs(pair["points"]["exit"]["median_mm"] - 0.3) < 1e-6)
holds("a dispute is found", [d["hole"]["id"] for d in agreement["disputes"]] == [first])
queue = server.ask("GET", "/queue?limit=100", user="C. Sato")
holds("and stands first in the queue, with its reason",
      queue["items"][0]["hole"]["id"] == first and "A. Meyer and B. Kim differ" in queue["items"][0]["reason"])
server.ask("POST", f"/holes/{first}/adjudicate", {"points": at(0.05, rule[first]), "reason": "seen on zoom"}, user="C. Sato")
agreement = server.ask("GET", "/agreement")
holds("an adjudication ends it", agreement["disputes"] == [])
holds("and measures who had labelled", {a["author"]: a["n_known"] for a in agreement["annotators"]}
      == {"A. Meyer": 1, "B. Kim": 1})

# --- a batch
server.ask("POST", "/batches/preview", {"query": {"nonsense": "x"}}, 400)
preview = server.ask("POST", "/batches/preview", {"query": {"state": "auto"}})
seen = [hole["id"] for hole in preview["worst"] + preview["random"]]
holds("a batch is shown before it is approved", preview["count"] == 58 and len(set(seen)) == 18)
server.ask("POST", "/batches", {"token": preview["token"], "seen": seen[1:]}, 400)
batch = server.ask("POST", "/batches", {"token": preview["token"], "seen": seen}, 201)
holds("it needs a look at all of the worst and the random ones", batch["count"] == 58)
taken_back = server.ask("POST", f"/batches/{batch['batch']}/undo")
holds("and is taken back as a whole", taken_back == {"count": 58, "kept": 0}
      and server.ask("GET", "/batches")["items"][0]["undone"])
server.ask("POST", f"/batches/{batch['batch']}/undo", expect=409)

# --- Label Studio
tasks = server.ask("GET", "/labels/export?format=label-studio")
mine = next(t for t in tasks if t["data"]["sha256"] == first)
holds("labels go out as tasks of Label Studio", {a["author"] for a in mine["annotations"]}
      == {"A. Meyer", "B. Kim", "C. Sato"} and len(mine["predictions"]) == 1)
back = server.ask("POST", "/labels/import", raw_body=json.dumps(tasks).encode())
holds("and come back", back["imported"] == 4 and back["unknown"] == 0)

# --- a model: its out-of-fold points and its folds beside the labels, and in the queue
run("train", "--config", os.path.join(root, "configs/demo.yaml"), "--data-dir", data, "--output-dir", data / "models",
    "--set", "training_config.cross_validation.n_folds=2", "--set", "training_config.epochs=1", "--quiet")
for _ in range(300):  # the folds are asked beside the requests
    names = [g["name"] for g in server.ask("GET", f"/holes/{third}")["ghosts"]]
    if "fold 2" in names:
        break
    time.sleep(0.1)
holds("every fold of the newest run is a ghost", {"fold 1", "fold 2"} <= set(names)
      and any(name.startswith("model ") for name in names))
hole = server.ask("GET", f"/holes/{third}")
holds("and the model's points are evidence", any(c["kind"] == "model_peak" for c in hole["candidates"]))
reasons = [item["reason"] for item in server.ask("GET", "/queue?limit=100")["items"]]
holds("the queue compares labels with the model", any("model" in reason for reason in reasons))
run_name = server.ask("GET", "/runs")["items"][0]["run"]
pairs = server.ask("GET", "/agreement")["pairs"]
holds("so does the agreement", any(p["b"].startswith("model ") or p["a"].startswith("model ") for p in pairs))

# --- users: what each may do, and what stays hidden
admin = server.ask("POST", "/users", {"name": "Boss", "role": "admin"}, 201)["token"]
server.ask("GET", "/holes", expect=401)
annotator = server.ask("POST", "/users", {"name": "B. Kim", "role": "annotator"}, 201, token=admin)["token"]
novice = server.ask("POST", "/users", {"name": "D. Novak", "role": "annotator"}, 201, token=admin)["token"]
holds("with users everybody needs a token")
server.ask("POST", "/batches/preview", {"query": {}}, 403, token=annotator)
server.ask("POST", f"/holes/{third}/adjudicate", {"points": at(0, rule[third])}, 403, token=annotator)
server.ask("GET", "/audit", expect=403, token=annotator)
holds("an annotator may neither approve batches, nor adjudicate, nor read the log")
hidden = server.ask("GET", f"/holes/{first}", token=novice)
shown = server.ask("GET", f"/holes/{first}", token=annotator)
holds("a truth is hidden from who has not labelled the hole", "truth" not in hidden["hole"]["sources"]
      and hidden["hole"]["label"]["source"] != "truth" and "C. Sato" not in hidden["hole"]["authors"]
      and all(l["source"] != "truth" for l in hidden["labels"])
      and all(g["source"] != "truth" for g in hidden["ghosts"]))
holds("and shown to who has", any(l["source"] == "truth" for l in shown["labels"]))
files = {who: {form: str(server.ask("GET", f"/labels/export?format={form}", token=token), "utf8")
               if form == "csv" else json.dumps(server.ask("GET", f"/labels/export?format={form}", token=token))
               for form in ("csv", "label-studio")} for who, token in (("novice", novice), ("annotator", annotator), ("admin", admin))}
csv_row = {who: next(line for line in both["csv"].splitlines() if line.startswith(hidden["hole"]["file"] + ","))
           for who, both in files.items()}
holds("nor does the export show it", csv_row["novice"] != csv_row["admin"] and csv_row["annotator"] == csv_row["admin"]
      and '"ground_truth": true' not in files["novice"]["label-studio"]
      and '"ground_truth": true' in files["annotator"]["label-studio"] and "C. Sato" not in files["novice"]["csv"])
learnt = {who: server.ask("GET", "/runs/" + run_name + "/holes", token=token)["items"]
          for who, token in (("novice", novice), ("admin", admin))}
row = {who: next(item for item in items if item["id"] == first) for who, items in learnt.items()}
holds("nor does a run that has learned from it", row["novice"]["label"]["entry"]["mm"] is None
      and row["novice"]["error_mm"]["entry"] is None and row["admin"]["label"]["entry"]["mm"] is not None)
listed = {f["path"]: f["has_labels"] for f in server.ask("GET", f"/runs/{run_name}/details", token=novice)["artifacts"]}
refused = server.ask("GET", f"/runs/{run_name}/files/out_of_fold.csv", expect=403, token=novice)["error"]
holds("nor do the files of the run", "out_of_fold.csv holds labels" in refused["message"] and "engineer" in refused["message"]
      and [path for path, has_labels in listed.items() if has_labels] == ["out_of_fold.csv"])
for path in ("evaluations/a.json", "evaluations/a.html", "results.json", "copy/metrics.json"):
    server.ask("GET", f"/runs/{run_name}/files/{path}", expect=403, token=novice)
for path in ("./out_of_fold.csv", "fold_01/../out_of_fold.csv", "fold_01/..%2Fout_of_fold.csv"):
    server.ask("GET", f"/runs/{run_name}/files/{path}", expect=400, token=novice)
holds("under no other name", b"entry_label_mm" in server.ask("GET", f"/runs/{run_name}/files/out_of_fold.csv", token=admin))
server.ask("GET", f"/runs/{run_name}/files/metrics.json", token=novice)
holds("while figures and models are there for everybody")
dataset = server.ask("GET", f"/runs/{run_name}/details", token=novice)["about"]["dataset"]
kept = {who: next(item for item in server.ask("GET", "/datasets/" + dataset, token=token)["items"] if item["id"] == first)
        for who, token in (("novice", novice), ("admin", admin))}
holds("nor does its data set", kept["novice"]["points"]["exit"]["mm"] is None and kept["admin"]["points"]["exit"]["mm"] is not None)
worst = server.ask("GET", "/quality", token=novice)["worst"]
holds("nor does the quality report", all("truth" not in hole["sources"] for hole in worst))
kinds = [item["kind"] for item in server.ask("GET", "/queue?limit=100", token=novice)["items"]]
holds("known holes look like random ones to an annotator", "known" not in kinds and "random" in kinds)
holds("and are told apart for others",
      "known" in [item["kind"] for item in server.ask("GET", "/queue?limit=100", token=admin)["items"]])
renewed = server.ask("POST", "/users/D.%20Novak/token", expect=201, token=admin)["token"]
server.ask("GET", "/holes", expect=401, token=novice)
server.ask("GET", "/holes", token=renewed)
novice = renewed
holds("a new token makes the old one void")
users = server.ask("GET", "/users", token=admin)
server.ask("DELETE", "/users/Boss", expect=409, token=admin)
server.ask("DELETE", "/users/D.%20Novak", expect=204, token=admin)
server.ask("GET", "/holes", expect=401, token=novice)
holds("a removed user is out at once; the last admin stays", len(users["items"]) == 3)

log = server.ask("GET", "/audit?limit=2000", token=admin)
holds("every change is in the log, which is intact",
      log["intact"] and {"label.save", "label.undo", "label.adjudicate", "label.approve", "batch.undo", "label.import",
                         "comment.add", "user.add", "user.remove"} <= {line["action"] for line in log["items"]})
server.end()
holds("the command line says the same", run("audit", "verify", "--data-dir", data).startswith("intact: "))
print(f"1..{n}")
