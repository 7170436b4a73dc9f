import { beforeAll, describe, expect, it } from 'vitest';
import { environments } from '../lib/config.ts';
import { readTemplate } from '../local/template.ts';
import { PACKAGE_DIR, packageStack, TEMPLATE_FILE } from '../scripts/package.ts';

/** What Lambda or Powertools reads, not the functions' own schemas. */
const NOT_OURS = /^(POWERTOOLS_|AWS_|NODE_OPTIONS$)/;
const ROOT = `${import.meta.dirname}/..`;

describe('serverless.yml and the schemas', () => {
  const variables = new Map<string, string[]>();

  beforeAll(async () => {
    await packageStack(ROOT);
    const { resources } = readTemplate(`${ROOT}/${PACKAGE_DIR}/${TEMPLATE_FILE}`);
    for (const resource of Object.values(resources)) {
      if (resource.type !== 'AWS::Lambda::Function') continue;
      const properties = resource.properties as { FunctionName: string; Environment?: { Variables?: Record<string, unknown> } };
      const names = Object.keys(properties.Environment?.Variables ?? {}).filter((name) => !NOT_OURS.test(name));
      variables.set(properties.FunctionName.split('-').at(-1) ?? '', names.toSorted());
    }
  }, 90_000);

  it.each(Object.keys(environments) as (keyof typeof environments)[])('give %s exactly the variables that it reads', (name) => {
    expect(variables.get(name)).toEqual(Object.keys(environments[name].entries).toSorted());
  });
});
