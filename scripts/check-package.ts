import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import validator from '@aws/cloudformation-validate';
import {
  PACKAGE_DIR,
  RELEASE_TEMPLATE_FILE,
  readTemplate,
  resourcesOf,
  TEMPLATE_FILE,
} from '../local/template/template.ts';
import { isFields } from '../local/template/values.ts';
import { weigh } from './budgets.ts';
import { staleDocs } from './docs.ts';
import { packageStack } from './package.ts';
import { makeRelease } from './release/release.ts';
import { withSecondPackage, zipHashes } from './second-package.ts';

/**
 * What must be true of the package before it is deployed: CloudFormation takes the template, for `prod` too; tables of
 * `prod` are protected; the same sources make the same zips in another folder; nothing has grown past its budget; the
 * docs that are made from it are up to date; no package that it holds has a known hole of weight. Prints a line for
 * each, and fails at the end if one of them is not.
 */
async function main(root: string): Promise<number> {
  await packageStack(root);
  const own = zipHashes(root);
  const template = join(PACKAGE_DIR, TEMPLATE_FILE);
  const findings = [
    ...problemsOf('the template', join(root, template)),
    ...(await withSecondPackage(root, 'prod', (folder) => [
      ...problemsOf('the template of prod', join(folder, template)),
      ...unprotected(join(folder, template)),
      ...differences(own, zipHashes(folder)),
    ])),
    ...problemsOf('the template of the release', join(await makeRelease(root), RELEASE_TEMPLATE_FILE)),
    ...heavy(root),
    ...staleDocs(root).map((path) => `${path} is not up to date: npm run docs`),
    ...(await holes(root)),
  ];
  for (const finding of findings) console.error(finding);
  if (findings.length > 0) return 1;
  const { size, resources } = sizeOf(join(root, template));
  console.log(`The package is good: ${resources} resources, a template of ${size} bytes, reproducible zips.`);
  return 0;
}

/** W3030 is a value outside its enumeration. The other warnings are about the framework's own resources. */
function problemsOf(what: string, path: string): string[] {
  const engine = new validator.CelEngine();
  const { diagnostics } = engine.validateStandard(new validator.TemplateFile(path));
  engine.free();
  return diagnostics
    .filter(({ severity, ruleId }) => severity === 'FATAL' || severity === 'ERROR' || ruleId === 'W3030')
    .filter((diagnostic) => !isImpossible(diagnostic))
    .map(({ ruleId, message, entity }) => `${what}: ${ruleId} ${entity?.logicalId ?? ''}: ${message}`);
}

interface Finding {
  readonly ruleId: string;
  readonly conditionScenario?: Readonly<Record<string, boolean>>;
}

/** Where an optional parameter is given, its default is looked at all the same: `none`, which it is then not. */
function isImpossible({ conditionScenario, ruleId }: Finding): boolean {
  const isGiven = Object.entries(conditionScenario ?? {}).some(([name, holds]) => name.startsWith('Has') && holds);
  return isGiven && OF_VALUES.includes(ruleId);
}

/** A value's type, and its length. */
const OF_VALUES = ['F3012', 'F3033'];

function unprotected(path: string): string[] {
  return resourcesOf(readTemplate(path), 'AWS::DynamoDB::Table')
    .filter(([, { properties }]) => properties['DeletionProtectionEnabled'] !== true)
    .map(([logicalId]) => `${logicalId} can be deleted in prod`);
}

function differences(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => one[name] !== other[name]).map((name) => `${name} differs from run to run`);
}

function heavy(root: string): string[] {
  return weigh(root)
    .filter(({ bytes, budget }) => bytes > budget)
    .map(({ what, bytes, budget }) => `the ${what} weighs ${bytes} bytes, ${bytes - budget} over its budget`);
}

/**
 * CloudFormation takes 1 MB from S3 and 500 resources:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
 */
function sizeOf(path: string): { size: number; resources: number } {
  const text = readFileSync(path, 'utf8');
  const { Resources } = JSON.parse(text) as { Resources: object };
  return { size: Buffer.byteLength(text), resources: Object.keys(Resources).length };
}

/** Not every registry answers audits: that is said, and is no fault of the package. */
async function holes(root: string): Promise<string[]> {
  const args = ['audit', '--omit=dev', '--audit-level=high', '--json'];
  const report = await promisify(execFile)('npm', args, { cwd: root, timeout: AUDIT_TIMEOUT_MS }).then(
    ({ stdout }) => stdout,
    (error: unknown) => (isFields(error) ? String(error['stdout']) : ''),
  );
  const severe = severeIn(report);
  if (severe === null)
    console.log('Not audited: the registry does not answer `npm audit`, so known holes were not looked for.');
  return severe === null || severe === 0 ? [] : [`npm audit --omit=dev reports ${severe} holes of weight`];
}

const AUDIT_TIMEOUT_MS = 30_000;

function severeIn(report: string): number | null {
  try {
    const parsed: unknown = JSON.parse(report);
    const metadata = isFields(parsed) ? parsed['metadata'] : null;
    const counts = isFields(metadata) ? metadata['vulnerabilities'] : null;
    return isFields(counts) ? Number(counts['high']) + Number(counts['critical']) : null;
  } catch {
    return null;
  }
}

process.exitCode = await main(process.cwd());
