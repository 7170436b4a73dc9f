import * as v from 'valibot';

/**
 * What a client holds a response against: the schema that the API promises, without what only its own version can know.
 * Fields that the client does not read may be there or not, and a list of words may have got longer.
 */

/** Words of a newer API are texts like any other. */
export type Lenient<T> = T extends string
  ? string
  : T extends readonly (infer Item)[]
    ? Lenient<Item>[]
    : T extends object
      ? { [Key in keyof T]: Lenient<T[Key]> }
      : T;

type LenientSchema<Schema extends v.GenericSchema> = v.GenericSchema<Lenient<v.InferOutput<Schema>>>;

interface ObjectSchema {
  readonly entries: Readonly<Record<string, v.GenericSchema>>;
}

/** The kinds of schemas that responses are made of. */
type Part =
  | v.StrictObjectSchema<v.ObjectEntries, undefined>
  | v.ArraySchema<v.GenericSchema, undefined>
  | v.RecordSchema<v.GenericSchema<string, string>, v.GenericSchema, undefined>
  | v.NullableSchema<v.GenericSchema, undefined>
  | v.OptionalSchema<v.GenericSchema, undefined>
  | v.PicklistSchema<readonly string[], undefined>
  | v.StringSchema<undefined>
  | v.NumberSchema<undefined>
  | v.BooleanSchema<undefined>;

/** The named fields of an API's object, for a schema of the client's own. */
/* @__NO_SIDE_EFFECTS__ */
export function fields<Api extends ObjectSchema, Name extends keyof Api['entries'] & string>(
  api: Api,
  names: readonly Name[],
): { readonly [Key in Name]: LenientSchema<Api['entries'][Key]> } {
  const entries = names.map((name) => [name, lenient(api.entries[name] as unknown as Part)]);
  return Object.fromEntries(entries);
}

function lenient(schema: Part): v.GenericSchema {
  const inner = (one: v.GenericSchema) => lenient(one as unknown as Part);
  switch (schema.type) {
    case 'strict_object':
      return v.looseObject(
        Object.fromEntries(Object.entries(schema.entries).map(([name, one]) => [name, inner(one as v.GenericSchema)])),
      );
    case 'array':
      return v.array(inner(schema.item));
    case 'record':
      return v.record(v.string(), inner(schema.value));
    case 'nullable':
      return v.nullable(inner(schema.wrapped));
    case 'optional':
      return v.optional(inner(schema.wrapped));
    case 'number':
      return v.number();
    case 'boolean':
      return v.boolean();
    case 'string':
    case 'picklist':
      return v.string();
  }
}
