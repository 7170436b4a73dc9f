import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_DIR, TEMPLATE_FILE } from '../local/template/template.ts';
import { BUILD_DIR, build, functionNames } from './build.ts';
import { withLock } from './lock.ts';
import { isFresh, writeStamp } from './stamp.ts';

/** Lies in the package: the framework empties that folder first, so a broken run leaves none. */
const STAMP_FILE = `${PACKAGE_DIR}/jobwatch-package.json`;

/**
 * Bundles the functions and packages the stack, offline and without credentials, to `.serverless/`: the template and
 * one zip a function. Does nothing if every file that went into the present package, and the package itself, is as it
 * was. `args` go to `serverless package` (`--stage`, `--param`),
 * `env` to its environment. Runs of several processes wait for each other. Zips
 * are reproducible byte for byte; the template but for the time in its S3 keys.
 */
export async function packageStack(
  root: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<'fresh' | 'packaged'> {
  return withLock(root, async () => {
    const inputs = configFiles(root);
    const outputs = outputFiles(functionNames(root));
    if (isFresh(root, STAMP_FILE, { args, inputs, outputs })) return 'fresh';
    const startedAtMs = Date.now();
    const built = await build(root);
    await runServerless(root, args, env);
    writeStamp(root, STAMP_FILE, { args, inputs: [...built.inputs, ...inputs], outputs, startedAtMs });
    return 'packaged';
  });
}

/**
 * What decides the package besides the sources that a bundle was seen to hold: the function files, so that a new one is
 * noticed, the stack, the scripts, and npm's hidden lock file, which tells when an installed package changes.
 */
function configFiles(root: string): string[] {
  const functions = functionNames(root).map((name) => `functions/${name}/index.ts`);
  const resources = readdirSync(join(root, 'resources')).map((file) => `resources/${file}`);
  const scripts = ['build.ts', 'build-console.ts', 'package.ts', 'serverless-plugin.mjs', 'stage-params.cjs'].map(
    (file) => `scripts/${file}`,
  );
  const stages = existsSync(join(root, 'stages')) ? readdirSync(join(root, 'stages')) : [];
  const npm = ['package.json', 'node_modules/.package-lock.json', 'tsconfig.json'];
  return [
    'serverless.yml',
    ...functions,
    ...resources,
    ...scripts,
    ...stages.map((file) => `stages/${file}`),
    ...npm,
  ].filter((path) => existsSync(join(root, path)));
}

function outputFiles(names: readonly string[]): string[] {
  const built = ['meta.json', ...names.map((name) => `${name}/index.cjs`)].map((file) => `${BUILD_DIR}/${file}`);
  const packaged = [TEMPLATE_FILE, ...names.map((name) => `${name}.zip`)].map((file) => `${PACKAGE_DIR}/${file}`);
  return [...built, ...packaged];
}

/** `serverless package` of what is built already. Throws what it printed if it fails. */
export async function runServerless(
  root: string,
  args: readonly string[],
  own: Readonly<Record<string, string>> = {},
): Promise<void> {
  const bin = join(root, 'node_modules/serverless/bin/serverless.js');
  const quiet = { SLS_TELEMETRY_DISABLED: '1', SLS_NOTIFICATIONS_MODE: 'off', SLS_INTERACTIVE_SETUP_ENABLE: '0' };
  // The framework's plugin need not build again, and could not: the lock is held here.
  const built = { JOBWATCH_BUILT: '1' };
  try {
    await promisify(execFile)(process.execPath, [bin, 'package', ...args], {
      cwd: root,
      env: { ...process.env, ...quiet, ...built, ...own },
      maxBuffer: 16 * 1024 * 1024,
    });
  } catch (cause) {
    // The framework writes its errors to stdout.
    const output = cause instanceof Error && 'stdout' in cause ? String(cause.stdout) : String(cause);
    throw new Error(`serverless package failed:\n${output}`, { cause });
  }
}

if (import.meta.main) {
  try {
    const result = await packageStack(process.cwd(), process.argv.slice(2));
    console.log(result === 'fresh' ? 'The package is up to date.' : `Packaged to ${PACKAGE_DIR}/.`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
