"""What the programs in Python share: the words of the command line, the clock, and what they print."""

import os
import sys
import time

STEPS = 10
ITEMS = 50
SLOW = 0.1


class Words:
    """A variant, a workload, a folder, a count."""

    def __init__(self) -> None:
        self.variant, self.workload, self.folder, count = (sys.argv[1:] + [""] * 4)[:4]
        self.count = int(count or 1)

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)


def say(line: object) -> None:
    print(line, flush=True)


def end() -> None:
    """Ends without the clean-up of threads, pools and interpreters, which no workload is about."""
    sys.stdout.flush()
    os._exit(0)


def resident() -> int:
    """Resident memory of this process in bytes, as Linux counts it."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


def note(folder: str, step: int) -> None:
    """Leaves a line for each step that has begun: what ran twice is in the file twice."""
    with open(os.path.join(folder, "steps.log"), "a") as file:
        file.write(f"{step}\n")


class Timer:
    """Of the wall clock, or of the processor for `steps` and `fan`, all threads of this process together."""

    def __init__(self, workload: str) -> None:
        self.now = time.process_time_ns if workload in ("steps", "fan") else time.perf_counter_ns
        self.start = self.now()

    def say_each(self, count: int) -> None:
        say((self.now() - self.start) // max(count, 1))
