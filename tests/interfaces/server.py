"""A gimlet serve for tests: its data, its process, and requests to it. Standard library only."""
import http.client, json, os, re, signal, socket, subprocess, tempfile, urllib.parse


class Server:
    """A running server; data is a data directory."""

    def __init__(self, gimlet, data, *flags):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([gimlet, "serve", "--data-dir", data, "--port", "0", "--log-level", "info", *flags],
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.url = self.process.stdout.readline().strip()
        match = re.fullmatch(r"https?://(.+):(\d+)", self.url)
        if not match:
            self.process.wait()
            raise RuntimeError("the server did not start: " + self.read_log())
        self.host, self.port = match.group(1), int(match.group(2))

    def read_log(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(timeout=30)

    def alive(self):
        return self.process.poll() is None

    def memory_kb(self):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def connect(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=30)

    def ask(self, method, path, body=None, headers=None, mark=True):
        """One request on a connection of its own: status, headers, body."""
        headers = dict(headers or {})
        if method not in ("GET", "HEAD") and mark:
            headers.setdefault("X-Gimlet", "1")
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        connection = self.connect()
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def json(self, path, **query):
        if query:
            path += "?" + urllib.parse.urlencode(query)
        status, _, body = self.ask("GET", path)
        if status != 200:
            raise AssertionError(f"{path}: {status} {body[:300]}")
        return json.loads(body)

    def raw(self, data, read=True):
        """Bytes as they are; the status that comes back, 0 for a closed connection."""
        with socket.create_connection((self.host, self.port), timeout=30) as s:
            try:
                s.sendall(data)
                if not read:
                    return 0
                answer = s.recv(65536)
            except (ConnectionError, BrokenPipeError):
                return 0
        match = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
        return int(match.group(1)) if match else 0


def make_data(gimlet, folder, holes=12):
    """Simulated records, prepared and labelled by rule."""
    raw, data = os.path.join(folder, "raw"), os.path.join(folder, "data")
    for command in (["simulate", "--output-dir", raw, "--holes", str(holes), "--seed", "7"],
                    ["prepare", "--input-dir", raw, "--output-dir", data, "--validate", "--auto-label"]):
        subprocess.run([gimlet, *command, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return data


class Tap:
    """Counts and prints tests; a failing one says why."""

    def __init__(self):
        self.n = 0

    def run(self, name, test, *arguments):
        self.n += 1
        try:
            test(*arguments)
            print(f"ok {self.n} - {name}", flush=True)
        except Exception as error:  # a test that goes wrong must not end the others
            print(f"not ok {self.n} - {name}", flush=True)
            for line in f"{type(error).__name__}: {error}".splitlines()[:6]:
                print("#", line, flush=True)

    def end(self):
        print(f"1..{self.n}", flush=True)
