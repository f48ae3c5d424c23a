#!/usr/bin/env python3
"""Runs pushed to a real MLflow server, read back with MLflow's own client: after the fact and while training, twice,
through faults, with the server or the push killed in the middle, and to servers that refuse.

usage: test_mlflow.py BUILD      prints TAP, then "# done" """
import hashlib, http.server, json, os, pathlib, random, shutil, signal, socket, subprocess, sys, tempfile, threading, time
import urllib.request

sys.dont_write_bytecode = True
root = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(root / "tests/interfaces")]
os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true", no_proxy="127.0.0.1,localhost",
                  GIT_PYTHON_REFRESH="quiet", MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false", MLFLOW_HTTP_REQUEST_MAX_RETRIES="3")
from faults import Faults
from server import make_data
from mlflow.models import Model
from mlflow.tracking import MlflowClient

gimlet = os.path.abspath(os.path.join(sys.argv[1], "gimlet"))
folder = pathlib.Path(tempfile.mkdtemp(prefix="gimlet-mlflow-"))
count = 0
FOLDS, EPOCHS = 3, 40


def check(claim, name, *why):
    global count
    count += 1
    print(f"{'ok' if claim else 'not ok'} {count} - {name}")
    if not claim:
        for line in why:
            print("#", str(line)[-1500:].replace("\n", "\n# "))
    sys.stdout.flush()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Mlflow:
    """A server of its own; its store outlives a kill."""

    def __init__(self, name, *more, artifacts=True, port=None, env=None):
        self.place, self.port, self.env = folder / name, port or free_port(), {**os.environ, **(env or {})}
        self.place.mkdir(exist_ok=True)
        self.arguments = [*more, "--artifacts-destination", str(self.place / "files"), "--serve-artifacts"] if artifacts \
            else [*more, "--no-serve-artifacts", "--default-artifact-root", str(self.place / "files")]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        with open(self.place / "log", "a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(self.port),
                 "--workers", "1", "--backend-store-uri", f"sqlite:///{self.place}/mlflow.db", *self.arguments],
                stdout=log, stderr=log, start_new_session=True, env=self.env)
        for _ in range(3000):
            try:
                urllib.request.urlopen(self.url + "/version", timeout=2).read()
                return
            except OSError as refusal:
                if getattr(refusal, "code", None) in (401, 403):
                    return
                time.sleep(0.1)
        raise RuntimeError("mlflow server does not start: " + (self.place / "log").read_text()[-800:])

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def run(*words, env=None, **more):
    done = subprocess.run([gimlet, *map(str, words)], capture_output=True, text=True, timeout=300,
                          env={**os.environ, **(env or {})}, **more)
    return done.returncode, done.stdout, done.stderr


def train(data, models, seed, *sets):
    words = ["train", "--config", root / "configs/demo.yaml", "--data-dir", data, "--output-dir", models]
    for text in (f"training_config.cross_validation.n_folds={FOLDS}", f"training_config.epochs={EPOCHS}",
                 f"training_config.seed={seed}", *sets):
        words += ["--set", text]
    code, out, err = run(*words)
    assert code == 0, err
    return pathlib.Path(out.splitlines()[-1]), out + err


def push(run_dir, url, *more, env=None):
    return run("runs", "push", run_dir, "--mlflow", url, "--json", "--quiet", *more, env=env)


# ---- what must be there ----

