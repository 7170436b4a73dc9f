"""Receives jobwatch's events: checks the signature, answers, then works. Python 3.9 or later, no packages.

WEBHOOK_SECRET=whsec_… PORT=8080 python3 receiver.py
"""

import base64
import hashlib
import hmac
import json
import os
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

try:
    SECRET = base64.b64decode(os.environ.get("WEBHOOK_SECRET", "").removeprefix("whsec_"))
except ValueError:
    SECRET = b""
# With an empty secret anybody could sign.
if len(SECRET) < 24:
    raise SystemExit("WEBHOOK_SECRET: expected the whsec_… that was shown when the webhook was made.")
BODY_BYTES_MAX = 64 * 1024
CLOCK_SECONDS_MAX = 300

# Ids that were worked on. A delivery may come twice: a real receiver keeps them in its database.
done = set()


def is_signed(headers, body):
    """Over the bytes as they came: JSON that is parsed and serialized again has different ones."""
    seconds = headers.get("webhook-timestamp", "")
    if not re.fullmatch("[0-9]{1,12}", seconds) or abs(time.time() - int(seconds)) > CLOCK_SECONDS_MAX:
        return False
    signed = f"{headers.get('webhook-id', '')}.{seconds}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    # Several while a rotated secret is still valid.
    return any(hmac.compare_digest(one.encode(), expected.encode()) for one in headers.get("webhook-signature", "").split())


def work(event):
    if event["id"] in done:
        return
    done.add(event["id"])
    job, error = event["data"].get("job") or {}, event["data"].get("error") or {}
    print(event["type"], job.get("jobId", ""), error.get("message", ""), flush=True)


class Hook(BaseHTTPRequestHandler):
    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not re.fullmatch("[0-9]{1,9}", length):
            return self.answer(411)
        if int(length) > BODY_BYTES_MAX:
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not is_signed(self.headers, body):
            return self.answer(400)
        # Answer first: jobwatch waits 15 s, and tries again if there is no 2xx.
        self.answer(204)
        work(json.loads(body))

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), Hook)
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever()
