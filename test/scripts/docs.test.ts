import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { PACKAGE_DIR, TEMPLATE_FILE } from '../../local/template/template.ts';
import { awsTables, fillTables } from '../../scripts/docs/aws-docs.ts';
import { roomMap } from '../../scripts/docs/room-map.ts';
import { thirdParty } from '../../scripts/docs/third-party.ts';
import { staleDocs } from '../../scripts/docs.ts';
import { importsOf } from '../../scripts/imports.ts';
import { packageStack } from '../../scripts/package.ts';

const ROOT = join(import.meta.dirname, '../..');

beforeAll(async () => {
  await packageStack(ROOT);
});

describe('docs that are made from the package', () => {
  test('say what it holds', () => {
    expect(staleDocs(ROOT)).toEqual([]);
  });

  test('keep what stands around their tables, and are the same when they are filled again', () => {
    const text = 'before\n<!-- rights -->\nold\n<!-- /rights -->\nafter\n';
    const filled = fillTables(text, { rights: '| new |' });
    expect(filled).toBe('before\n<!-- rights -->\n| new |\n<!-- /rights -->\nafter\n');
    expect(fillTables(filled, { rights: '| new |' })).toBe(filled);
  });

  test('have a place for no table that nobody makes', () => {
    expect(() => fillTables('<!-- wrong -->\n<!-- /wrong -->', {})).toThrow('there is no table wrong');
  });

  test('mark the rights that only a parameter brings', () => {
    const { rights = '' } = awsTables(join(ROOT, PACKAGE_DIR, TEMPLATE_FILE));
    expect(rights).toContain('| watch | the key (KmsKeyArn) | `kms:Decrypt` `kms:GenerateDataKey` |');
    expect(rights).toContain('| api | * (Tracing) |');
    expect(rights).toContain(
      '| watch | SecretsTable, items `callback/*` (CallbackStateMachineArns or CallbackFunctionArns) |',
    );
    expect(rights).toContain('| deliver | the event bus (EventBusArn) | `events:PutEvents` |');
    expect(rights).toContain('| watch | /jobwatch/‹stage›/accounts/* | `ssm:GetParameters` |');
  });

  test('list each bundled package with its licence, and none that is only used in development', () => {
    const listed = thirdParty(ROOT);
    expect(listed).toMatch(
      /\| \[valibot\]\(https:\S+\) \| [\d.]+ \| MIT \| api, console, deliver, reconcile, wake, watch \|/,
    );
    expect(listed).toMatch(/\| \[preact\]\(https:\S+\) \| [\d.]+ \| MIT \| console \|/);
    expect(listed).not.toContain('esbuild');
  });
});

describe('the picture of the rooms', () => {
  const sources = [
    { name: 'lib/watch/tick.ts', imports: ['lib/watch/watch.ts', 'lib/job/job.ts', 'lib/base/time.ts'] },
    { name: 'functions/watch/index.ts', imports: ['lib/watch/tick.ts', 'lib/base/log.ts', 'package.json'] },
    { name: 'lib/job/job.ts', imports: ['lib/base/time.ts'] },
    { name: 'lib/base/time.ts', imports: [] },
  ];

  test('has each room, and an arrow for an import that no other import implies', () => {
    expect(roomMap(sources).split('\n')).toEqual([
      '```mermaid',
      'flowchart TD',
      '  functions["functions"]',
      '  subgraph lib',
      '    lib_base["base"]',
      '    lib_job["job"]',
      '    lib_watch["watch"]',
      '  end',
      '  functions --> lib_watch',
      '  lib_job --> lib_base',
      '  lib_watch --> lib_job',
      '```',
    ]);
  });

  test('is the same in whatever order the files are read', () => {
    expect(roomMap(sources.toReversed())).toBe(roomMap(sources));
  });

  test('changes with an import', () => {
    const [tick, ...others] = sources;
    const without = [{ name: tick?.name ?? '', imports: [] }, ...others];
    expect(roomMap(without)).not.toBe(roomMap(sources));
  });

  test('knows every way to import a file', () => {
    const text = [
      "import { a } from './a.ts';",
      "import type { B } from '../b.ts';",
      "import '../../c.ts';",
      "export { d } from './d/d.ts';",
      "const e = await import('./e.ts');",
      "import { join } from 'node:path';",
    ].join('\n');
    const expected = ['lib/watch/a.ts', 'lib/b.ts', 'c.ts', 'lib/watch/d/d.ts', 'lib/watch/e.ts'];
    expect(importsOf('lib/watch/tick.ts', text)).toEqual(expected);
  });
});
