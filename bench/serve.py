"""Small requests to gimlet serve while 50 event streams run, against a bare libmicrohttpd "hello" on the same cores.

usage: serve.py BUILD [SECONDS]     last line: JSON
"""
import json, os, pathlib, re, subprocess, sys, tempfile, threading, time

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "tests/interfaces"))
from server import Server, make_data

build, seconds = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
STREAMS, CONNECTIONS, RUN = 50, 32, "running"


def requests_per_s(url, *headers):
    """What one thread of wrk gets; every answer must be a 200."""
    done = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", *headers, url], capture_output=True, text=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout or done.returncode:
        sys.exit(f"{url}: {done.stdout}{done.stderr}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1))


def make_run(models, process):
    """The folder of a run whose process lives: its streams do not end."""
    run = os.path.join(models, RUN)
    os.makedirs(run)
    with open(f"/proc/{process.pid}/stat") as stat, open("/proc/sys/kernel/random/boot_id") as boot:
        record = {"pid": process.pid, "start_ticks": int(stat.read().rsplit(")", 1)[1].split()[19]),
                  "boot": boot.read().strip(), "started_at": "2026-01-01T00:00:00.000Z"}
    with open(os.path.join(run, "process.json"), "w") as out:
        json.dump(record, out)
    events = os.path.join(run, "events.jsonl")
    open(events, "w").close()
    with open(os.path.join(run, "request.json"), "w") as out:
        out.write("{}")
    return events


class Streams:
    """Clients that count the events that reach them."""

    def __init__(self, server):
        self.counts, self.open, self.stopped = [0] * STREAMS, 0, False
        for i in range(STREAMS):
            threading.Thread(target=self.read, args=(server, i), daemon=True).start()

    def read(self, server, i):
        connection = server.connect()
        connection.request("GET", f"/api/runs/{RUN}/events")
        answer = connection.getresponse()
        self.open += answer.status == 200
        try:
            while not self.stopped:
                line = answer.readline()
                if not line:
                    break
                self.counts[i] += line.startswith(b"data:")
        except OSError:
            pass


def main():
    with tempfile.TemporaryDirectory() as folder:
        data, models = make_data(str(build / "gimlet"), folder), os.path.join(folder, "models")
        sleeper = subprocess.Popen(["sleep", "3600"])
        hello = subprocess.Popen([build / "bench/hello_server", str(os.cpu_count())], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True)
        server = None
        try:
            events = make_run(models, sleeper)
            port = hello.stdout.readline().strip()
            server = Server(str(build / "gimlet"), data, "--models-dir", models, "--log-level", "warning")
            streams = Streams(server)
            stop = threading.Event()

            def write():
                with open(events, "a") as out:
                    for n in range(10 ** 6):
                        if stop.wait(0.2):
                            return
                        out.write(json.dumps({"event": "epoch", "fold": 1, "epoch": n, "train_loss": 1 / (n + 1)}) + "\n")
                        out.flush()
            threading.Thread(target=write, daemon=True).start()
            for _ in range(100):
                if streams.open == STREAMS:
                    break
                time.sleep(0.1)
            if streams.open < STREAMS:
                sys.exit(f"only {streams.open} of {STREAMS} event streams were opened")
            ours, theirs = [], []
            for _ in range(3):
                theirs.append(requests_per_s(f"http://127.0.0.1:{port}/"))
                before = list(streams.counts)
                ours.append(requests_per_s(server.url + "/api/session"))
                starved = sum(after == b for after, b in zip(streams.counts, before))
                if starved:
                    sys.exit(f"{starved} event streams got nothing meanwhile")
            stop.set()
            streams.stopped = True
            print(json.dumps({"gimlet_per_s": sorted(ours)[1], "hello_per_s": sorted(theirs)[1], "gimlet_all": ours,
                              "hello_all": theirs, "streams": STREAMS, "events": sum(streams.counts)}))
        finally:
            sleeper.kill()
            hello.stdin.close()
            if server:
                server.process.kill()


main()
