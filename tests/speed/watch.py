"""Watch: run one command and print the time and memory of its process as one line of JSON, with what it printed.

It stays small on purpose: Linux counts towards a new process's peak memory what its parent held when it was started.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main(command: list[str]) -> None:
    """Run, wait, print; a command that fails ends this too."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    said = process.stdout.read().decode() if process.stdout else ""
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed")
    row = {
        "wall_s": time.perf_counter() - began,
        "process_cpu_s": used.ru_utime + used.ru_stime,
        "rss_mb": used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10),
        "said": said,
    }
    sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
