#!/usr/bin/python3
"""Records a fixture of the bus: record.py <file> captures while exercise.py runs, without the tokens."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

LAB = pathlib.Path(__file__).resolve().parent
TOKEN_KEY = re.compile("auth_token")
TOKEN = re.compile(r"gAAAAA[\w=-]+")  # what a Fernet token looks like
REDACTED = "REDACTED"


def redact(value):
    if isinstance(value, dict):
        return {key: REDACTED if TOKEN_KEY.search(key) and isinstance(item, str) else redact(item)
                for key, item in value.items()}
    if isinstance(value, list):
        return [redact(item) for item in value]
    return TOKEN.sub(REDACTED, value) if isinstance(value, str) else value


def redact_line(line):
    record = json.loads(line)
    envelope = json.loads(record["body"])
    envelope["oslo.message"] = json.dumps(redact(json.loads(envelope["oslo.message"])))
    record["body"] = json.dumps(envelope)
    return json.dumps(record)


def main(path):
    with tempfile.NamedTemporaryFile() as raw:
        capture = subprocess.Popen(["/usr/bin/python3", LAB / "capture.py", raw.name])
        time.sleep(3)
        try:
            exercise = subprocess.run(["/usr/bin/python3", LAB / "exercise.py"], check=False)
            time.sleep(3)
        finally:
            capture.terminate()
            capture.wait()
        lines = pathlib.Path(raw.name).read_text(encoding="utf-8").splitlines()
    target = pathlib.Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("".join(f"{redact_line(line)}\n" for line in lines), encoding="utf-8")
    print(f"{len(lines)} notifications in {target}")
    sys.exit(exercise.returncode)


if __name__ == "__main__":
    main(sys.argv[1])
