import { type References, resolve } from './intrinsics.ts';
import { type Fields, fields, isFields, list, text } from './values.ts';

/** Values of a template's parameters by name; a list is one text, joined by commas, as on deployment. */
export type Parameters = Readonly<Record<string, string>>;

/**
 * The template as CloudFormation deploys it with these parameters (else their defaults): references to parameters and
 * every `Fn::If` replaced, resources whose condition is false left out. Throws on a parameter without a value and on a
 * condition function that it does not know.
 */
export function settle(template: Fields, given: Parameters = {}): Fields {
  const values = parametersOf(fields(template['Parameters'] ?? {}, 'Parameters'), given);
  const conditions = fields(
    fill(template['Conditions'] ?? {}, values, () => true),
    'Conditions',
  );
  const holds = (name: string): boolean => judge(fields(conditions[name], `Conditions.${name}`), holds);
  const kept = Object.entries(fields(template['Resources'], 'Resources')).filter(([, resource]) => {
    const condition = isFields(resource) ? resource['Condition'] : undefined;
    return condition === undefined || holds(text(condition, 'Condition'));
  });
  const Resources = fill(Object.fromEntries(kept), values, holds);
  const outputs = fill(template['Outputs'] ?? {}, values, holds);
  return { ...template, Resources, Outputs: lookUp(outputs, fields(template['Mappings'] ?? {}, 'Mappings')) };
}

function parametersOf(declared: Fields, given: Parameters): ReadonlyMap<string, unknown> {
  const strange = Object.keys(given).find((name) => !(name in declared));
  if (strange !== undefined) throw new Error(`the template has no parameter ${strange}`);
  return new Map(
    Object.entries(declared).map(([name, declaration]) => {
      const { Type, Default } = fields(declaration, `Parameters.${name}`);
      const value = text(given[name] ?? Default, `Parameters.${name}: its value`);
      return [name, Type === 'CommaDelimitedList' ? value.split(',').map((item) => item.trim()) : value];
    }),
  );
}

const LEFT_OUT = Symbol('AWS::NoValue');

function fill(value: unknown, values: ReadonlyMap<string, unknown>, holds: (condition: string) => boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => fill(item, values, holds)).filter((item) => item !== LEFT_OUT);
  if (!isFields(value)) return value;
  const { Ref, 'Fn::If': choice, 'Fn::Sub': sub } = value;
  if (Ref === 'AWS::NoValue') return LEFT_OUT;
  if (typeof Ref === 'string' && values.has(Ref)) return values.get(Ref);
  if (choice !== undefined) {
    const [condition, yes, no] = list(choice, 'Fn::If');
    return fill(holds(text(condition, 'Fn::If')) ? yes : no, values, holds);
  }
  if (typeof sub === 'string') return substituted(sub, values);
  if (Array.isArray(sub))
    return { 'Fn::Sub': [substitute(text(sub[0], 'Fn::Sub'), values), fill(sub[1], values, holds)] };
  const inner = Object.entries(value).map(([key, item]) => [key, fill(item, values, holds)] as const);
  return Object.fromEntries(inner.filter(([, item]) => item !== LEFT_OUT));
}

/** A pattern that refers to nothing else is the text itself. */
function substituted(pattern: string, values: ReadonlyMap<string, unknown>): unknown {
  const filled = substitute(pattern, values);
  return filled.includes('${') ? { 'Fn::Sub': filled } : filled;
}

function substitute(pattern: string, values: ReadonlyMap<string, unknown>): string {
  return pattern.replace(/\$\{(\w+)\}/g, (reference, name: string) =>
    values.has(name) ? text(values.get(name), `\${${name}}`) : reference,
  );
}

/** Mappings are by partition, of which this machine has one. */
function lookUp(value: unknown, mappings: Fields): unknown {
  if (Array.isArray(value)) return value.map((item) => lookUp(item, mappings));
  if (!isFields(value)) return value;
  const { 'Fn::FindInMap': place } = value;
  if (place === undefined)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, lookUp(item, mappings)]));
  const [map, key, name] = list(place, 'Fn::FindInMap');
  const found = fields(mappings[text(map, 'Fn::FindInMap')], 'Fn::FindInMap');
  if (!isFields(key) || key['Ref'] !== 'AWS::Partition') throw new Error('Fn::FindInMap is by AWS::Partition here');
  return fields(found['aws'], 'Fn::FindInMap')[text(name, 'Fn::FindInMap')];
}

function judge(condition: Fields, holds: (name: string) => boolean): boolean {
  const [name, ...others] = Object.keys(condition);
  if (name === undefined || others.length > 0) throw new Error('a condition is one function');
  const part = (value: unknown): boolean => judge(fields(value, name), holds);
  switch (name) {
    case 'Condition':
      return holds(text(condition[name], name));
    case 'Fn::Equals': {
      const [left, right] = list(condition[name], name).map((side) => resolve(side, NO_REFERENCES));
      return left === right;
    }
    case 'Fn::Not':
      return !list(condition[name], name).some(part);
    case 'Fn::And':
      return list(condition[name], name).every(part);
    case 'Fn::Or':
      return list(condition[name], name).some(part);
    default:
      throw new Error(`${name} is not supported in a condition`);
  }
}

/** Conditions may refer to parameters only, and those are filled in by then. */
const NO_REFERENCES: References = {
  ref(name) {
    throw new Error(`a condition can't refer to ${name}`);
  },
  attribute(logicalId) {
    throw new Error(`a condition can't refer to ${logicalId}`);
  },
};
