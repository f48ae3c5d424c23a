"""Run a command; print its wall time and peak memory as JSON. usage: timed.py COMMAND..."""
import json, resource, subprocess, sys, time

start = time.perf_counter()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
ms = (time.perf_counter() - start) * 1e3
if status not in (0, 3):
    sys.exit(f"ended with status {status}")
print(json.dumps({"ms": ms, "peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, "status": status}))
