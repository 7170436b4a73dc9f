import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The layers, and what each may import: `functions, local, cli → adapters, vendors → core`, and nothing back. */
const ROOT = join(import.meta.dirname, '..');
const LAYERS = [
  { name: 'api', folder: 'lib/api/', may: ['core', 'api'] },
  { name: 'adapters', folder: 'lib/adapters/', may: ['core', 'adapters', 'vendors', 'api'] },
  { name: 'vendors', folder: 'lib/vendors/', may: ['core', 'vendors'] },
  { name: 'core', folder: 'lib/', may: ['core', 'vendors'] },
  { name: 'functions', folder: 'functions/', may: ['core', 'adapters', 'vendors', 'api', 'functions'] },
  { name: 'local', folder: 'local/', may: ['core', 'adapters', 'vendors', 'local', 'scripts'] },
  { name: 'cli', folder: 'cli/', may: ['core', 'adapters', 'vendors', 'api', 'cli'] },
  { name: 'console', folder: 'console/', may: ['core', 'console'] },
  { name: 'scripts', folder: 'scripts/', may: ['core', 'adapters', 'vendors', 'local', 'scripts'] },
] as const;

const files = ['lib', 'functions', 'local', 'cli', 'scripts', 'console']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
  .map((name) => ({ name, text: readFileSync(join(ROOT, name), 'utf8') }));

function layerOf(path: string) {
  return LAYERS.find(({ folder }) => path.startsWith(folder));
}

function mayImport(may: readonly string[], target: string): boolean {
  return may.includes(layerOf(target)?.name ?? '');
}

function importsOf({ name, text }: { name: string; text: string }): string[] {
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '');
  return specifiers.map((specifier) => relative(ROOT, join(ROOT, dirname(name), specifier)));
}

describe('the architecture', () => {
  it('has files in every layer', () => {
    for (const { name } of LAYERS)
      expect(files.filter((file) => layerOf(file.name)?.name === name).length, name).toBeGreaterThan(1);
    expect(files.flatMap(importsOf).length).toBeGreaterThan(100);
  });

  it('imports in one direction only', () => {
    const wrong = files.flatMap((file) => {
      const layer = layerOf(file.name);
      return importsOf(file)
        .filter((target) => !mayImport(layer?.may ?? [], target))
        .map((target) => `${file.name} → ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('lets no vendor know another', () => {
    const apis = ['alibaba/nlb', 'alibaba/alb', 'huawei/elb-v1', 'huawei/elb-v3'];
    const wrong = files
      .filter(({ name }) => apis.some((api) => name === `lib/vendors/${api}.ts`))
      .flatMap((file) => importsOf(file).filter((target) => apis.some((api) => target === `lib/vendors/${api}.ts`)));
    expect(wrong).toEqual([]);
    const clouds = files.filter(({ name }) => /^lib\/vendors\/(alibaba|huawei)/.test(name));
    const mixed = clouds.flatMap((file) =>
      importsOf(file).filter((target) =>
        target.startsWith(`lib/vendors/${file.name.includes('alibaba') ? 'huawei' : 'alibaba'}`),
      ),
    );
    expect(mixed).toEqual([]);
  });

  it('keeps clock, chance, environment and network out of the core', () => {
    const core = files.filter(
      ({ name }) => ['core', 'api'].includes(layerOf(name)?.name ?? '') && name !== 'lib/base/time.ts',
    );
    const forbidden =
      /\bMath\.random\b|\bDate\.now\b|\bnew Date\b|\bprocess\.|\bfetch\(|\bsetTimeout\b|\brandomUUID\b|node:(?!crypto)|@aws-sdk/;
    const wrong = core.filter(({ text }) => forbidden.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')));
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  it('has no branch on where it runs', () => {
    const runtime = files.filter(({ name }) => !name.startsWith('local/'));
    expect(runtime.filter(({ text }) => /IS_LOCAL|IS_OFFLINE|isLocal/.test(text)).map(({ name }) => name)).toEqual([]);
  });

  it('keeps functions to wiring', () => {
    const entries = files.filter(({ name }) => /^functions\/[^/]+\/index\.ts$/.test(name));
    expect(entries.map(({ name }) => name).toSorted()).toEqual([
      'functions/api/index.ts',
      'functions/deliver/index.ts',
      'functions/reconcile/index.ts',
      'functions/watch/index.ts',
    ]);
    for (const { name, text } of entries) {
      expect(text.split('\n').length, name).toBeLessThanOrEqual(35);
      expect(text, name).not.toMatch(/\bif \(/);
      expect(text, name).toContain('export const handler = middy(');
    }
  });
});
