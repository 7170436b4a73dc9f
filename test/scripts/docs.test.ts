import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { PACKAGE_DIR, TEMPLATE_FILE } from '../../local/template.ts';
import { awsTables, fillTables } from '../../scripts/aws-docs.ts';
import { staleDocs } from '../../scripts/docs.ts';
import { packageStack } from '../../scripts/package.ts';
import { thirdParty } from '../../scripts/third-party.ts';

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
    expect(rights).toContain('| watch | /jobwatch/‹stage›/accounts/* | `ssm:GetParameter` |');
  });

  test('list each bundled package with its licence, and none that is only used in development', () => {
    const listed = thirdParty(ROOT);
    expect(listed).toMatch(/\| \[valibot\]\(https:\S+\) \| [\d.]+ \| MIT \| api, deliver, reconcile, watch \|/);
    expect(listed).not.toContain('esbuild');
  });
});
