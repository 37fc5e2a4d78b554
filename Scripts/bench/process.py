"""Wall time and peak memory of a command: python -S -E process.py OUT.json COMMAND ARGUMENTS...

A small process of its own: the peak that the system tells of a child begins at the size of the process that it was
forked from.
"""
import json
import os
import sys
import time

# Not by fork: copying this process would count as time of the command.
silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
start = time.perf_counter()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ, file_actions=silent)
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - start
peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
with open(sys.argv[1], "w") as file:
    json.dump({"seconds": seconds, "peak": peak, "status": os.waitstatus_to_exitcode(status)}, file)
