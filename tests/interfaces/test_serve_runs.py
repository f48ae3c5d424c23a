#!/usr/bin/env python3
"""usage: test_serve_runs.py GIMLET     prints TAP

Trainings and jobs through the real server: records come in over the network, a run is followed, killed, resumed,
stopped; the server is killed while a run goes on, and a new one finds it. Nothing but Python's own library."""
import atexit
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

gimlet = os.path.realpath(sys.argv[1])
work = pathlib.Path(tempfile.mkdtemp(prefix="gimlet-serve-"))
data, models = work / "data", work / "data" / "models"
TINY = {"training_config.cross_validation.n_folds": 3, "training_config.cross_validation.grouping": "hole"}
TIMEOUT_S = 60


class Server:
    def __init__(self):
        self.log = open(work / "serve.log", "ab")
        self.process = subprocess.Popen([gimlet, "serve", "--data-dir", data, "--port", "0"], stdout=subprocess.PIPE,
                                        stderr=self.log)
        self.url = self.process.stdout.readline().decode().strip()
        assert self.url.startswith("http://"), (work / "serve.log").read_text()

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.wait(20)
        self.process.stdout.close()
        self.log.close()

    def open(self, method, path, body=None, headers=()):
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("X-Gimlet", "1")
        for name, value in headers:
            request.add_header(name, value)
        if isinstance(body, (dict, list)):
            request.add_header("Content-Type", "application/json")
            body = json.dumps(body).encode()
        elif body is not None:
            request.add_header("Content-Type", "application/octet-stream")
        try:
            return urllib.request.urlopen(request, body, timeout=TIMEOUT_S)
        except urllib.error.HTTPError as answer:
            return answer

    def ask(self, method, path, body=None, expect=200):
        with self.open(method, path, body) as answer:
            text = answer.read()
            assert answer.status == expect, f"{method} {path}: {answer.status} {text.decode()}"
            return json.loads(text) if text else None


def wait_for(what, look, good, bad=lambda x: False):
    end = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end:
        seen = look()
        if good(seen):
            return seen
        assert not bad(seen), f"{what}: {seen}"
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {TIMEOUT_S} s: {seen}")


def run_state(name, state):
    """Waits until the run has left the state "running", and checks how."""
    return wait_for(name, lambda: server.ask("GET", f"/api/runs/{name}"), lambda run: run["state"] == state,
                    lambda run: run["state"] not in ("running", state))


def epochs(run):
    return sum(fold["epoch"] for fold in run["folds"])


def wait_for_epoch(name):
    wait_for(name, lambda: server.ask("GET", f"/api/runs/{name}"), lambda run: epochs(run) > 0,
             lambda run: run["state"] != "running")


def start(count, **more):
    run = server.ask("POST", "/api/runs", {"preset": "demo", "values": {**TINY, "training_config.epochs": count, **more}},
                     202)
    assert run["state"] == "running" and run["epochs"] == count, run
    return run["run"]


def job(kind, expect="done", **options):
    id_ = server.ask("POST", "/api/jobs", {"kind": kind, "options": options}, 202)["id"]
    done = wait_for(kind, lambda: server.ask("GET", f"/api/jobs/{id_}"),
                    lambda j: j["state"] not in ("running", "waiting"))
    assert done["state"] == expect, done
    return done


def child_of(name):
    record = json.loads((models / name / "process.json").read_text())
    stat = pathlib.Path(f"/proc/{record['pid']}/stat").read_text()
    assert int(stat.rsplit(")", 1)[1].split()[19]) == record["start_ticks"]
    return record["pid"]


def weights(name):
    return [(models / name / f"fold_{i:02}" / "model.safetensors").read_bytes() for i in (1, 2, 3)]


def events(name, after=None):
    """(id, event, data) of a stream until it ends."""
    headers = [("Last-Event-ID", str(after))] if after else []
    found, current = [], {}
    with server.open("GET", f"/api/runs/{name}/events", headers=headers) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        for line in stream:
            key, _, value = line.decode().rstrip("\n").partition(": ")
            if key:
                current[key] = value
            elif "data" in current:
                found.append((int(current["id"]), current["event"], json.loads(current["data"])))
                current = {}
    return found


# ---- the tests, in order: each goes on where the one before stopped

