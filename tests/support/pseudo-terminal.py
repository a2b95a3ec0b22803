"""Runs a command in a pseudo-terminal and plays a script against it.

usage: pseudo-terminal.py COLUMNS ROWS COMMAND [ARGUMENT...]

Standard input is a JSON list of steps, in order:
  {"expect": "text"}   wait until the output since the last match contains the text
  {"send": "text"}     type it
  {"pause": seconds}   do nothing
Standard output is JSON: {"output": everything, "code": exit code, "failed": unmet expectation or null}.
"""
import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

STEP_SECONDS = 20


def main():
    columns, rows, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    steps = json.load(sys.stdin)
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    output, seen, failed = "", 0, None

    def read(seconds):
        """Reads what comes within the time; False once the terminal is closed."""
        nonlocal output
        if not select.select([terminal], [], [], seconds)[0]:
            return True
        try:
            data = os.read(terminal, 65536)
        except OSError:
            return False
        output += data.decode("utf-8", "replace")
        return len(data) > 0

    for step in steps:
        if "send" in step:
            try:
                os.write(terminal, step["send"].encode())
            except OSError:
                break
            continue
        if "pause" in step:
            time.sleep(step["pause"])
            continue
        limit = time.monotonic() + STEP_SECONDS
        is_open = True
        while (at := output.find(step["expect"], seen)) < 0:
            if not is_open or time.monotonic() > limit:
                failed = step["expect"]
                break
            is_open = read(0.2)
        if failed is not None:
            break
        seen = at + len(step["expect"])

    limit = time.monotonic() + (1 if failed else STEP_SECONDS)
    while time.monotonic() < limit and read(0.2):
        pass
    code, waited = None, 0
    while waited < 20:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            break
        waited += 1
        time.sleep(0.1)
    else:
        os.kill(child, 9)
        os.waitpid(child, 0)
    json.dump({"output": output, "code": code, "failed": failed}, sys.stdout)


main()
