import * as v from 'valibot';
import { stage as stageSchema } from '../functions/common/environment.ts';

/**
 * What is wrong with a stage's name, or with a `--param` that is no setting; null: nothing is. `given` are texts
 * `name=value`, `known` the names of all settings.
 */
export function checkStage(stage: string, given: readonly string[], known: readonly string[]): string | null {
  const named = v.safeParse(stageSchema, stage);
  const strange = given.map((text) => text.split('=')[0] ?? '').filter((name) => !known.includes(name));
  const problems = [
    ...(named.success ? [] : [`The stage "${stage}" can't be used: ${named.issues[0].message}.`]),
    ...strange.map((name) => `--param ${name}: there is no such setting.`),
  ];
  if (strange.length > 0) problems.push(`Settings are ${known.toSorted().join(', ')}.`);
  return problems.length === 0 ? null : problems.join('\n');
}