def records_come_in_over_the_network():
    raw = work / "raw"
    subprocess.run([gimlet, "simulate", "--output-dir", raw, "--holes", "24", "--seed", "7", "--anomalies", "0", "--quiet"],
                   check=True)
    files = sorted(raw.glob("*/*.xls"))
    assert len(files) == 24
    for file in files:
        path = urllib.parse.quote(str(file.relative_to(raw)))
        kept = server.ask("PUT", f"/api/records/{path}", file.read_bytes())
        assert kept["size_bytes"] == file.stat().st_size
        assert (data / "uploads" / file.relative_to(raw)).read_bytes() == file.read_bytes()
    done = job("prepare")
    assert done["result"]["records"] == 24 and done["result"]["unchanged"] == 0, done
    again = job("prepare")
    assert again["result"]["unchanged"] == 24, again
    assert server.ask("GET", "/api/holes")["total"] == 24


def paths_that_lead_out_are_refused():
    for path in ("../x.xls", "%2e%2e/x.xls", "a/..%2f..%2fx.xls", "%2fetc%2fpasswd", ".x.xls", "a//b.xls"):
        with server.open("PUT", f"/api/records/{path}", b"x") as answer:
            assert answer.status in (400, 404), f"{path}: {answer.status}"
    assert sorted(p.name for p in work.rglob("*x.xls")) == []


def wrong_configurations_are_refused_with_the_key_named():
    for values, words in (({"training_config.epoch": 1}, "training_config.epochs"),
                          ({"training_config.epochs": 0}, "training_config.epochs"),
                          ({"training_config.epochs": "many"}, "training_config.epochs"),
                          ({"device": "gpu"}, "device"), ({"training_config.loss": "heat"}, "training_config.loss")):
        error = server.ask("POST", "/api/runs", {"preset": "demo", "values": values}, 400)["error"]
        assert words in error["message"] + (error["hint"] or ""), error
    server.ask("POST", "/api/runs", {"preset": "nothing"}, 400)
    assert server.ask("GET", "/api/runs")["items"] == []


def a_run_is_followed_to_its_end():
    global first
    first = start(4)
    seen = events(first)
    assert [number for number, _, _ in seen] == list(range(1, len(seen) + 1))
    names = [name for _, name, _ in seen]
    assert set(names[:names.index("begin")]) <= {"message"} and names[-1] == "end"  # what the data say comes first
    assert sum(1 for _, name, _ in seen if name == "epoch") == 12
    rest = events(first, after=seen[-3][0])
    assert rest == seen[-2:], rest
    run = run_state(first, "finished")
    assert run["metrics"]["out_of_fold"]["holes"] > 0 and all(f["state"] == "finished" for f in run["folds"])
    assert len(server.ask("GET", f"/api/runs/{first}/holes")["items"]) == run["holes"]


def a_killed_child_is_told_in_words_and_resumed_to_the_same_bytes():
    name = start(4)
    wait_for_epoch(name)
    os.kill(child_of(name), signal.SIGKILL)
    run = run_state(name, "failed")
    assert "killed" in run["message"] and "resume" in run["message"], run["message"]
    assert server.ask("POST", f"/api/runs/{name}/resume")["state"] == "running"
    run_state(name, "finished")
    assert weights(name) == weights(first)


