import { type ConversionConfig, toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import * as responses from '../responses.ts';

export type Json = Readonly<Record<string, unknown>>;

/** What has a name in the document, so that a generator of clients has one too. */
const NAMED = {
  Delivery: responses.delivery,
  Group: responses.group,
  Job: responses.job,
  Problem: responses.problem,
  Subscription: responses.subscription,
  Transition: responses.transition,
};

/**
 * Checks by code have no form in JSON Schema; where it matters, `v.metadata` stands beside them. A custom schema
 * here always says "an object".
 */
const CONVERSION: ConversionConfig = {
  target: 'draft-2020-12',
  typeMode: 'input',
  errorMode: 'throw',
  ignoreActions: ['check', 'partial_check'],
  overrideSchema: ({ valibotSchema }) => (valibotSchema.type === 'custom' ? { type: 'object' } : null),
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
};

/** A schema of the door, or of a response, as JSON Schema; what has a name is referred to. */
export function jsonSchema(schema: v.GenericSchema): Json {
  const { $schema: _, $defs: __, ...converted } = toJsonSchema(schema, { ...CONVERSION, definitions: NAMED });
  return converted;
}

export function namedSchemas(): Json {
  return toJsonSchemaDefs(NAMED, CONVERSION);
}

/** Receivers are to take fields that they do not know: what is checked strictly here is published without that. */
export function openSchema(schema: v.GenericSchema): Json {
  const { $schema: _, ...converted } = toJsonSchema(schema, CONVERSION);
  return JSON.parse(JSON.stringify(converted), (key, value: unknown) =>
    key === 'additionalProperties' && value === false ? undefined : value,
  );
}
