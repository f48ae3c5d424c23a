#!/usr/bin/env python3
"""The running server against the document that it gives of itself, judged by schemathesis: every operation gets requests
made from its description, fitting and unfitting ones; statuses, headers and shapes of the answers must be as described.

usage: test_api.py BUILD      prints TAP, then "# done" """
import os, pathlib, shutil, subprocess, sys, tempfile
import xml.etree.ElementTree as xml

sys.dont_write_bytecode = True
root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "tests/interfaces"))
from server import Server, make_data

# Not asked: that every request of the right shape succeeds. What a shape cannot say is refused too (a name that no job
# has, a record that is none), and rightly so.
# A missing If-Match is answered with 428, which RFC 6585 made for it; schemathesis knows other statuses only.
LEFT_OUT = "positive_data_acceptance,missing_required_header"
# These start trainings and preparations on this machine; tests/interfaces/test_serve_runs.py does that on purpose.
STARTS_WORK = ["/api/runs", "/api/jobs"]
SECONDS = 120

gimlet = os.path.abspath(os.path.join(sys.argv[1], "gimlet"))
folder = tempfile.mkdtemp(prefix="gimlet-api-")
try:
    data = make_data(gimlet, folder)
    token = subprocess.run([gimlet, "users", "add", "--data-dir", data, "--role", "admin", "Ann", "--quiet"], check=True,
                           capture_output=True, text=True).stdout.strip()
    server = Server(gimlet, data)
    report = os.path.join(folder, "report.xml")
    command = [pathlib.Path(sys.executable).parent / "st", "run", server.url + "/openapi.json", "--phases",
               "coverage,fuzzing", "--max-examples", "8", "--max-time", str(SECONDS), "--seed", "1", "--exclude-checks",
               LEFT_OUT, "-H", f"Authorization: Bearer {token}", "-H", "X-Gimlet: 1", "--warnings", "off", "--no-color",
               "--report", "junit", "--report-junit-path", report]
    for path in STARTS_WORK:
        command += ["--exclude-path", path]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    n = 0
    for case in xml.parse(report).iter("testcase"):
        faults = case.findall("failure") + case.findall("error")
        n += 1
        print(f"{'not ok' if faults else 'ok'} {n} - {case.get('name')}")
        for fault in faults:
            for line in (fault.get("message") or fault.text or "").splitlines()[:12]:
                print("#", line)
    if n == 0:
        print("not ok 1 - schemathesis tested nothing")
        print("#", done.stdout[-2000:].replace("\n", "\n# "))
    n += 1
    print(f"{'ok' if server.alive() else 'not ok'} {n} - the server is there after it")
    faults = [line for line in server.read_log().splitlines() if " status=500 " in line]
    n += 1
    print(f"{'not ok' if faults else 'ok'} {n} - no answer was a fault of the server")
    for line in faults[:10]:
        print("#", line)
    server.stop()
finally:
    shutil.rmtree(folder, ignore_errors=True)
print("# done")
