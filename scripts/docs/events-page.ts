import { openSchema } from '../../lib/api/http/openapi-schemas.ts';
import { type CatalogueEntry, EVENT_CATALOGUE } from '../../lib/events/catalogue.ts';

export const EVENTS_FILE = 'docs/events.md';

const HEAD = `# Events

<!-- Made by "npm run docs" from lib/events/catalogue.ts. -->

Every type of event that a subscription can be sent, each with a whole example and its JSON Schema. An event is a
[CloudEvent 1.0](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md) in JSON, signed as [webhooks.md](webhooks.md) says. The OpenAPI document of the
HTTP API, \`GET /v1/openapi.json\`, has the same under \`webhooks\`, for generators of code.

- \`--type\` (\`types\` in the HTTP API) chooses types: whole ones, or the beginning of some, such as \`jobwatch.job.*\`. Without it a subscription gets those that are marked *default*.
- \`id\` is the same for every repeat of an event: it may arrive more than once. Of one job's events the one with the larger \`seq\` is newer.
- What is denied or rejected *now* is in the HTTP API: \`GET /v1/overview\` and \`GET /v1/queues/rejected\`, each with the reasons.
- New fields may be added: take those that you don't know. An event has 20,000 bytes at most; where details are longer, sub-jobs and texts are left out.
- \`jobwatch subs test SUB --type jobwatch.job.failed\` sends such an example to a subscription.
`;

const KINDS: readonly (readonly [kind: string, title: string])[] = [
  ['job', 'Jobs'],
  ['group', 'Groups'],
  ['account', 'Accounts'],
  ['message', 'Messages'],
  ['endpoint', 'Subscriptions'],
  ['test', 'Tests'],
];

/** The page of the catalogue, as it should read. */
export function eventsPage(): string {
  const rows = EVENT_CATALOGUE.map(
    ({ type, when, isDefault }) => `| [\`${type}\`](#${anchorOf(type)}) | ${when} | ${isDefault ? 'default' : ''} |`,
  );
  const table = ['| type | when | |', '|---|---|---|', ...rows].join('\n');
  return `${[HEAD, table, ...KINDS.map(([kind, title]) => section(kind, title))].join('\n')}`;
}

function section(kind: string, title: string): string {
  const entries = EVENT_CATALOGUE.filter(({ type }) => type.split('.')[1] === kind);
  const [first] = entries;
  const schema = first === undefined ? [] : schemaOf(first, entries.length > 1 ? kind : null);
  return ['', `## ${title}`, ...entries.flatMap(entryLines), ...schema, ''].join('\n');
}

function entryLines({ type, when, example }: CatalogueEntry): readonly string[] {
  return ['', `### ${type}`, '', when, '', '```json', JSON.stringify(example, null, 2), '```'];
}

/** Types of one kind differ in `type` alone. */
function schemaOf({ type, schema }: CatalogueEntry, kind: string | null): readonly string[] {
  const about =
    kind === null
      ? `The JSON Schema of \`${type}\`:`
      : `The JSON Schema of \`${type}\`; that of the others of \`jobwatch.${kind}.*\` differs in the value of \`type\`:`;
  return ['', about, '', '```json', JSON.stringify(openSchema(schema), null, 2), '```'];
}

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');
}
