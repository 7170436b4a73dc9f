// Receives jobwatch's events: checks the signature, answers, then works. Node 20 or later, no packages.
//   WEBHOOK_SECRET=whsec_… PORT=8080 node receiver.mjs
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const secret = Buffer.from((process.env.WEBHOOK_SECRET ?? '').replace(/^whsec_/, ''), 'base64');
if (secret.length < 24)
  throw new Error('WEBHOOK_SECRET: expected the whsec_… that was shown when the webhook was made.');
const BODY_BYTES_MAX = 64 * 1024;
const CLOCK_SECONDS_MAX = 300;

/** Over the bytes as they came: JSON that is parsed and serialized again has different ones. */
function isSigned(headers, body) {
  const { 'webhook-id': id = '', 'webhook-timestamp': seconds = '', 'webhook-signature': signatures = '' } = headers;
  if (!(Math.abs(Date.now() / 1000 - Number(seconds)) <= CLOCK_SECONDS_MAX)) return false;
  const expected = createHmac('sha256', secret).update(`${id}.${seconds}.`).update(body).digest();
  // Several while a rotated secret is still valid.
  return signatures.split(' ').some((one) => {
    const given = Buffer.from(one.replace(/^v1,/, ''), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

/** Ids that were worked on. A delivery may come twice: a real receiver keeps them in its database. */
const done = new Set();

async function work({ id, type, data }) {
  if (done.has(id)) return;
  done.add(id);
  console.log(`${type} ${data.job?.jobId ?? ''} ${data.error?.message ?? ''}`.trimEnd());
}

/** null: it is too long. Rejects if the sender breaks off. */
async function bodyOf(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function receive(request, response) {
  const body = await bodyOf(request);
  if (body === null) return void response.writeHead(413).end();
  if (!isSigned(request.headers, body)) return void response.writeHead(400).end();
  // Answer first: jobwatch waits 15 s, and tries again if there is no 2xx.
  response.writeHead(204).end();
  await work(JSON.parse(body.toString('utf8')));
}

// A promise that nobody looks at ends the process when it rejects: anybody could do that by breaking off.
const server = createServer(
  (request, response) => void receive(request, response).catch((error) => console.error(String(error))),
);
server.listen(Number(process.env.PORT ?? 8080), () => console.log(`listening on port ${server.address().port}`));
