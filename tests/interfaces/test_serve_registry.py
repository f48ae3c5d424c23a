#!/usr/bin/env python3
"""usage: test_serve_registry.py GIMLET     prints TAP

The registry through the real server: register, compare, gate, roles, second person, rollback, passports. Standard library
only."""
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

from server import Server

gimlet = os.path.realpath(sys.argv[1])
work = tempfile.TemporaryDirectory(prefix="gimlet-registry-")
folder = pathlib.Path(work.name)
data, models = folder / "data", folder / "models"
KILLS = 60
n = failures = 0


def holds(name, value, detail=""):
    global n, failures
    n += 1
    print(f"{'ok' if value else 'not ok'} {n} - {name}", flush=True)
    if not value:
        failures += 1
        print(f"# {str(detail)[:600]}")


def run(*words):
    return subprocess.run([gimlet, *map(str, words)], capture_output=True, text=True, check=True).stdout


def train(name, seed):
    sets = ["training_config.cross_validation.n_folds=3", "training_config.epochs=3", "model_config.d_model=8",
            "model_config.num_layers=1", "model_config.sequence_length=128", "data_config.preprocessing.bin_mm=0.3",
            "training_config.cross_validation.grouping=hole", f"training_config.seed={seed}", f"experiment_name={name}"]
    out = run("train", "--data-dir", data, "--output-dir", models, "--quiet", *[w for s in sets for w in ("--set", s)])
    return os.path.basename(out.strip().splitlines()[-1])


run("simulate", "--output-dir", folder / "raw", "--holes", 24, "--seed", 7, "--anomalies", 0, "--quiet")
run("prepare", "--input-dir", folder / "raw", "--output-dir", data, "--validate", "--auto-label", "--quiet")
first, second = train("first", 1), train("second", 2)
tokens = {name: run("users", "add", "--data-dir", data, "--role", role, "--quiet", name).strip()
          for name, role in [("Chief", "admin"), ("Meyer", "engineer"), ("Kurz", "engineer"), ("Guest", "viewer")]}
server = Server(gimlet, str(data), "--models-dir", str(models))


def ask(who, method, path, body=None, kind=None):
    headers = {"Authorization": "Bearer " + tokens[who]}
    if kind:
        headers["Content-Type"] = kind
    status, _, answer = server.ask(method, path, body, headers)
    try:
        return status, json.loads(answer)
    except ValueError:
        return status, answer


LOOSE = """folds: {at_least: 2}
accuracy: {entry_mae_mm: 0, transition_mae_mm: 0, exit_mae_mm: 0, hole_depth_mae_mm: 0, missed: 1, grip_exact: 0}
groups: {use: no}
coverage: {use: no}
leak: {tool_life: no}
champion: {use: no}
export_proof: {use: no}
latency: {use: no}
"""
status, answer = ask("Guest", "GET", "/api/registry")
holds("a viewer sees that there is nothing", status == 200 and answer == {"items": []}, answer)
status, answer = ask("Guest", "POST", "/api/registry/exit/versions", {"run": first})
holds("a viewer registers nothing", status == 403, answer)
status, answer = ask("Kurz", "POST", "/api/registry/exit/versions",
                     {"run": first, "description": "the first", "tags": {"line": "A"}})
holds("an engineer registers a run", status == 201 and answer["version"] == 1 and answer["created_by"] == "Kurz" and
      answer["tags"] == {"line": "A"} and any(f["path"] == "dataset.json" for f in answer["files"]), answer)
status, answer = ask("Kurz", "POST", "/api/registry/exit/versions", {"run": first})
holds("once", status == 409 and "exit:1" in answer["error"]["message"], answer)
status, answer = ask("Kurz", "POST", "/api/registry/exit/versions", {"run": "../" + second})
holds("by name, not by path", status == 400, answer)
status, answer = ask("Kurz", "POST", "/api/registry/exit/versions", {"run": second})
holds("another run is the next version", status == 201 and answer["version"] == 2, answer)

