#!/usr/bin/env python3
"""gimlet serve as a client sees it: answers, refusals, limits, users. usage: test_server.py GIMLET    prints TAP"""
import json, os, shutil, signal, socket, struct, subprocess, sys, tempfile, threading, time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from random_requests import storm
from server import Server, Tap, make_data

gimlet = os.path.abspath(sys.argv[1])
tap = Tap()


def equal(got, wanted, what=""):
    assert got == wanted, f"{what or 'value'} is {got!r}, not {wanted!r}"


def error_of(answer, status, code):
    got, _, body = answer
    equal(got, status, f"status of {body[:200]!r}")
    error = json.loads(body)["error"]
    equal(set(error), {"code", "message", "hint", "line", "column"}, "members of error")
    equal(error["code"], code, "code")
    assert error["message"]
    return error


# --- reading ---

def session(s):
    answer = s.json("/api/session")
    equal((answer["user"], answer["role"], answer["users_configured"]), ("local", "admin", False))
    assert answer["has_data"] and not answer["has_models"]
    equal(json.loads(s.ask("GET", "/api/session", headers={"X-Gimlet-User": "A. Meyer"})[2])["user"], "A. Meyer")
    error_of(s.ask("GET", "/api/session", headers={"X-Gimlet-User": "x" * 64}), 400, "bad_request")


def holes(s):
    everything = s.json("/api/holes")
    total = everything["total"]
    assert total > 8 and len(everything["items"]) == total and everything["progress"]["total"] == total
    files = [hole["file"] for hole in everything["items"]]
    page = s.json("/api/holes", offset=3, limit=2)
    equal([hole["file"] for hole in page["items"]], files[3:5], "the second page")
    equal(page["total"], total)
    equal([h["file"] for h in s.json("/api/holes", order="desc")["items"]], files[::-1], "files downwards")
    scores = [h["label"]["confidence"] for h in s.json("/api/holes", sort="confidence")["items"] if h["label"]]
    equal(scores, sorted(scores), "confidences")
    one = everything["items"][4]
    assert one["id"] in [h["id"] for h in s.json("/api/holes", search=one["file"])["items"]]
    equal(s.json("/api/holes", search="no such hole")["total"], 0)
    parts = [s.json("/api/holes", category=c)["total"] for c in ("high", "medium", "low", "none")]
    equal(sum(parts), total, "categories together")
    equal(s.json("/api/holes", category="high,medium,low,none")["total"], total)
    equal(s.json("/api/holes", state="reviewed")["total"], 0)


def one_hole(s):
    hole = s.json("/api/holes", limit=1)["items"][0]
    detail = s.json("/api/holes/" + hole["id"])
    equal(detail["hole"], hole)
    assert detail["labels"] and detail["steps"] and detail["program"] and detail["fields"]
    equal(sum(step["count"] for step in detail["steps"]), hole["n_rows"], "rows of all steps")
    error_of(s.ask("GET", "/api/holes/" + "0" * 64), 404, "not_found")
    error_of(s.ask("GET", "/api/holes/xyz"), 404, "not_found")