def a_run_outlives_a_killed_server_and_is_found_again():
    global server
    name = start(5000)
    wait_for_epoch(name)
    child, port = child_of(name), server.url.rsplit(":", 1)[1]
    numbers = []

    def follow(old):
        try:
            with old.open("GET", f"/api/runs/{name}/events") as stream:
                numbers.extend(line for line in stream if line.startswith(b"id: "))
        except OSError:
            pass

    reader = threading.Thread(target=follow, args=(server,))
    reader.start()
    wait_for("events", lambda: len(numbers), lambda n: n > 0)
    server.end(signal.SIGKILL)
    reader.join(20)
    os.kill(child, 0)  # the run goes on
    with subprocess.Popen([gimlet, "serve", "--data-dir", data, "--port", port], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as same_port:  # the child holds nothing of the old server
        assert same_port.stdout.readline().startswith(b"http://")
        same_port.terminate()
        same_port.wait(20)
    server = Server()
    before = server.ask("GET", f"/api/runs/{name}")
    assert before["state"] == "running" and before["eta_s"] > 0, before
    wait_for(name, lambda: server.ask("GET", f"/api/runs/{name}"), lambda run: epochs(run) > epochs(before))
    assert server.ask("POST", f"/api/runs/{name}/resume", expect=409)["error"]["code"] == "conflict"
    server.ask("POST", f"/api/runs/{name}/stop")
    stopped = run_state(name, "stopped")
    server.ask("POST", f"/api/runs/{name}/resume")
    wait_for(name, lambda: server.ask("GET", f"/api/runs/{name}"), lambda run: epochs(run) > epochs(stopped))
    server.ask("POST", f"/api/runs/{name}/stop")
    run_state(name, "stopped")


def a_model_is_evaluated_exported_and_downloaded():
    assert first in [model["run"] for model in server.ask("GET", "/api/models")["items"]]
    report = job("evaluate", model=first)["result"]["report"]
    with server.open("GET", f"/api/runs/{first}/files/{report}") as page:
        assert page.status == 200 and b"How good is this model?" in page.read()
    job("export", model=first, format="hf")
    with server.open("GET", f"/api/runs/{first}/files/hf/fold_01/model.safetensors") as file:
        assert file.read() == (models / first / "hf/fold_01/model.safetensors").read_bytes()
    for path in ("..%2f..%2fgimlet.db", "%2fetc%2fpasswd", ".lock", "process.json", "fold_01"):
        with server.open("GET", f"/api/runs/{first}/files/{path}") as answer:
            assert answer.status in (400, 404), f"{path}: {answer.status}"


def a_prediction_is_what_the_command_line_prints():
    file = sorted((data / "uploads").glob("*/*.xls"))[0]
    printed = subprocess.run([gimlet, "predict", "--model-dir", models / first, "--format", "json", file.name],
                             cwd=file.parent, check=True, capture_output=True).stdout
    asked = server.ask("POST", f"/api/predict?model={first}&file={urllib.parse.quote(file.name)}", file.read_bytes())
    assert [asked] == json.loads(printed), asked
    assert "error" in server.ask("POST", f"/api/predict?model={first}", b"no record", 400)
    server.ask("POST", "/api/predict?model=none", file.read_bytes(), 404)


def find(**query):
    return server.ask("GET", "/api/runs?" + urllib.parse.urlencode(query))


def runs_are_found_explained_and_compared():
    name = start(2, **{"training_config.batch_size": 4})
    run_state(name, "finished")
    found = find(filter="state = 'finished' and params.batch_size = 4", columns="params.epochs,metrics.exit_*,user")
    assert [run["run"] for run in found["items"]] == [name] and found["total"] == 1, found
    values = found["items"][0]["values"]
    assert values["params.training_config.epochs"] == 2 and values["metrics.exit_mae_mm"] > 0, values
    by_error = [run["run"] for run in find(filter="metrics.exit_mae_mm > 0", sort="metrics.exit_mae_mm", limit="2")["items"]]
    assert len(by_error) == 2
    error = server.ask("GET", "/api/runs?filter=metrics.exit_mae_m%3C1", expect=400)["error"]
    assert error["column"] == 1 and "metrics.exit_mae_mm" in error["hint"], error
    assert any(key["key"] == "metrics.exit_mae_mm" and key["used"] for key in server.ask("GET", "/api/run-keys")["items"])

    kept = server.ask("PUT", f"/api/runs/{name}/tags", {"tags": {"kept": "yes", "line": "A350"}})
    assert kept["tags"] == {"kept": "yes", "line": "A350"}, kept
    assert server.ask("PUT", f"/api/runs/{name}/tags", {"tags": {"line": None}})["tags"] == {"kept": "yes"}
    server.ask("PUT", f"/api/runs/{name}/tags", {"tags": {"not this": "x"}}, 400)
    server.ask("POST", f"/api/runs/{name}/notes", {"text": "batch of four"}, 201)
    assert [note["text"] for note in server.ask("GET", f"/api/runs/{name}/notes")["notes"]] == ["batch of four"]
    assert [run["run"] for run in find(filter="tags.kept = 'yes'")["items"]] == [name]

    details = server.ask("GET", f"/api/runs/{name}/details")
    assert details["about"]["dataset"] and details["about"]["build"] and details["about"]["command"], details["about"]
    assert len(details["folds"]) == 3 and details["folds"][0]["out_of_fold"]["exit"]["n"] > 0, details["folds"]
    assert any(file["path"] == "fold_03/model.safetensors" for file in details["artifacts"])
    assert details["logs"] == ["training.log", "log.txt"], details["logs"]
    with server.open("GET", f"/api/runs/{name}/files/training.log") as log:
        text = log.read().decode()
        assert log.headers["Content-Type"] == "text/plain; charset=utf-8" and " info  end: finished after " in text, text
    assert details["system"]["cpu_s"] > 0 and details["tags"] == {"kept": "yes"}, details["system"]
    diff = server.ask("GET", f"/api/runs/{first}/diff/{name}")
    assert diff["params"]["training_config.epochs"] == [4, 2] and "seed" not in diff["about"], diff
    both = server.ask("GET", f"/api/run-comparison?runs={first}/{name}")
    assert both["runs"] == [first, name] and len(both["curves"][1]["val_mm"]) == 2, both
    assert all(0 <= pair["p"] <= 1 and pair["n"] > 0 for pair in both["paired"]) and both["paired"], both
    with server.open("GET", f"/api/run-comparison?runs={first}/{name}&format=html") as page:
        assert page.headers["Content-Type"].startswith("text/html") and b"Runs compared" in page.read()
    server.ask("GET", f"/api/run-comparison?runs={first}", expect=400)
    server.ask("GET", f"/api/run-comparison?runs={first}/none", expect=404)
    doctor = server.ask("POST", "/api/doctor", {"rebuild_index": True})
    assert doctor["rebuilt"] and doctor["problems"] == [] and doctor["files"] > 10, doctor


def data_sets_are_shown_and_verified():
    kept = server.ask("GET", "/api/datasets")["kept"]
    name = server.ask("GET", f"/api/runs/{first}/details")["about"]["dataset"]
    assert name in [item["dataset"] for item in kept] and all(item["problem"] is None for item in kept), kept
    shown = server.ask("GET", f"/api/datasets/{name[:10]}")
    assert first in shown["runs"] and len(shown["items"]) == shown["holes"] == 24, shown["runs"]
    assert server.ask("GET", f"/api/datasets/{name}/verify")["intact"]
    assert server.ask("GET", f"/api/datasets/{name}/diff/{name}")["same"] == 24
    server.ask("GET", "/api/datasets/0000", expect=404)
    assert job("replay", model=first)["result"]["same"]


def jobs_stay_on_record():
    failed = job("simulate", "failed", family="cfrp_tin_two_step")
    assert "cfrp_ti_two_step" in failed["error"], failed
    job("simulate", holes=3)
    nobody = job("push", "failed", run=first, mlflow="http://127.0.0.1:9")
    assert "127.0.0.1:9" in nobody["error"], nobody
    kinds = {j["kind"] for j in server.ask("GET", "/api/jobs")["items"]}
    assert kinds == {"prepare", "evaluate", "export", "simulate", "push", "replay"}, kinds
    error = server.ask("POST", "/api/jobs", {"kind": "simulate", "options": {"hole": 1}}, 400)["error"]
    assert "holes" in error["hint"], error
    server.ask("GET", "/api/jobs/none", expect=404)


tests = [records_come_in_over_the_network, paths_that_lead_out_are_refused,
         wrong_configurations_are_refused_with_the_key_named, a_run_is_followed_to_its_end,
         a_killed_child_is_told_in_words_and_resumed_to_the_same_bytes,
         a_run_outlives_a_killed_server_and_is_found_again, a_model_is_evaluated_exported_and_downloaded,
         a_prediction_is_what_the_command_line_prints, runs_are_found_explained_and_compared,
         data_sets_are_shown_and_verified, jobs_stay_on_record]
def tidy_up():
    server.end()
    for record in (*models.glob("*/process.json"), *data.glob("jobs/*/process.json")):
        try:  # what a failed test has left running
            os.kill(child_of(record.parent.name), signal.SIGKILL)
        except (OSError, AssertionError):
            pass
    shutil.rmtree(work, True)


first = None
server = Server()
atexit.register(tidy_up)
print(f"1..{len(tests)}", flush=True)
for number, test in enumerate(tests, 1):
    name = test.__name__.replace("_", " ")
    began = time.monotonic()
    try:
        test()
        print(f"ok {number} - {name}", flush=True)
    except Exception as problem:
        print(f"not ok {number} - {name}\n# {type(problem).__name__}: {str(problem)[:1500]}", flush=True)
    print(f"# {time.monotonic() - began:.1f} s", flush=True)
