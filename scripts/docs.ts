import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_DIR, TEMPLATE_FILE } from '../local/template/template.ts';
import { awsTables, fillTables } from './docs/aws-docs.ts';
import { EVENTS_FILE, eventsPage } from './docs/events-page.ts';
import { robotPictures } from './docs/robot-pictures.ts';
import { roomMap } from './docs/room-map.ts';
import { routesTable } from './docs/routes-table.ts';
import { THIRD_PARTY_FILE, thirdParty } from './docs/third-party.ts';
import { wrapDocs } from './docs/wrap.ts';
import { readSources } from './imports.ts';
import { packageStack } from './package.ts';

/** Docs with tables that are made from the template or the routes, and with the picture that is made from the imports. */
const WITH_TABLES = ['docs/api.md', 'docs/architecture.md', 'docs/aws.md', 'docs/aws-rights.md', 'docs/dashboard.md'];

/** What is made from the package at `root` and from the code, by path, as it should read. */
export function generatedDocs(root: string): ReadonlyMap<string, string> {
  const tables = {
    ...awsTables(join(root, PACKAGE_DIR, TEMPLATE_FILE)),
    rooms: roomMap(readSources(root)),
    routes: routesTable(),
  };
  const filled = WITH_TABLES.map((path) => [path, fillTables(readFileSync(join(root, path), 'utf8'), tables)] as const);
  return new Map([...filled, [THIRD_PARTY_FILE, thirdParty(root)], [EVENTS_FILE, eventsPage()], ...robotPictures()]);
}

/** The paths of those that read otherwise. */
export function staleDocs(root: string): readonly string[] {
  const reads = (path: string): string | null =>
    existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : null;
  return [...generatedDocs(root)].filter(([path, wanted]) => reads(path) !== wanted).map(([path]) => path);
}

if (import.meta.main) {
  const root = process.cwd();
  await packageStack(root);
  for (const [path, wanted] of generatedDocs(root)) writeFileSync(join(root, path), wanted);
  wrapDocs(root);
  console.log(`Written: ${[...generatedDocs(root).keys()].join(', ')}.`);
}