promote = "/api/registry/exit/versions/%d/promote"
status, answer = ask("Meyer", "POST", promote % 1, {"alias": "champion", "check": True})
holds("the standard gate refuses so small a model", status == 200 and not answer["promoted"] and
      any(f["rule"] == "accuracy" and f["verdict"] == "failed" for f in answer["gate"]["findings"]), answer)
status, answer = ask("Kurz", "POST", promote % 1, {"alias": "champion", "gate": LOOSE})
failed = [f["rule"] for f in (answer.get("gate") or {}).get("findings", []) if f["verdict"] == "failed"]
holds("nobody promotes what they registered", status == 200 and failed == ["second_person"], answer)
status, answer = ask("Meyer", "POST", promote % 1, {"alias": "champion", "gate": LOOSE, "reason": "fits"})
holds("a second person does", status == 200 and answer["promoted"] and answer["previous"] is None, answer)
status, answer = ask("Meyer", "POST", promote % 2, {"alias": "champion", "gate": "accuracy: {exit_mae: 1}"})
holds("a wrong key of a gate is named", status == 400 and "accuracy.exit_mae_mm" in answer["error"]["hint"], answer)
status, answer = ask("Meyer", "POST", promote % 2, {"alias": "champion", "gate": "none"})
holds("without a gate", status == 200 and answer["promoted"] and answer["previous"] == 1 and answer["gate"] is None, answer)
status, answer = ask("Guest", "POST", "/api/registry/exit/rollback", {"alias": "champion"})
holds("a viewer rolls nothing back", status == 403, answer)
status, answer = ask("Meyer", "POST", "/api/registry/exit/rollback", {"alias": "champion", "reason": "drift"})
holds("an engineer does", status == 200 and (answer["from"], answer["to"]) == (2, 1), answer)
status, answer = ask("Guest", "GET", "/api/registry/exit")
actions = [line["action"] for line in answer["history"]]
holds("the history tells all of it",
      actions == ["rolled back", "promoted", "promoted", "refused", "registered", "registered"] and answer["history"][1]["detail"]["gate"]["name"] == "none" and answer["aliases"] == {"champion": 1}, answer)
status, answer = ask("Guest", "GET", "/api/registry/exit/versions/3")
holds("there is no third version", status == 404, answer)
status, answer = ask("Guest", "GET", "/api/model-comparison?a=exit@champion&b=exit:2")
holds("two versions are compared", status == 200 and answer["common_holes"] > 15 and len(answer["metrics"]) == 4 and
      answer["same_dataset"] and [s["key"] for s in answer["settings"]] == ["experiment_name", "training_config.seed"],
      answer)
status, answer = ask("Guest", "GET", "/api/model-comparison?a=exit:1&b=exit:2&format=html")
holds("as a page, too", status == 200 and answer.startswith(b"<!doctype html>") and b"http" not in answer, answer)
status, answer = ask("Meyer", "POST", "/api/registry/exit/versions/1/verify")
holds("a version is verified", status == 200 and answer["good"], answer)

record = next((folder / "raw").glob("*/*.xls")).read_bytes()
answers = [ask("Guest", "POST", f"/api/predict?model={model}", record, "application/octet-stream")
           for model in (first, "exit@champion", "exit:1", "exit:2", "exit:7")]
holds("records are predicted by registered models", [a[0] for a in answers] == [200] * 4 + [404] and
      answers[0] == answers[1] == answers[2] != answers[3], answers)
status, passport = ask("Meyer", "GET", "/api/registry/exit/versions/1/passport")
holds("a passport is sent", status == 200 and passport[:13] == b"manifest.json", passport)
status, answer = ask("Kurz", "POST", "/api/passports?name=copy", passport, "application/x-tar")
holds("and taken in", status == 201 and answer["model"] == "copy" and answer["trusted"] == "own" and
      answer["from"] == {"model": "exit", "version": 1}, answer)
