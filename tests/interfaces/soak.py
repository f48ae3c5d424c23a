#!/usr/bin/env python3
"""gimlet serve under load for minutes: does its memory stay flat, and does it lose anything? Prints a line every ten
seconds; ends with 1 when memory grew, an answer was wrong, or an edit was lost.

usage: soak.py GIMLET [MINUTES]"""
import json, os, random, shutil, sys, tempfile, threading, time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from random_requests import storm
from server import Server, make_data

gimlet, minutes = os.path.abspath(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 10
ALLOWED_GROWTH_KB = 4096  # from the end of the first quarter on
stop, faults, counts = threading.Event(), [], {"reads": 0, "edits": 0, "random": 0}


def read(server, ids, seed):
    pick, c = random.Random(seed), server.connect()
    while not stop.is_set():
        path = pick.choice(["/api/session", "/api/holes?limit=50&sort=confidence", f"/api/holes/{pick.choice(ids)}",
                            f"/api/holes/{pick.choice(ids)}/signals?width=800", "/api/quality", "/api/queue", "/"])
        c.request("GET", path)
        answer = c.getresponse()
        answer.read()
        counts["reads"] += 1
        if answer.status != 200:
            faults.append(f"{path}: {answer.status}")


def edit(server, hole, kept):
    """One person's edits of one hole: the last one that was acknowledged must be there in the end."""
    name, version, n = f"Soak {hole[:6]}", None, 0
    while not stop.wait(0.02):
        if version is None:
            version = json.loads(server.ask("GET", f"/api/holes/{hole}/labels")[2])["version"]
        n += 1
        points = {"entry": {"mm": 1 + n % 1000 / 1000}, "transition": {"mm": None}, "exit": {"mm": None}}
        status, _, body = server.ask("PUT", f"/api/holes/{hole}/labels",
                                     {"points": points, "rejected": False, "reason": "", "gesture": "soak"},
                                     {"If-Match": f'"{version}"', "X-Gimlet-User": name})
        if status == 200:
            version = json.loads(body)["version"]
            kept[hole] = (name, points["entry"]["mm"])
            counts["edits"] += 1
        elif status == 409:  # the random requests may have edited it as well
            version = None
        else:
            faults.append(f"PUT labels: {status} {body[:200]}")


def disturb(server, paths, ids):
    seed = 0
    while not stop.is_set():
        seed += 1
        found, _ = storm(server.url, 100, seed, paths, ids, server.alive)
        faults.extend(found)
        counts["random"] += 100


def check_edits(server, kept):
    for hole, (name, mm) in kept.items():
        labels = json.loads(server.ask("GET", f"/api/holes/{hole}/labels")[2])["labels"]
        mine = [label["points"]["entry"]["mm"] for label in labels if label["author"] == name]
        if len(mine) != 1 or abs(mine[0] - mm) > 1e-9:  # depths are told in decimals, and may differ in the last bit
            faults.append(f"the edit of {name} is lost: {mine}, not {mm}")


def main():
    folder = tempfile.mkdtemp(prefix="gimlet-soak-")
    server = Server(gimlet, make_data(gimlet, folder, 40), "--log-level", "warning")
    ids, kept = [h["id"] for h in server.json("/api/holes")["items"]], {}
    paths = {path: item for path, item in server.json("/openapi.json")["paths"].items()
             if path not in ("/api/runs", "/api/jobs", "/api/users")}
    threads = [threading.Thread(target=read, args=(server, ids, i)) for i in range(4)]
    threads += [threading.Thread(target=edit, args=(server, hole, kept)) for hole in ids[:3]]
    threads += [threading.Thread(target=disturb, args=(server, paths, ids[3:]))]
    for thread in threads:
        thread.start()
    begun, samples = time.monotonic(), []
    while (passed := time.monotonic() - begun) < 60 * minutes and server.alive():
        samples.append((passed, server.memory_kb()))
        print(f"{passed:5.0f} s  {samples[-1][1] / 1024:7.1f} MB  {counts['reads']} reads, {counts['edits']} edits, "
              f"{counts['random']} random requests, {len(faults)} faults", flush=True)
        time.sleep(min(10, 15 * minutes / 4))
    stop.set()
    for thread in threads:
        thread.join()
    check_edits(server, kept)
    warm = max(kb for passed, kb in samples if passed <= 15 * minutes)
    growth = samples[-1][1] - warm
    print(f"memory {growth / 1024:+.1f} MB since the first quarter; {len(faults)} faults")
    print("\n".join(faults[:20]))
    ended = server.stop()
    shutil.rmtree(folder, ignore_errors=True)
    sys.exit(bool(faults) or growth > ALLOWED_GROWTH_KB or ended != 0)


main()