def events_of(run_dir):
    """{(fold, metric): {epoch: value}} of the run's own log."""
    found = {}
    for line in (run_dir / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["event"] == "epoch":
            for name in ("train_loss", "val_loss", "val_mm", "learning_rate"):
                if event[name] is not None:
                    found.setdefault((event["fold"], name), {})[event["epoch"]] = event[name]
    return found


def params_of(run_dir):
    code, out, err = run("runs", "show", run_dir, "--json")
    return json.loads(out)


def problems(client, url, run_dir, experiment):
    """What on the server differs from the run's folder; [] = nothing."""
    bad, shown = [], params_of(run_dir)
    known = client.get_experiment_by_name(experiment)
    key = hashlib.sha256((run_dir / "run.json").read_bytes()).hexdigest()[:32]
    runs = client.search_runs([known.experiment_id], f"tags.`gimlet.run_key` = '{key}'", max_results=1000)
    by_fold = {r.data.tags["gimlet.fold"]: r for r in runs}
    if len(runs) != FOLDS + 1 or len(by_fold) != FOLDS + 1:
        return [f"{len(runs)} runs instead of {FOLDS + 1}"]
    parent = by_fold["0"]
    for fold in range(1, FOLDS + 1):
        child = by_fold[str(fold)]
        if child.data.tags.get("mlflow.parentRunId") != parent.info.run_id:
            bad.append(f"fold {fold} is no child")
        if child.info.status != "FINISHED":
            bad.append(f"fold {fold} is {child.info.status}")
    for (fold, name), values in events_of(run_dir).items():
        history = client.get_metric_history(by_fold[str(fold)].info.run_id, name)
        if {m.step: m.value for m in history} != values or len(history) != len(values):
            bad.append(f"fold {fold} {name}: {len(history)} points instead of {len(values)}")
    if parent.info.status != "FINISHED" or not parent.info.end_time > parent.info.start_time > 1.6e12:
        bad.append(f"state {parent.info.status} {parent.info.start_time} {parent.info.end_time}")
    params = {name: value for name, value in parent.data.params.items()}
    if params.get("training_config.epochs") != str(EPOCHS) or len(params) < 50 or len(params) != len(shown["params"]):
        bad.append(f"{len(params)} params instead of {len(shown['params'])}")
    metrics = json.loads((run_dir / "metrics.json").read_text())
    if parent.data.metrics.get("exit_mae_mm") is None or len(parent.data.metrics) < 20:
        bad.append(f"figures: {sorted(parent.data.metrics)}")
    inputs = parent.inputs.dataset_inputs
    if len(inputs) != 1 or not json.loads((run_dir / "run.json").read_text())["dataset"].startswith(inputs[0].dataset.digest):
        bad.append(f"inputs: {inputs}")
    log = {"path": "training.log", "sha256": hashlib.sha256((run_dir / "training.log").read_bytes()).hexdigest()}
    for item in [*json.loads((run_dir / "artifacts.json").read_text()), log]:
        path = urllib.request.quote(parent.info.artifact_uri.split(":", 1)[1].lstrip("/") + "/" + item["path"])
        body = urllib.request.urlopen(f"{url}/api/2.0/mlflow-artifacts/artifacts/{path}", timeout=30).read()
        if hashlib.sha256(body).hexdigest() != item["sha256"]:
            bad.append(f"{item['path']} has other bytes")
    return bad


# ---- steps ----

def after_the_fact(server, client, run_dir):
    code, out, err = push(run_dir, server.url, "--experiment", "plain")
    found = problems(client, server.url, run_dir, "plain") if code == 0 else [err]
    points = sum(len(v) for v in events_of(run_dir).values())
    check(code == 0 and not found, f"a run of {FOLDS} folds, {points} points: runs, params, history, inputs, files", *found)
    state = (run_dir / "mlflow.json").read_bytes()
    code, out, err = push(run_dir, server.url, "--experiment", "plain")
    answer = json.loads(out)
    found = problems(client, server.url, run_dir, "plain")
    check(code == 0 and not found and answer["metrics"] == 0 and answer["files"] == 0 and
          (run_dir / "mlflow.json").read_bytes() == state, "pushing again changes nothing", answer, *found)
    (run_dir / "mlflow.json").unlink()
    code, out, err = push(run_dir, server.url, "--experiment", "plain")
    found = problems(client, server.url, run_dir, "plain")
    check(code == 0 and not found, "also where the run forgot that it was pushed", err, *found)
    run("runs", "tag", run_dir, "line=7")
    push(run_dir, server.url, "--experiment", "plain")
    parent = client.get_run(answer["run_id"])
    check(parent.data.tags.get("line") == "7", "tags that people add later are told too", parent.data.tags)
    verified = run("runs", "show", run_dir, "--json")
    check("mlflow.json" not in [a["path"] for a in json.loads(verified[1])["artifacts"]], "the run's own files stay as they were")


def models(server, client, run_dir):
    for _ in range(2):
        code, out, err = push(run_dir, server.url, "--experiment", "plain", "--model", "depth", "--alias", "champion")
    versions = client.search_model_versions("name='depth'") if code == 0 else []
    check(len(versions) == 1, "one version of the model, though pushed twice", err, versions)
    version = client.get_model_version_by_alias("depth", "champion")
    check(version.run_id == json.loads(out)["run_id"] and version.status == "READY", "its alias points to it", version)
    local = client.download_artifacts(version.run_id, "model", str(folder))
    described = Model.load(local)
    same = (pathlib.Path(local) / "model.onnx").read_bytes() == (run_dir / "model.onnx").read_bytes()
    check(same and described.flavors["python_function"]["loader_module"] == "mlflow.onnx",
          "MLflow reads the model's description, the file is the run's", described.flavors)
    import mlflow.pyfunc
    try:
        mlflow.set_tracking_uri(server.url)
        loaded = mlflow.pyfunc.load_model("models:/depth@champion")
        check(loaded.metadata.run_id == version.run_id, "MLflow loads the model by its alias")
    except ImportError as missing:
        print(f"ok {count} - MLflow loads the model # SKIP {missing}")


def through_faults(server, client, data, models_dir):
    """Every kind of fault, at every request in turn: nothing is there twice, nothing is missing."""
    run_dir, _ = train(data, models_dir, 2)
    with Faults(server.port) as proxy:
        url, rng = f"http://127.0.0.1:{proxy.port}", random.Random(3)
        for i in range(4):
            proxy.plan = [rng.choice(["reset", "lost answer", "500", "503", None, None, None]) for _ in range(60)]
            code, out, err = push(run_dir, url, "--experiment", "faults")
            if code == 0:
                break
        proxy.plan = []
        code, out, err = push(run_dir, url, "--experiment", "faults")
        found = problems(client, server.url, run_dir, "faults") if code == 0 else [err]
        check(code == 0 and not found, f"faults at random, {i + 1} pushes: nothing twice, nothing missing", *found)


def killed(server, client, data, models_dir):
    run_dir, _ = train(data, models_dir, 4)
    rng, cut = random.Random(5), 0
    for _ in range(8):
        process = subprocess.Popen([gimlet, "runs", "push", run_dir, "--mlflow", server.url, "--experiment", "killed",
                                    "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.05, 0.6))
        cut += process.poll() is None
        process.kill()
        process.wait()
    code, out, err = push(run_dir, server.url, "--experiment", "killed")
    found = problems(client, server.url, run_dir, "killed") if code == 0 else [err]
    check(code == 0 and not found and cut > 0, f"the push killed {cut} times: the next one goes on", *found)
    run_dir, _ = train(data, models_dir, 6)
    process = subprocess.Popen([gimlet, "runs", "push", run_dir, "--mlflow", server.url, "--experiment", "server killed",
                                "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(0.5)
    server.kill()
    _, err = process.communicate(timeout=120)
    check(process.returncode == 1 and server.url in err, "the server killed in the middle: said in words", err)
    server.start()
    code, out, err = push(run_dir, server.url, "--experiment", "server killed")
    found = problems(client, server.url, run_dir, "server killed") if code == 0 else [err]
    check(code == 0 and not found, "after its restart the push goes on, nothing twice, nothing missing", *found)


def live(server, client, data, models_dir):
    sets = ["tracking=mlflow", f"mlflow.uri={server.url}", "mlflow.experiment=live"]
    run_dir, told = train(data, models_dir, 7, *sets)
    found = problems(client, server.url, run_dir, "live")
    check(not found, "told while it trains", told, *found)
    server.kill()
    begun = time.time()
    away, told = train(data, models_dir, 8, *sets)
    took = time.time() - begun
    check("gimlet runs push" in told and took < 120, "a server that is away does not stop a training", took, told)
    server.start()
    code, out, err = push(away, server.url, "--experiment", "live")
    found = problems(client, server.url, away, "live") if code == 0 else [err]
    check(code == 0 and not found, "what it missed is pushed afterwards", *found)
    same = run("train", "--resume", away, "--quiet")
    check(same[0] == 0, "a run that was told can be resumed", same[2])
    other, _ = train(data, models_dir, 8)
    weights = [hashlib.sha256((d / "fold_01/model.safetensors").read_bytes()).hexdigest() for d in (away, other)]
    check(weights[0] == weights[1], "told or not, the weights are the same bytes", weights)
    code, out, err = run("train", "--data-dir", data, "--output-dir", models_dir, "--set", "tracking=mlflow", "--set",
                         "mlflow.uri=http://anna:secret@host:5000")
    check(code == 2 and "secret" not in err and "MLFLOW_TRACKING_USERNAME" in err, "no password in a configuration", err)


class Refusing(http.server.BaseHTTPRequestHandler):
    """Answers like a server that wants to know who asks, and keeps what came."""
    def do_GET(self):
        self.server.seen.append(self.headers.get("Authorization"))
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def refused(run_dir):
    stub = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    stub.seen = []
    threading.Thread(target=stub.serve_forever, args=(0.05,), daemon=True).start()
    url = f"http://127.0.0.1:{stub.server_address[1]}"
    for status, body, word, env in [
            (401, b"You are not authenticated.", "MLFLOW_TRACKING_TOKEN", {}),
            (401, b"no", "not accepted", {"MLFLOW_TRACKING_TOKEN": "hidden-token"}),
            (403, b'{"error_code": "PERMISSION_DENIED", "message": "Permission denied"}', "may not do this",
             {"MLFLOW_TRACKING_USERNAME": "anna", "MLFLOW_TRACKING_PASSWORD": "hidden-word"}),
            (404, b"<h1>Not Found</h1>", "is the address right", {}),
            (200, b"<html>a page</html>", "no JSON", {}),
            (301, b"", "lies elsewhere", {})]:
        stub.answer = (status, body)
        code, out, err = push(run_dir, url, env=env)
        check(code == 1 and word in err and "hidden" not in err + out, f"a server that answers {status}: {word}", code, err)
    check("Bearer hidden-token" in stub.seen and any(s and s.startswith("Basic ") for s in stub.seen),
          "token and password come from the environment", stub.seen)
    kept = b"".join(p.read_bytes() for p in run_dir.rglob("*") if p.is_file())
    check(b"hidden-token" not in kept and b"hidden-word" not in kept, "and are in none of the run's files")
    stub.shutdown()
    stub.server_close()
    code, out, err = push(run_dir, f"http://127.0.0.1:{free_port()}")
    check(code == 1 and "nobody answers" in err, "no server", err)
    code, out, err = push(run_dir, "tracker:5000")
    check(code == 2 and "no address" in err, "no address", err)
    named = Mlflow("named", "--allowed-hosts", "tracker.example")
    code, out, err = push(run_dir, named.url)
    check(code == 1 and f"--allowed-hosts 127.0.0.1:{named.port}" in err, "an Invalid Host header: with the words to add", err)
    named.kill()
    plain = Mlflow("plain", artifacts=False)
    code, out, err = push(run_dir, plain.url, "--experiment", "no files")
    answer = json.loads(out) if code == 0 else {}
    run_there = MlflowClient(plain.url).get_run(answer["run_id"]) if answer else None
    list_hash = hashlib.sha256((run_dir / "artifacts.json").read_bytes()).hexdigest()
    check(code == 0 and run_there.data.tags["gimlet.artifacts_sha256"] == list_hash and run_there.info.status == "FINISHED",
          "a server that takes no files: all else is told, a tag names them", err, answer)
    code, out, err = push(run_dir, plain.url, "--experiment", "no files", "--model", "depth")
    check(code == 1 and "--serve-artifacts" in err, "and a model cannot be registered there: said", err)
    plain.kill()


def with_passwords(run_dir):
    """MLflow's own app for user and password."""
    settings = folder / "basic_auth.ini"
    settings.write_text(f"[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{folder}/users.db\n"
                        "admin_username = admin\nauth_cache_ttl_seconds = 600\nauthorization_function = mlflow.server.auth:authenticate_request_basic_auth\n")
    server = Mlflow("passwords", "--app-name", "basic-auth", env={
        "MLFLOW_AUTH_CONFIG_PATH": str(settings), "MLFLOW_AUTH_ADMIN_PASSWORD": "drill-2-depth-99",
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "of this test"})
    admin = {"MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": "drill-2-depth-99"}
    try:
        code, out, err = push(run_dir, server.url, "--experiment", "secret")
        check(code == 1 and "wants to know who asks (401)" in err and "MLFLOW_TRACKING_USERNAME" in err,
              "MLflow with passwords, nobody named: said what to set", code, err)
        code, out, err = push(run_dir, server.url, "--experiment", "secret", env={**admin, "MLFLOW_TRACKING_PASSWORD": "wrong-word-1234"})
        check(code == 1 and "not accepted (401)" in err and "wrong-word" not in err, "a wrong password: said", code, err)
        code, out, err = push(run_dir, server.url, "--experiment", "secret", "--model", "depth", env=admin)
        check(code == 0, "user and password from the environment: the push arrives, a model too", code, err)
        os.environ.update(admin)
        words = urllib.request.HTTPPasswordMgrWithPriorAuth()
        words.add_password(None, server.url, *admin.values(), is_authenticated=True)
        urllib.request.install_opener(urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(words)))
        found = problems(MlflowClient(server.url), server.url, run_dir, "secret") if code == 0 else [err]
        check(not found, "and all of it is there", *found)
    finally:
        for name in admin:
            os.environ.pop(name, None)
        urllib.request.install_opener(None)
        server.kill()


def main():
    data, models_dir = make_data(gimlet, str(folder)), folder / "models"
    run_dir, _ = train(data, models_dir, 1)
    server = Mlflow("server")
    try:
        client = MlflowClient(server.url)
        after_the_fact(server, client, run_dir)
        models(server, client, run_dir)
        through_faults(server, client, data, models_dir)
        killed(server, client, data, models_dir)
        live(server, client, data, models_dir)
    finally:
        server.kill()
    refused(run_dir)
    with_passwords(run_dir)


try:
    main()
except Exception as problem:  # told as a failed test, so that the others run
    import traceback
    check(False, "the test ran to its end", traceback.format_exc())
finally:
    shutil.rmtree(folder, ignore_errors=True)
print("# done")
