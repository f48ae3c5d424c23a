#!/usr/bin/env python3
"""Write the files below a folder as C data. usage: embed_pages.py FOLDER OUTPUT.c    (no folder: no files)"""
import gzip, hashlib, os, sys

TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon",
    ".woff2": "font/woff2", ".txt": "text/plain; charset=utf-8", ".webmanifest": "application/manifest+json",
}


def c_bytes(name, data):
    lines = [",".join(map(str, data[i:i + 40])) for i in range(0, len(data), 40)]
    return f"static const unsigned char {name}[] = {{{','.join(lines) or '0'}}};\n"


def main():
    folder, output = sys.argv[1], sys.argv[2]
    files = sorted(os.path.relpath(os.path.join(d, f), folder).replace(os.sep, "/")
                   for d, _, names in os.walk(folder) for f in names)
    # the order of strcmp, in which the program looks files up
    files = sorted((f for f in files if os.path.splitext(f)[1] in TYPES), key=lambda f: f.encode())
    out = ["/* Made from web/dist by tools/embed_pages.py. */\n#include \"interfaces/api/pages_internal.h\"\n"]
    rows = []
    for i, name in enumerate(files):
        with open(os.path.join(folder, name), "rb") as file:
            data = file.read()
        packed = gzip.compress(data, 9, mtime=0)
        worth = len(packed) < 0.9 * len(data)
        out.append(c_bytes(f"bytes_{i}", data))
        if worth:
            out.append(c_bytes(f"gzip_{i}", packed))
        etag = hashlib.sha256(data).hexdigest()[:20]
        rows.append('{"%s", "%s", "\\"%s\\"", bytes_%d, %s, %d, %d},\n' % (
            name, TYPES[os.path.splitext(name)[1]], etag, i, f"gzip_{i}" if worth else "NULL", len(data),
            len(packed) if worth else 0))
    out.append("const api_page api_pages[] = {\n" + ("".join(rows) or "{0}") + "};\n")
    out.append(f"const size_t api_n_pages = {len(files)};\n")
    text = "\n".join(out)
    if not os.path.exists(output) or open(output).read() != text:
        with open(output, "w") as file:
            file.write(text)


main()