status, again = ask("Meyer", "GET", "/api/registry/copy/versions/1/passport")
holds("and goes out again byte by byte", again == passport)
changed = bytearray(passport)
changed[len(changed) // 2] ^= 1
status, answer = ask("Kurz", "POST", "/api/passports?name=bad", bytes(changed), "application/x-tar")
holds("a changed byte is refused", status == 400 and "changed" in answer["error"]["message"], answer)
status, answer = ask("Guest", "GET", "/api/registry/bad")
holds("and leaves nothing behind", status == 404 and not (models / "registry/.import").exists() and
      not list((models / "registry").glob(".sent*")), answer)

# What is said about models, and versions that are deleted.
version = "/api/registry/exit/versions/%d"
status, answer = ask("Guest", "PUT", "/api/registry/exit", {"description": "mine"})
holds("a viewer describes nothing", status == 403, answer)
status, answer = ask("Kurz", "PUT", "/api/registry/exit", {"description": "all machines", "tags": {"owner": "drilling"}})
holds("an engineer describes a model", status == 200 and answer["description"] == "all machines" and
      answer["tags"] == {"owner": "drilling"} and answer["history"][0]["version"] == 0, answer)
status, answer = ask("Kurz", "PUT", version % 1, {"tags": {"line": None, "kept": "yes"}})
holds("and a version, of which what is not named stays", status == 200 and answer["description"] == "the first" and
      answer["tags"] == {"kept": "yes"}, answer)
status, answer = ask("Kurz", "PUT", version % 1, {"tags": {"a b": "c"}})
holds("a tag has a name that can be", status == 400 and "cannot be the name of a tag" in answer["error"]["message"], answer)
status, answer = ask("Guest", "GET", "/api/registry/exit")
holds("who changed what stands in the history", [(line["action"], line["version"], line["who"], line["detail"])
      for line in answer["history"][:4]] == [
          ("tagged", 1, "Kurz", {"tag": "kept", "old": None, "new": "yes"}),
          ("tagged", 1, "Kurz", {"tag": "line", "old": "A", "new": None}),
          ("tagged", 0, "Kurz", {"tag": "owner", "old": None, "new": "drilling"}),
          ("described", 0, "Kurz", {"old": "the first", "new": "all machines"})], answer["history"][:4])
status, answer = ask("Guest", "DELETE", version % 2 + "?reason=old")
holds("a viewer deletes nothing", status == 403, answer)
status, answer = ask("Kurz", "DELETE", version % 1 + "?reason=old")
holds("what an alias points to stays", status == 409 and "exit:1 is the champion" in answer["error"]["message"], answer)
status, answer = ask("Kurz", "DELETE", version % 2)
holds("without a reason, too", status == 400 and "reason" in answer["error"]["message"], answer)
status, answer = ask("Kurz", "DELETE", version % 2 + "?reason=not%20needed")
holds("an engineer deletes a version", status == 200 and answer["freed_files"] > 5 and answer["waiting_files"] == 0, answer)
status, answer = ask("Guest", "GET", version % 2)
holds("then it is gone", status == 404 and "exit:2 was deleted" in answer["error"]["message"], answer)
status, answer = ask("Guest", "GET", "/api/registry/exit")
holds("and known", answer["history"][0]["action"] == "deleted" and answer["history"][0]["reason"] == "not needed" and
      answer["n_versions"] == 1, answer)
status, answer = ask("Kurz", "POST", "/api/registry/exit/versions", {"run": second})
holds("its number is not used again", status == 201 and answer["version"] == 3, answer)
status, answer = ask("Meyer", "POST", "/api/registry/exit/versions/1/verify")
holds("what others need is still there", status == 200 and answer["good"], answer)

# Passports that are larger than what a request may hold in memory; on a server that has done nothing else yet.
holds("the server stops when asked", server.stop() == 0)
server = Server(gimlet, str(data), "--models-dir", str(models))
MIB = 1 << 20


def most_memory():
    text = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("VmHWM")).split()[1]) << 10


