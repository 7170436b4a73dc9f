import { type Fields, fields } from '../../local/template/values.ts';

/**
 * The files of a Terraform module beside `main.tf`, as `terraform fmt` has them: a variable for each parameter of the
 * template, an output for each output. A variable is null where the template's default is to be taken.
 */
export function terraformFiles(template: Fields): Readonly<Record<string, string>> {
  const parameters = Object.entries(fields(template['Parameters'], 'Parameters')).map(([name, declared]) => ({
    name,
    ...(declared as { readonly Type: string; readonly Description: string; readonly Default?: string }),
  }));
  const width = Math.max(...parameters.map(({ name }) => name.length));
  const values = parameters.map(({ name }) => `    ${name.padEnd(width)} = var.${snakeCase(name)}`);
  return {
    'variables.tf': `${parameters.map(variable).join('\n')}\nlocals {\n  parameters = {\n${values.join('\n')}\n  }\n}\n`,
    'outputs.tf': Object.keys(fields(template['Outputs'], 'Outputs')).map(output).join('\n'),
  };
}

/** Terraform names a part of an S3 key before CloudFormation could give it a default. */
const OWN_DEFAULTS: Readonly<Record<string, boolean>> = { CodePrefix: true };

interface Declared {
  readonly name: string;
  readonly Description: string;
  readonly Default?: string;
}

function variable({ name, Description, Default }: Declared): string {
  const own = OWN_DEFAULTS[name] === true ? JSON.stringify(Default) : 'null';
  const lines = [
    `  description = ${literal(Description)}`,
    '  type        = string',
    ...(Default === undefined ? [] : [`  default     = ${own}`]),
  ];
  return `variable "${snakeCase(name)}" {\n${lines.join('\n')}\n}\n`;
}

function output(name: string): string {
  return `output "${snakeCase(name)}" {\n  value = aws_cloudformation_stack.this.outputs["${name}"]\n}\n`;
}

/** `KmsKeyArn` is `kms_key_arn`. */
export function snakeCase(name: string): string {
  return name.replace(/(?!^)[A-Z]/g, '_$&').toLowerCase();
}

/** A text without templates: `${` and `%{` would begin one. */
function literal(value: string): string {
  return JSON.stringify(value).replace(/[$%]\{/g, (begin) => `${begin[0]}${begin}`);
}
