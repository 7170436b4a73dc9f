// Plain JavaScript: the framework loads it, whatever Node that runs on.

/** The package's folder is put together right after; for one function alone, by a hook of its own. */
const BEFORE_PACKAGING = ['before:package:createDeploymentArtifacts', 'before:package:function:package'];

/**
 * Builds the functions whenever the framework packages them, so that no deployment can ship what was built before the
 * last change, and refuses a stage and settings that the functions would not start with.
 */
export default class JobwatchPlugin {
  constructor(serverless) {
    this.hooks = {
      'before:package:cleanup': () => check(serverless),
      ...Object.fromEntries(BEFORE_PACKAGING.map((hook) => [hook, () => build(serverless.serviceDir)])),
    };
  }
}

async function check(serverless) {
  await import('./check-node.mjs');
  const { checkStage, checkValues } = await import('./stage-settings.ts');
  const { provider, functions } = serverless.service;
  const { params } = serverless.configurationInput;
  const given = serverless.processedInput.options.param ?? [];
  // A release is packaged with values that only mark where settings go.
  const problem =
    checkStage(provider.stage, given, Object.keys(params.default)) ??
    (process.env.JOBWATCH_SENTINELS === '1' ? null : checkValues(functions));
  if (problem !== null) throw new serverless.classes.Error(problem);
}

/** Who packages by scripts/package.ts has just built, and holds the lock. */
async function build(serviceDir) {
  if (process.env.JOBWATCH_BUILT === '1') return;
  await import('./check-node.mjs');
  const [{ withLock }, { build: buildAll }] = await Promise.all([import('./lock.ts'), import('./build.ts')]);
  await withLock(serviceDir, () => buildAll(serviceDir));
}