def signals(s):
    hole = s.json("/api/holes", limit=1)["items"][0]
    path, n = f"/api/holes/{hole['id']}/signals", hole["n_rows"]
    _, headers, body = s.ask("GET", path + "?columns=depth,torque")
    equal((headers["X-Gimlet-Columns"], headers["X-Gimlet-Rows"], len(body)), ("depth,torque", str(n), 8 * n))
    torque = struct.unpack(f"<{2 * n}f", body)[n:]
    _, headers, body = s.ask("GET", path + "?columns=torque&width=50")
    equal((headers["X-Gimlet-Pairs"], headers["X-Gimlet-Rows"]), ("1", "50"))
    pairs = struct.unpack("<100f", body)
    equal(pairs, tuple(f(torque[i * n // 50:(i + 1) * n // 50]) for i in range(50) for f in (min, max)), "pairs")
    _, headers, body = s.ask("GET", path + "?columns=torque&from=10&to=20&width=500")
    equal(struct.unpack("<10f", body), torque[10:20], "a window smaller than the screen")
    assert headers["X-Gimlet-Pairs"] is None
    equal(error_of(s.ask("GET", path + "?columns=torqe"), 400, "bad_request")["hint"], 'did you mean "torque"?')
    error_of(s.ask("GET", path + "?from=20&to=10"), 400, "bad_request")
    error_of(s.ask("GET", path + "?width=99999"), 400, "bad_request")


def quality(s):
    answer = s.json("/api/quality")
    equal(sum(f["ok"] + f["warning"] + f["failed"] + f["error"] for f in answer["families"]), answer["totals"]["files"])
    assert answer["checks"] and all(c["text"] for c in answer["checks"])
    dataset = s.json("/api/datasets")["items"][0]
    equal(sum(dataset["by_source"].values()), dataset["labelled"])
    equal(s.ask("GET", "/api/quality/report")[0], 200)


def document(s):
    text = s.json("/openapi.json")
    equal(text["openapi"], "3.1.0")
    assert "/api/holes/{id}/signals" in text["paths"]
    page = s.ask("GET", "/api")[2].decode()
    assert all(path in page for path in text["paths"]), "the page leaves a route out"
    ids = [op["operationId"] for item in text["paths"].values() for op in item.values()]
    equal(len(ids), len(set(ids)), "distinct operation ids")


# --- refusals ---

def methods(s):
    status, headers, _ = answer = s.ask("PUT", "/api/holes", body={})
    error_of(answer, 405, "method_not_allowed")
    equal(headers["Allow"], "GET, HEAD")
    error_of(s.ask("DELETE", "/openapi.json"), 405, "method_not_allowed")
    error_of(s.ask("GET", "/api/nothing"), 404, "not_found")
    error_of(s.ask("GET", "/nothing.js"), 404, "not_found")
    _, headers, body = s.ask("HEAD", "/api/session")
    equal(body, b"")
    equal(int(headers["Content-Length"]), len(s.ask("GET", "/api/session")[2]))


def paths_outside(s):
    for path in ("/../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/api/../../etc/passwd", "/.%00/x",
                 "/api\\..\\x", "/api/holes/%", "/api/holes/%zz", "/%ff", "/a//b"):
        status = s.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert status in (400, 404), f"{path} is answered with {status}"


def other_pages(s):
    body = {"name": "a", "token": "b"}
    error_of(s.ask("GET", "/api/session", headers={"Host": "evil.example"}), 421, "bad_request")
    error_of(s.ask("POST", "/api/session", body, mark=False), 403, "forbidden")
    error_of(s.ask("POST", "/api/session", body, {"Origin": "http://evil.example"}), 403, "forbidden")
    error_of(s.ask("POST", "/api/session", body, {"Origin": "null"}), 403, "forbidden")
    error_of(s.ask("POST", "/api/session", body, {"Sec-Fetch-Site": "cross-site"}), 403, "forbidden")
    error_of(s.ask("POST", "/api/session", body, {"Origin": s.url}), 400, "bad_request")  # there are no users
    _, headers, _ = s.ask("GET", "/")
    assert "script-src 'self'" in headers["Content-Security-Policy"] and "unsafe" not in headers["Content-Security-Policy"]
    _, headers, _ = s.ask("GET", "/api/session")
    equal(headers["X-Content-Type-Options"], "nosniff")
    equal(headers["Access-Control-Allow-Origin"], None)


def queries(s):
    equal(error_of(s.ask("GET", "/api/holes?lmit=3"), 400, "bad_request")["hint"], 'did you mean "limit"?')
    for query in ("limit=-1", "limit=2001", "limit=x", "limit=1&limit=2", "sort=colour", "search=%ff", "search=%00"):
        error_of(s.ask("GET", "/api/holes?" + query), 400, "bad_request")


def bodies(s):
    where, json_type = "/api/session", {"Content-Type": "application/json"}
    error = error_of(s.ask("POST", where, b'{"name": "a",\n oops}', json_type), 400, "bad_request")
    equal(error["line"], 2)
    error_of(s.ask("POST", where, b"{}", {"Content-Type": "text/plain"}), 415, "bad_request")
    assert "token" in error_of(s.ask("POST", where, {"name": "a"}), 400, "bad_request")["message"]
    assert "name must be text" in error_of(s.ask("POST", where, {"name": 7, "token": "x"}), 400, "bad_request")["message"]
    equal(error_of(s.ask("POST", where, {"name": "a", "token": "x", "nam": 1}), 400, "bad_request")["hint"],
          'did you mean "name"?')
    error_of(s.ask("POST", where, b"[" * 100000, json_type), 400, "bad_request")
    error_of(s.ask("POST", where, b" " * (1 << 20) + b"{}", json_type), 413, "too_large")
    equal(s.raw(b"PUT /api/records/a.xls HTTP/1.1\r\nHost: localhost\r\nX-Gimlet: 1\r\nContent-Length: 99999999\r\n\r\n"), 413)
    equal(s.raw(b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nX-Gimlet: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 411)


def malformed(s):
    head = b"Host: localhost\r\n\r\n"
    equal(s.raw(b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + head), 414)
    assert s.raw(b"GET / HTTP/1.1\r\nX: " + b"a" * 100000 + b"\r\n" + head) in (413, 431)
    assert s.raw(b"POST /api/session HTTP/1.1\r\nX-Gimlet: 1\r\nContent-Length: 1x\r\n" + head) in (0, 400)
    s.raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", read=False)
    assert s.raw(b"GET http://localhost/api HTTP/1.1\r\n" + head) == 400
    s.raw(b"POST /api/session HTTP/1.1\r\nX-Gimlet: 1\r\nContent-Length: 500\r\n" + head + b"{", read=False)
    equal(s.ask("GET", "/api/session")[0], 200)


def slow_clients(s):
    """Connections that never finish their request take nothing away from the others."""
    slow = [socket.create_connection((s.host, s.port)) for _ in range(100)]
    try:
        for i, c in enumerate(slow):
            c.sendall(b"GET /api/session HTTP/1.1\r\nHost: localhost\r\nX-Slow: " if i % 2 else
                      b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nX-Gimlet: 1\r\nContent-Length: 900\r\n\r\n{")
        for _ in range(20):
            equal(s.ask("GET", "/api/holes?limit=1")[0], 200)
    finally:
        for c in slow:
            c.close()
    equal(s.ask("GET", "/api/session")[0], 200)


def slow_clients_are_cut_off(data):
    """A client that sends a byte now and then holds its place for the time that a request may take, and no longer."""
    s = Server(gimlet, data, "--request-timeout", "2")
    slow = [socket.create_connection((s.host, s.port)) for _ in range(20)]
    try:
        for c in slow:
            c.sendall(b"GET /api/session HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        began = time.monotonic()
        open_still = list(slow)
        while open_still and time.monotonic() - began < 20:
            time.sleep(0.25)
            equal(s.ask("GET", "/api/holes?limit=1")[0], 200, "status for the others")
            for c in list(open_still):
                c.setblocking(False)
                try:
                    c.send(b"a")
                    if c.recv(1) == b"":
                        open_still.remove(c)
                except BlockingIOError:
                    pass
                except ConnectionError:
                    open_still.remove(c)
        took = time.monotonic() - began
        equal(len(open_still), 0, "slow connections that are open still")
        assert took >= 1.5, f"cut off after {took:.1f} s"
    finally:
        for c in slow:
            c.close()
        equal(s.stop(), 0)


def many_at_once(s):
    bad = []

    def client():
        c = s.connect()
        for _ in range(50):
            c.request("GET", "/api/holes?limit=3&sort=score")
            answer = c.getresponse()
            if answer.status != 200 or len(json.loads(answer.read())["items"]) != 3:
                bad.append(answer.status)
    threads = [threading.Thread(target=client) for _ in range(12)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(bad, [])


def changes_are_seen(s, data):
    """What another process writes into the data directory is there soon after."""
    hole = s.json("/api/holes", limit=1)["items"][0]
    table = os.path.join(data, "one.csv")
    with open(table, "w") as out:
        out.write(f"file,entry_mm,transition_mm,exit_mm\n{hole['file']},1.25,,\n")
    subprocess.run([gimlet, "labels", "import", "--data-dir", data, "--source", "expert", "--author", "B. Ito", table,
                    "--quiet"], check=True, stdout=subprocess.DEVNULL)
    end, after = time.monotonic() + 10, []
    while not after and time.monotonic() < end:
        time.sleep(0.05)
        after = s.json("/api/holes", author="B. Ito")["items"]
    equal([h["id"] for h in after], [hole["id"]])
    equal((after[0]["state"], after[0]["label"]["points"]["entry"]["mm"]), ("reviewed", 1.25))


def random_requests(s):
    paths = s.json("/openapi.json")["paths"]
    ids = [h["id"] for h in s.json("/api/holes")["items"]]
    faults, statuses = storm(s.url, 2000, 20261126, paths, ids, s.alive)
    assert not faults, "\n".join(faults[:5])
    assert statuses.get("200", 0) > 100 and statuses.get("400", 0) > 100, statuses
    equal(s.ask("GET", "/api/session")[0], 200)


# --- users ---

def add_user(data, name, role):
    return subprocess.run([gimlet, "users", "add", "--data-dir", data, "--role", role, name, "--quiet"], check=True,
                          capture_output=True, text=True).stdout.strip()


def tokens(s, data):
    admin, viewer = add_user(data, "Ann", "admin"), add_user(data, "Vic", "viewer")
    bearer = {"Authorization": "Bearer " + admin}
    error_of(s.ask("GET", "/api/holes"), 401, "unauthorized")
    equal(s.ask("GET", "/api/holes", headers=bearer)[0], 200)
    equal(json.loads(s.ask("GET", "/api/session", headers={**bearer, "X-Gimlet-User": "Zoe"})[2])["user"], "Ann")
    equal(json.loads(s.ask("GET", "/api/session")[2])["role"], "none")
    status, headers, body = s.ask("POST", "/api/session", {"name": "Vic", "token": viewer})
    equal((status, json.loads(body)["role"]), (200, "viewer"))
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    carried = {"Cookie": cookie.split(";")[0]}
    equal(s.ask("GET", "/api/holes", headers=carried)[0], 200)
    error_of(s.ask("POST", "/api/session", {"name": "Ann", "token": viewer}), 401, "unauthorized")
    equal(s.ask("DELETE", "/api/session", headers=carried)[0], 204)
    error_of(s.ask("GET", "/api/holes", headers=carried), 401, "unauthorized")
    subprocess.run([gimlet, "users", "remove", "--data-dir", data, "Vic", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    error_of(s.ask("GET", "/api/holes", headers={"Authorization": "Bearer " + viewer}), 401, "unauthorized")
    answers = [s.ask("GET", "/api/holes", headers={"Authorization": f"Bearer wrong{i}"})[0] for i in range(12)]
    assert answers[0] == 401 and answers[-1] == 429, answers
    assert admin not in s.read_log() and viewer not in s.read_log(), "a token stands in the log"


def sessions(data):
    token = add_user(data, "Sam", "annotator")
    s = Server(gimlet, data)
    status, headers, _ = s.ask("POST", "/api/session", {"name": "Sam", "token": token})
    equal(status, 200)
    carried = {"Cookie": headers["Set-Cookie"].split(";")[0]}
    s.stop(signal.SIGKILL)
    s = Server(gimlet, data)
    try:
        equal(json.loads(s.ask("GET", "/api/session", headers=carried)[2])["user"], "Sam")
        equal(s.ask("GET", "/api/holes", headers=carried)[0], 200)
        subprocess.run([gimlet, "users", "token", "--data-dir", data, "Sam", "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)
        error_of(s.ask("GET", "/api/holes", headers=carried), 401, "unauthorized")
    finally:
        equal(s.stop(), 0)


def reach(data, folder):
    def refused(*flags):
        done = subprocess.run([gimlet, "serve", "--data-dir", data, "--port", "0", *flags], capture_output=True, text=True)
        return done.returncode, done.stderr
    code, words = refused("--host", "0.0.0.0")
    assert code == 2 and "wants TLS" in words, words
    empty = os.path.join(folder, "empty")
    done = subprocess.run([gimlet, "serve", "--data-dir", empty, "--port", "0", "--host", "0.0.0.0", "--insecure-remote"],
                          capture_output=True, text=True)
    assert done.returncode == 2 and "wants users" in done.stderr, done.stderr
    code, words = refused("--tls-cert", "x.pem")
    assert code == 2, words
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, words = subprocess_status(data, taken.getsockname()[1])
    assert code == 1 and "in use" in words, words


def subprocess_status(data, port):
    done = subprocess.run([gimlet, "serve", "--data-dir", data, "--port", str(port)], capture_output=True, text=True)
    return done.returncode, done.stderr


def empty_directory(folder):
    s = Server(gimlet, os.path.join(folder, "new"))
    try:
        equal(s.json("/api/session")["has_data"], False)
        equal(s.json("/api/holes")["total"], 0)
        equal(s.json("/api/datasets")["items"], [])
        equal(s.json("/api/quality")["totals"]["files"], 0)
    finally:
        equal(s.stop(), 0)


# --- every command has a route ---

ROUTES = {
    "prepare": "POST /api/jobs",
    "train": "POST /api/runs",
    "evaluate": "POST /api/jobs",
    "predict": "POST /api/predict",
    "export": "POST /api/jobs",
    "labels export": "GET /api/labels/export",
    "labels import": "POST /api/labels/import",
    "simulate": "POST /api/jobs",
    "users add": "POST /api/users",
    "users list": "GET /api/users",
    "users remove": "DELETE /api/users/{name}",
    "users token": "POST /api/users/{name}/token",
    "audit verify": "GET /api/audit",
    "audit show": "GET /api/audit",
    "datasets list": "GET /api/datasets",
    "datasets show": "GET /api/datasets/{name}",
    "datasets verify": "GET /api/datasets/{name}/verify",
    "datasets diff": "GET /api/datasets/{name}/diff/{other}",
    "runs list": "GET /api/runs",
    "runs show": "GET /api/runs/{run}/details",
    "runs diff": "GET /api/runs/{run}/diff/{name}",
    "runs compare": "GET /api/run-comparison",
    "runs tag": "PUT /api/runs/{run}/tags",
    "runs note": "POST /api/runs/{run}/notes",
    "replay": "POST /api/jobs",
    "runs push": "POST /api/jobs",
    "doctor": "POST /api/doctor",
    "models register": "POST /api/registry/{name}/versions",
    "models list": "GET /api/registry",
    "models show": "GET /api/registry/{name}",
    "models compare": "GET /api/model-comparison",
    "models promote": "POST /api/registry/{name}/versions/{n}/promote",
    "models rollback": "POST /api/registry/{name}/rollback",
    "models verify": "POST /api/registry/{name}/versions/{n}/verify",
    "models describe": "PUT /api/registry/{name}",
    "models tag": "PUT /api/registry/{name}/versions/{n}",
    "models delete": "DELETE /api/registry/{name}/versions/{n}",
    "models export": "GET /api/registry/{name}/versions/{n}/passport",
    "models import": "POST /api/passports",
}
WITHOUT_ROUTE = {"serve": "it is the server itself"}


def commands(s):
    text = subprocess.run([gimlet, "--help"], capture_output=True, text=True).stdout
    listed = text.split("commands:\n")[1].split("\n\n")[0].splitlines()
    names = [line[2:18].strip() for line in listed]
    assert len(names) > 8, names
    paths = s.json("/openapi.json")["paths"]
    have = {f"{method.upper()} {path}" for path, item in paths.items() for method in item}
    for name in names:
        if name in WITHOUT_ROUTE:
            continue
        assert name in ROUTES, f"gimlet {name} has no route, and no reason why"
        assert ROUTES[name] in have, f"gimlet {name}: there is no {ROUTES[name]}"


def main():
    folder = tempfile.mkdtemp(prefix="gimlet-server-")
    try:
        data = make_data(gimlet, folder)
        s = Server(gimlet, data)
        for test in (session, holes, one_hole, signals, quality, document, commands, methods, paths_outside, other_pages,
                     queries, bodies, malformed, slow_clients, many_at_once, random_requests):
            tap.run(test.__name__.replace("_", " "), test, s)
        tap.run("slow clients are cut off", slow_clients_are_cut_off, data)
        tap.run("changes of other processes are seen", changes_are_seen, s, data)
        tap.run("tokens, roles and sessions", tokens, s, data)
        tap.run("it ends cleanly", lambda: equal(s.stop(), 0))
        tap.run("signing in outlives the server, until the token changes", sessions, data)
        tap.run("other machines only with users and TLS", reach, data, folder)
        tap.run("an empty directory is no error", empty_directory, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tap.end()


main()
