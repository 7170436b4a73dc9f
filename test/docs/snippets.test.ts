import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../local/engines/free-port.ts';
import { play, preparePlace, syntaxFaultOf } from './played.ts';
import { type Site, startSite } from './scene.ts';
import { commandsOf, DOCUMENTS, snippetsOf, sorted } from './snippets.ts';
import { unusedRows } from './where.ts';

/**
 * Goal: whoever copies a command from a document sees it work. Method: those that this machine can play are run, page by
 * page and in their order, against the packaged system; of the others the syntax is read, and where.ts says why.
 */
const read = DOCUMENTS.map((path) => ({ path, ...sorted(commandsOf(path)) }));
const played = read.filter((document) => document.played.length > 0);
const countOf = (lists: readonly (readonly unknown[])[]) => lists.reduce((sum, list) => sum + list.length, 0);
const reasons = Map.groupBy(
  read.flatMap(({ others }) => [...others].flatMap(([why, list]) => list.map((one) => ({ ...one, why })))),
  ({ why }) => why,
);

let site: Site;
beforeAll(async () => {
  site = await startSite();
}, 120_000);
afterAll(() => site?.close(), 30_000);

describe.concurrent(`${countOf(played.map((one) => one.played))} commands of ${played.length} documents`, () => {
  test.each(played)('$path', { timeout: 120_000 }, async ({ path, played: commands }) => {
    const place = site.placeOf(path);
    await preparePlace(place);
    const scene = { ...site.scene, stage: site.stageOf(path), port: await freePort() };
    expect(await play(commands, place, scene)).toBeNull();
    if (path === 'docs/tutorial.md')
      expect(readFileSync(join(place.folder, 'background.log'), 'utf8')).toMatch(/job\.failed .*AllocateEipAddress/);
  });
});

describe('what is not run', () => {
  test.each([...reasons].map(([why, list]) => ({ why, list, count: list.length })))(
    '$count commands are read by a shell only: $why',
    async ({ list }) => {
      const place = { ...site.placeOf('.'), folder: dirname(site.cliFile) };
      const faults = await Promise.all(
        list.map(async ({ place: where, text }) => {
          const fault = await syntaxFaultOf(text.replace(/<[\w' ]+>/g, 'x'), place);
          return fault === null ? [] : [`${where}: ${text}: ${fault}`];
        }),
      );
      expect(faults.flat()).toEqual([]);
    },
  );

  test('has a row of where.ts, and each row has a command', () => {
    const all = read.flatMap(({ path }) => commandsOf(path).map(({ text }) => text));
    expect(unusedRows(all)).toEqual([]);
  });
});

describe('code that is no command', () => {
  const all = DOCUMENTS.flatMap(snippetsOf);
  const of = (language: string) => all.filter((one) => one.language === language);

  test('JSON is JSON', () => {
    const faults = of('json').filter(({ text }) => !isJson(text));
    expect(faults.map(({ place }) => place)).toEqual([]);
  });

  test.each(['ts', 'js'] as const)('%s compiles', async (loader) => {
    for (const { text } of of(loader)) {
      const isExpression = text.startsWith('{');
      await transform(isExpression ? `x = [${text}]` : text, { loader, format: 'esm' });
    }
  });

  test.skipIf(!isInstalled('python3'))('Python compiles', () => {
    for (const { text } of of('python'))
      execFileSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], { input: text });
  });

  test.skipIf(!isInstalled('terraform'))('Terraform is formatted as Terraform does', () => {
    for (const { text } of of('hcl'))
      execFileSync('terraform', ['fmt', '-'], { input: text, stdio: ['pipe', 'pipe', 'pipe'] });
  });

  test.skipIf(!hasYaml())('YAML is YAML', () => {
    for (const { text, place } of of('yaml'))
      expect(
        () => execFileSync('python3', ['-c', 'import sys, yaml; yaml.safe_load(sys.stdin.read())'], { input: text }),
        place,
      ).not.toThrow();
  });
});

/** One value, or one a line; `…` stands for what is left out. */
function isJson(text: string): boolean {
  const parses = (one: string) => {
    try {
      JSON.parse(one);
      return true;
    } catch {
      return false;
    }
  };
  return parses(text) || text.trim().split('\n').every(parses);
}

function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function hasYaml(): boolean {
  try {
    execFileSync('python3', ['-c', 'import yaml'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
