"""A proxy between a client and an HTTP server that does what networks do: it resets, breaks off, stays silent, answers
500 and 503, is slow; and that remembers every request as it stood on the wire.

    with Faults(port_of_the_server) as proxy:
        proxy.plan = ["reset", "503", None]     what happens to the next requests; None = nothing, then nothing any more
"""
import http.client
import socket
import socketserver
import struct
import threading
import time

STATUS = {"500": (500, "Internal Server Error"), "503": (503, "Slow Down")}


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body


def read_request(stream):
    line = stream.readline()
    if not line:
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers = []
    while (text := stream.readline().decode("latin-1").rstrip("\r\n")):
        name, value = text.split(":", 1)
        headers.append((name.strip(), value.strip()))
    return Request(method, target, headers, None)


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            while self.one():
                pass
        except (ConnectionError, ValueError, OSError):
            pass

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        return False

    def take_body(self, request, names):
        if "100-continue" in names.get("expect", ""):
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.body = self.rfile.read(int(names.get("content-length", 0)))

    def one(self):
        request = read_request(self.rfile)
        if request is None:
            return False
        proxy, names = self.server.faults, {name.lower(): value for name, value in request.headers}
        with proxy.lock:
            fault = proxy.plan.pop(0) if proxy.plan else None
        if fault == "reset":
            return self.reset()
        if fault == "reset in the middle":
            self.take_body_half(names)
            return self.reset()
        self.take_body(request, names)
        with proxy.lock:
            proxy.requests.append(request)
        if fault in STATUS:
            code, words = STATUS[fault]
            self.wfile.write(f"HTTP/1.1 {code} {words}\r\nContent-Length: 0\r\n\r\n".encode())
            return True
        if fault == "slow":
            time.sleep(1.5)
        return self.forward(request, fault)

    def take_body_half(self, names):
        if "100-continue" in names.get("expect", ""):
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.rfile.read(int(names.get("content-length", 0)) // 2)

    def forward(self, request, fault):
        server = http.client.HTTPConnection("127.0.0.1", self.server.faults.target, timeout=60)
        server.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            if name.lower() not in ("expect", "connection"):
                server.putheader(name, value)
        server.endheaders(request.body or None)
        answer = server.getresponse()
        body = answer.read()
        server.close()
        if fault == "lost answer":  # the server has done it, and nobody learns of it
            return self.reset()
        length = answer.getheader("content-length") if request.method == "HEAD" else str(len(body))
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
        lines += [f"{name}: {value}" for name, value in answer.getheaders()
                  if name.lower() not in ("content-length", "transfer-encoding", "connection")]
        head = ("\r\n".join(lines + [f"Content-Length: {length or 0}"]) + "\r\n\r\n").encode("latin-1")
        if fault == "flip" and body:  # damaged on its way, as a bad memory module does
            body = bytes([body[0] ^ 1]) + body[1:]
        if fault == "truncated":
            self.wfile.write(head + body[: len(body) // 2])
            return self.reset()
        self.wfile.write(head + body)
        return True


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class Faults:
    def __init__(self, target, port=0):
        self.target, self.plan, self.requests, self.lock = target, [], [], threading.Lock()
        self.server = Server(("127.0.0.1", port), Handler)
        self.server.faults = self
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
