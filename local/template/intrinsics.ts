import { type Fields, fields, isFields, list, text } from './values.ts';

/** What the intrinsics of a template are resolved with. Both throw on a name they do not know. */
export interface References {
  ref(name: string): string;
  attribute(logicalId: string, attribute: string): string;
}

/**
 * The value with its intrinsics replaced: `Ref`, `Fn::GetAtt`, `Fn::Sub`, `Fn::Join`, `Fn::Select`, `Fn::Split`; a
 * property that is `AWS::NoValue` is left out. Throws on any other intrinsic, so that a template that grew beyond this
 * is noticed.
 */
export function resolve(value: unknown, references: References): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isNoValue(item)).map((item) => resolve(item, references));
  if (!isFields(value)) return value;
  const [name, ...others] = Object.keys(value);
  if (name !== undefined && others.length === 0) {
    const intrinsic = intrinsics[name];
    if (intrinsic) return intrinsic(value[name], references);
    if (name.startsWith('Fn::')) throw new Error(`${name} is not supported here`);
  }
  const kept = Object.entries(value).filter(([, inner]) => !isNoValue(inner));
  return Object.fromEntries(kept.map(([key, inner]) => [key, resolve(inner, references)]));
}

const intrinsics: Readonly<Record<string, (argument: unknown, references: References) => unknown>> = {
  Ref: (argument, references) => references.ref(text(argument, 'Ref')),
  'Fn::GetAtt': (argument, references) => {
    const [logicalId, ...attribute] = typeof argument === 'string' ? argument.split('.') : list(argument, 'Fn::GetAtt');
    return references.attribute(text(logicalId, 'Fn::GetAtt'), attribute.join('.'));
  },
  'Fn::Sub': (argument, references) => {
    const [pattern, variables] = typeof argument === 'string' ? [argument, {}] : list(argument, 'Fn::Sub');
    return substitute(text(pattern, 'Fn::Sub'), fields(variables, 'Fn::Sub'), references);
  },
  'Fn::Join': (argument, references) => {
    const [separator, items] = list(argument, 'Fn::Join');
    return list(resolve(items, references), 'Fn::Join').join(text(separator, 'Fn::Join'));
  },
  'Fn::Select': (argument, references) => {
    const [index, items] = list(argument, 'Fn::Select');
    return list(resolve(items, references), 'Fn::Select')[Number(index)];
  },
  'Fn::Split': (argument, references) => {
    const [separator, source] = list(argument, 'Fn::Split');
    return text(resolve(source, references), 'Fn::Split').split(text(separator, 'Fn::Split'));
  },
};

/**
 * `${!Literal}` stands for `${Literal}`:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html
 */
function substitute(pattern: string, variables: Fields, references: References): string {
  return pattern.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
    if (name.startsWith('!')) return `\${${name.slice(1)}}`;
    if (name in variables) return String(resolve(variables[name], references));
    const dot = name.indexOf('.');
    return dot < 0 ? references.ref(name) : references.attribute(name.slice(0, dot), name.slice(dot + 1));
  });
}

/** Every name that a value refers to, pseudo parameters included. */
export function referencesIn(value: unknown): readonly string[] {
  const names: string[] = [];
  const note = (name: string): string => {
    names.push(name);
    return name;
  };
  resolve(value, { ref: note, attribute: note });
  return names;
}

function isNoValue(value: unknown): boolean {
  return isFields(value) && value['Ref'] === 'AWS::NoValue';
}
