import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DOCUMENTS, ROOT } from './snippets.ts';

/**
 * One word for one thing, in American English. Each row was found in a document: what not to write, and what to write. Code,
 * links and quoted text are left alone, since they name what something else is called.
 */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bend points?\b/i, 'endpoint'],
  [/\btime-outs?\b/i, 'timeout'],
  [/\bmend(?:s|ed|ing)?\b/i, 'fix, repair'],
  [/\blicences?\b/i, 'license'],
  [/\bcolours?\b/i, 'color'],
  [/\bbehaviours?\b/i, 'behavior'],
  [/\bcancelled\b|\bcancelling\b/i, 'canceled, canceling'],
  [/\b(?:serial|normal|author|recogn|optim|summar)is(?:e|ed|es|ing)\b/i, '-ize'],
  [/\bcentre\b|\bfavour\b|\blabelled\b/i, 'center, favor, labeled'],
  [/\bsoon answers?\b|\bsoonest\b/i, 'fast answer, fastest'],
  [/\bhere and now\b/i, 'immediately'],
  [/\bvouch/i, 'trusted'],
  [/\bis told\b|\bare told\b|\bnothing is told\b/i, 'is reported, is sent, gets'],
  [/\bNone of both\b|\bnone of both\b/, 'neither'],
  [/\b(?:asks|asking) (?:a|the) vendor|\basked about\b/i, 'polls'],
  [/\blooks well\b|\blook well\b/i, 'looks right'],
  [/\bstands? (?:here|there)\b/i, 'is described here'],
  [/\ball the same\b/i, 'anyway, nevertheless'],
  [/\bso it does\b|\bis none of\b|\bnone whose\b/i, 'a plain sentence'],
  [/\bwhomever\b|\bby whoever\b|\bwhoever (?:has|may|can|needs|wants|starts)\b/i, 'anyone who, the role that'],
  [/\bin the place of\b/i, 'instead of'],
  [/\bhears of\b/i, 'is notified of'],
  [/\b(?:you|owner) alone\b/i, 'only you'],
  [/\bof one's own\b|\bone's own\b/i, 'custom, your own'],
  [/\bgoes whole\b|\bmore dear\b|\bdearer\b/i, 'unchanged, more expensive'],
  [/\blook-ups?\b|\broll-backs?\b|\btake-overs?\b|\bback-offs?\b/i, 'lookup, rollback, takeover, backoff'],
  [/\bfor ever\b/i, 'forever'],
  [/\bbase 64\b/i, 'base64'],
  [/\bheld against\b|\brolled back in vain\b|\bsuch by\b/i, 'compared with, could not be rolled back'],
  [/\bsynchronis|\banalys(?:e|ed|es)\b/i, 'synchroniz-, analyz-'],
];

const LEFT_ALONE =
  /^ *```[\s\S]*?^ *```|`[^`\n]*`|\]\([^)]*\)|^\[[^\]]+\]: .*$|<!-- (\w+) -->[\s\S]*?<!-- \/\1 -->|"(?:[^"\n]|\n(?!\n)){3,160}"|“[^”\n]{3,160}”/gm;

/** Folders whose texts a user reads: help, errors, descriptions, pages. */
const FOLDERS = ['cli', 'console', 'action', 'lib/api', 'lib/deliver', 'lib/events', 'lib/job', 'resources'];
const SOURCES = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:tsx?|ya?ml)$/.test(name))
    .map((name) => `${folder}/${name}`),
);
const COMMENT = /\/\*[\s\S]*?\*\/|(?:^|\s)(?:\/\/|# ).*$/gm;
/** What has a space in quotes is taken for a text; so is everything in a YAML file, and what is between tags. */
const TEXTS = /'[^'\n]* [^'\n]*'|"[^"\n]* [^"\n]*"|`[^`]* [^`]*`|>[^<>{}=;]* [^<>{}=;]*</g;

/** What the command line prints in a sample is a text of ours, though it is code. */
const PRINTED = /^```\n(?=\$ jobwatch)([\s\S]*?)^```/gm;

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

function textsOf(path: string): string {
  const source = readFileSync(join(ROOT, path), 'utf8').replace(COMMENT, blank);
  if (!/\.tsx?$/.test(path)) return source;
  const kept = [...source.matchAll(TEXTS)];
  return kept.reduce(
    (texts, { 0: text, index }) => texts.slice(0, index) + text + texts.slice(index + text.length),
    blank(source),
  );
}

function wrongWords(path: string, text: string): readonly string[] {
  // A phrase may go on in the next line.
  const flat = text.replaceAll('\n', ' ');
  return WORDS.flatMap(([wrong, right]) =>
    [...flat.matchAll(new RegExp(wrong, 'gi'))].map(
      ({ 0: word, index }) => `${path}:${text.slice(0, index).split('\n').length}: "${word}": write ${right}`,
    ),
  );
}

test('documents use the words of the list', () => {
  const found = DOCUMENTS.flatMap((path) =>
    wrongWords(path, readFileSync(join(ROOT, path), 'utf8').replace(LEFT_ALONE, blank)),
  );
  expect(found).toEqual([]);
});

test('so do samples of what the command line prints', () => {
  const samples = DOCUMENTS.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')] as const).flatMap(
    ([path, text]) => [...text.matchAll(PRINTED)].map(([, sample = '']) => [path, sample] as const),
  );
  expect(samples.flatMap(([path, sample]) => wrongWords(path, sample))).toEqual([]);
  expect(samples.length).toBeGreaterThan(10);
});

test('so do the texts of the command line, the API and the console', () => {
  expect(SOURCES.flatMap((path) => wrongWords(path, textsOf(path)))).toEqual([]);
  expect(SOURCES.length).toBeGreaterThan(150);
});
