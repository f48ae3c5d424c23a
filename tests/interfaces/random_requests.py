"""Random requests, the same for the same seed: well-formed ones with odd values, and bytes that are no HTTP at all.

usage: random_requests.py URL [COUNT [SEED]]      ends with 1 when an answer is a fault of the server
"""
import json, random, socket, sys, urllib.parse

METHODS = ["GET"] * 8 + ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "get", "G\0T", "X" * 300]
PIECES = ["..", ".", "%2e%2e", "%2f", "%00", "%ff", "%", "a" * 300, "é", "%c3%a9", "\\", "{id}", "0" * 64, "f" * 64, "-1",
          "99999999999999999999", "null", "<script>", "'; drop table holes; --", "%F0%9F%98%80", "", " ", "+", "a b"]
VALUES = PIECES + ["NaN", "1e309", "-0", "true", "7", "2000", "2001", "high,low", ",", ",,,", "file", "asc"]
HEADERS = ["X-Gimlet: 1", "X-Gimlet: 2", "Content-Type: application/json", "Content-Type: text/csv", 'If-Match: "1"',
           "If-Match: *", "If-Match: W/\"x\"", "Origin: http://evil.example", "Cookie: gimlet_session=" + "a" * 64,
           "Cookie: =;;=", "Authorization: Bearer x", "Authorization: Basic eA==", "X-Gimlet-User: \xff\xfe",
           "X-Gimlet-User: A. Meyer", "Accept-Encoding: gzip", "If-None-Match: *", "Range: bytes=0-1", "Expect: 100-continue",
           "Transfer-Encoding: chunked", "Content-Length: -1", "Content-Length: 99999999999", "Connection: close",
           "Last-Event-ID: 9e9", "X: " + "y" * 9000, "Host: evil.example", "Host:", "no colon", ": no name"]


class Maker:
    """Requests on the paths of an OpenAPI document and the holes with these ids."""

    def __init__(self, seed, paths, ids):
        self.random, self.paths, self.ids = random.Random(seed), paths, ids

    def value(self, depth=0):
        pick = self.random.randrange(9 if depth < 3 else 6)
        if pick == 6:
            return [self.value(depth + 1) for _ in range(self.random.randrange(4))]
        if pick >= 7:
            names = ["points", "entry", "transition", "exit", "mm", "text", "reason", "rejected", "kind", "options", "name",
                     "token", "preset", "values", "query", "gesture", "seen", "x" * 50]
            return {self.random.choice(names): self.value(depth + 1) for _ in range(self.random.randrange(5))}
        return [None, True, self.random.uniform(-1e3, 1e3), self.random.choice(PIECES), 10 ** 30, self.random.randrange(9)][pick]

    def target(self):
        """A method and a path: mostly ones that go together."""
        r = self.random
        if r.random() < 0.1:
            return r.choice(METHODS), "/" + "/".join(r.choice(PIECES) for _ in range(r.randrange(20)))
        path = r.choice(list(self.paths))
        method = r.choice(METHODS) if r.random() < 0.2 else r.choice(list(self.paths[path])).upper()
        for name in ("{id}", "{n}", "{run}", "{name}", "{path}"):
            choices = self.ids if name == "{id}" and r.random() < 0.7 else PIECES
            path = path.replace(name, r.choice(choices))
        return method, path

    def query(self):
        r = self.random
        if r.random() < 0.5:
            return ""
        names = ["search", "category", "limit", "offset", "sort", "order", "columns", "from", "to", "width", "format", "x"]
        pairs = [f"{r.choice(names)}={r.choice(VALUES)}" for _ in range(r.randrange(5))]
        return "?" + r.choice("&&&;").join(pairs) if pairs else ""

    def body(self):
        r, pick = self.random, self.random.random()
        if pick < 0.6:
            return json.dumps(self.value()).encode()
        if pick < 0.8:
            return bytes(r.randrange(256) for _ in range(r.randrange(200)))
        return b"[" * r.randrange(3000)

    def request(self):
        r = self.random
        if r.random() < 0.03:
            return bytes(r.randrange(256) for _ in range(r.randrange(1, 400)))
        (method, path), headers, body = self.target(), ["Host: 127.0.0.1"], b""
        if r.random() < 0.05:
            headers = []
        if method not in ("GET", "HEAD") and r.random() < 0.9:
            body = self.body()
            headers += ["X-Gimlet: 1", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        headers += r.sample(HEADERS, r.choice([0, 0, 0, 0, 0, 1, 2]))
        version = "HTTP/1.1" if r.random() < 0.95 else r.choice(["HTTP/1.0", "HTTP/0.9", "HTTP/2", "FTP/1.1", ""])
        head = f"{method} {path}{self.query()} {version}\r\n" + "".join(h + "\r\n" for h in headers) + "\r\n"
        whole = head.encode("latin-1", "replace") + body
        return whole[:r.randrange(1, len(whole))] if r.random() < 0.03 else whole


def send(host, port, data):
    """The answer to these bytes; b"" when the connection was closed, or the server waits for the rest."""
    try:
        with socket.create_connection((host, port), timeout=0.3) as s:
            s.sendall(data)
            return s.recv(4096)
    except (ConnectionError, TimeoutError):
        return b""


def storm(url, count, seed, paths, ids, alive=lambda: True):
    """Sends count requests; the faults: answers of 500, and requests that ended the server."""
    parts, maker, faults, statuses = urllib.parse.urlsplit(url), Maker(seed, paths, ids), [], {}
    for i in range(count):
        data = maker.request()
        answer = send(parts.hostname, parts.port, data)
        status = answer[9:12].decode("latin-1") if answer.startswith(b"HTTP/1.") else "none"
        statuses[status] = statuses.get(status, 0) + 1
        if status == "500" or (answer and status == "none"):
            faults.append(f"request {i}: {data[:200]!r} -> {answer[:300]!r}")
        if not alive():
            faults.append(f"request {i} ended the server: {data[:400]!r}")
            break
    return faults, statuses


def main():
    url = sys.argv[1]
    count, seed = int(sys.argv[2]) if len(sys.argv) > 2 else 10000, int(sys.argv[3]) if len(sys.argv) > 3 else 1
    parts = urllib.parse.urlsplit(url)
    import http.client
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    connection.request("GET", "/openapi.json")
    paths = json.load(connection.getresponse())["paths"]
    connection.request("GET", "/api/holes")
    ids = [hole["id"] for hole in json.load(connection.getresponse())["items"]]
    faults, statuses = storm(url, count, seed, paths, ids)
    print(dict(sorted(statuses.items())))
    print("\n".join(faults[:20]))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
