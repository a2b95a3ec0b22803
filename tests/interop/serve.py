"""Answers requests, one JSON object a line, with what a function of the same name gives."""
import json
import sys
import traceback


def serve(operations):
    # What engines print must not be taken for answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        name = request.pop("op")
        try:
            answer = {"ok": operations[name](**request)}
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