def stream(method, path, file, size=0):
    connection = server.connect()
    connection.request(method, path, file if size else None, {
        "Authorization": "Bearer " + tokens["Kurz"], "X-Gimlet": "1",
        **({"Content-Type": "application/octet-stream", "Content-Length": str(size)} if size else {})})
    response = connection.getresponse()
    if size:
        return response.status, json.load(response)
    while block := response.read(MIB):
        file.write(block)
    return response.status, None


before = most_memory()
shutil.copytree(models / first, models / "big")
with open(models / "big" / "report.html", "ab") as report:
    report.write(bytes(100 * MIB))
status, answer = ask("Kurz", "POST", "/api/registry/large/versions", {"run": "big"})
holds("a version of 100 MiB is registered", status == 201 and answer["size_bytes"] > 100 * MIB, answer)
large = folder / "large.passport"
with open(large, "wb") as file:
    status, _ = stream("GET", "/api/registry/large/versions/1/passport", file)
holds("its passport is sent", status == 200 and large.stat().st_size > 100 * MIB, status)
with open(large, "rb") as file:
    status, answer = stream("POST", "/api/passports?name=large-copy", file, large.stat().st_size)
holds("and taken in", status == 201 and answer["model"] == "large-copy", answer)
holds("in flat memory", most_memory() - before < 32 * MIB < large.stat().st_size, (before / MIB, most_memory() / MIB))
print(f"# {large.stat().st_size / MIB:.1f} MiB out and in; at most {most_memory() / MIB:.0f} MiB of memory ({before / MIB:.0f} before)")
head = f"Host: {server.host}:{server.port}\r\nAuthorization: Bearer %s\r\nX-Gimlet: 1\r\nContent-Length: %d\r\n\r\n"
answers = [server.raw((f"POST {path} HTTP/1.1\r\n" + head % (tokens[who], size)).encode()) for who, path, size in [
    ("Kurz", "/api/predict?model=exit:1", 100 * MIB), ("Kurz", "/api/passports", 5 << 30), ("Guest", "/api/passports", 1 << 30)]]
holds("what is too large, or not for them, is refused before it comes", answers == [413, 413, 403], answers)
holds("nothing of what was sent is left", not list(models.glob(".sent*")))
holds("and the server stops again", server.stop() == 0)

# Killed while passports are written and taken in: a file is whole or not there, a version too.
whole = hashlib.sha256(passport).hexdigest()
out, other, rng = folder / "out.passport", folder / "other", random.Random(5)
halves, lost, imported = [], [], 0
(folder / "exit.passport").write_bytes(passport)
began = time.monotonic()
run("models", "import", folder / "exit.passport", "--models-dir", other, "--name", "whole")
takes_s = time.monotonic() - began
for i in range(KILLS):
    writing = i % 2 == 0
    words = ["export", "exit:1", "--models-dir", models, "--output", out] if writing else \
            ["import", folder / "exit.passport", "--models-dir", other, "--name", f"m{i}"]
    child = subprocess.Popen([gimlet, "models", *map(str, words), "--json"], stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    time.sleep(rng.uniform(0, 2) * takes_s)
    child.kill()
    answered = child.communicate()[0]
    if writing and out.exists():
        if hashlib.sha256(out.read_bytes()).hexdigest() != whole:
            halves.append(i)
        out.unlink()
    elif writing and answered:
        lost.append(i)
    elif not writing:
        there = other.exists() and f"m{i}" in run("models", "list", "--models-dir", other)
        imported += there
        lost += [i] if answered and not there else []
        if there:
            run("models", "export", f"m{i}", "--models-dir", other, "--output", out)
            halves += [i] if hashlib.sha256(out.read_bytes()).hexdigest() != whole else []
        out.unlink(missing_ok=True)
holds(f"killed {KILLS} times while passports are written and taken in, nothing is half or lost", not halves and not lost,
      (halves, lost))
holds("some were taken in, some were not", 0 < imported < KILLS // 2, imported)
print(f"1..{n}")
sys.exit(failures > 0)
