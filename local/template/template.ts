import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Parameters, settle } from './conditions.ts';
import { type Fields, fields, text } from './values.ts';

/** Where `serverless package` leaves the template and one zip a function, relative to the root. */
export const PACKAGE_DIR = '.serverless';
export const TEMPLATE_FILE = 'cloudformation-template-update-stack.json';

/** Where `npm run release` leaves the same, relative to the release's folder: a template with parameters, and the zips. */
export const RELEASE_TEMPLATE_FILE = 'template.json';
export const RELEASE_CODE_DIR = 'functions';

/** The template and the zips of a folder: one that was packaged, or a release. */
export function stackFiles(folder: string): { readonly template: string; readonly codeDir: string } {
  const released = join(folder, RELEASE_TEMPLATE_FILE);
  return existsSync(released)
    ? { template: released, codeDir: join(folder, RELEASE_CODE_DIR) }
    : { template: join(folder, TEMPLATE_FILE), codeDir: folder };
}

export interface Resource {
  readonly type: string;
  readonly properties: Fields;
}

/**
 * A CloudFormation template as far as the local system reads it. Its conditions are settled; values still hold other
 * intrinsics: see `intrinsics.ts`.
 */
export interface Template {
  readonly resources: Readonly<Record<string, Resource>>;
  /** The outputs' values by name. */
  readonly outputs: Fields;
}

/**
 * As it is deployed with these parameters, else with their defaults. Throws an error that names the file and the place
 * if it is no template.
 */
export function readTemplate(path: string, parameters: Parameters = {}): Template {
  return parseTemplate(JSON.parse(readFileSync(path, 'utf8')), path, parameters);
}

export function parseTemplate(json: unknown, path: string, parameters: Parameters = {}): Template {
  const given = fields(json, path);
  // What is no template is told with the file's name.
  fields(given['Resources'], `${path}: Resources`);
  const template = settle(given, parameters);
  const resources = fields(template['Resources'], `${path}: Resources`);
  const outputs = fields(template['Outputs'] ?? {}, `${path}: Outputs`);
  return {
    resources: mapValues(resources, (value, name) => parseResource(value, `${path}: Resources.${name}`)),
    outputs: mapValues(outputs, (value, name) => fields(value, `${path}: Outputs.${name}`)['Value']),
  };
}

function parseResource(value: unknown, path: string): Resource {
  const resource = fields(value, path);
  return {
    type: text(resource['Type'], `${path}.Type`),
    properties: fields(resource['Properties'] ?? {}, `${path}.Properties`),
  };
}

/** The resources of one type with their logical ids, in the template's order. */
export function resourcesOf(template: Template, type: string): [logicalId: string, resource: Resource][] {
  return Object.entries(template.resources).filter(([, resource]) => resource.type === type);
}

function mapValues<T>(values: Fields, map: (value: unknown, key: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value, key)]));
}
