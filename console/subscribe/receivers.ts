/** Receivers in a few lines, without packages; the tests run them. */
export const RECEIVERS = {
  Node: `import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const key = Buffer.from(process.env.WEBHOOK_SECRET.replace('whsec_', ''), 'base64');

function isSigned({ 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signatures = '' }, body) {
  const isFresh = Math.abs(Date.now() / 1000 - Number(at)) < 300;
  const right = Buffer.from('v1,' + createHmac('sha256', key).update(\`\${id}.\${at}.\`).update(body).digest('base64'));
  const isRight = (one) => one.length === right.length && timingSafeEqual(Buffer.from(one), right);
  return isFresh && signatures.split(' ').some(isRight);
}

createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray());
  if (!isSigned(request.headers, body)) return void response.writeHead(400).end();
  response.writeHead(204).end();
  const event = JSON.parse(body);
  console.log(event.id, event.type, event.data);
}).listen(process.env.PORT ?? 8080);
`,
  Python: `import base64, hashlib, hmac, json, os, time
from http.server import BaseHTTPRequestHandler, HTTPServer

KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))


def is_signed(headers, body):
    at = headers.get("webhook-timestamp", "0")
    signed = f'{headers.get("webhook-id")}.{at}.'.encode() + body
    right = "v1," + base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return abs(time.time() - int(at)) < 300 and any(hmac.compare_digest(right, one) for one in given)


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        good = is_signed(self.headers, body)
        self.send_response(204 if good else 400)
        self.end_headers()
        if good:
            event = json.loads(body)
            print(event["id"], event["type"], event["data"], flush=True)


HTTPServer(("", int(os.environ.get("PORT", "8080"))), Hook).serve_forever()
`,
} as const;
