import { join } from 'node:path';
import { PACKAGE_DIR, readTemplate, resourcesOf, TEMPLATE_FILE, type Template } from '../../local/template/template.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** What of the packaged stack decides when a job is polled: "watch 50 s", "watch 57 s, wake". */
export function packagedBuild(): string {
  return buildOf(readTemplate(join(ROOT, PACKAGE_DIR, TEMPLATE_FILE)));
}

export function buildOf(template: Template): string {
  const { Environment } = template.resources['WatchLambdaFunction']?.properties ?? {};
  const { WATCH_SECONDS } = (Environment as { Variables: Record<string, string> }).Variables;
  return `watch ${WATCH_SECONDS} s${isWoken(template) ? ', wake' : ''}`;
}

/** The pending queue invokes a function. */
function isWoken(template: Template): boolean {
  return resourcesOf(template, 'AWS::Lambda::EventSourceMapping').some(
    ([, { properties }]) =>
      JSON.stringify(properties['EventSourceArn']).includes('"PendingQueue"') && properties['Enabled'] !== false,
  );
}
