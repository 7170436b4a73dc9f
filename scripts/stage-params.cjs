// CommonJS: the framework reads the settings of a stage by it, whatever Node that runs on.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

/**
 * The framework's `params`: the defaults and those of single stages in serverless.yml (`custom`), and over them the file
 * `stages/<stage>.yml`, if there is one. A name in the file that is no setting is an error: it is a typo.
 */
module.exports = async ({ options, resolveConfigurationProperty, resolveVariable }) => {
  const settings = await resolveConfigurationProperty(['custom']);
  const stage = options.stage ?? 'dev';
  const file = `stages/${stage}.yml`;
  // What is no stage has no file; the plugin says what is wrong with it.
  const hasFile = /^[a-z0-9-]+$/.test(stage) && existsSync(join(__dirname, '..', file));
  const own = hasFile ? ((await resolveVariable(`file(${file})`)) ?? {}) : {};
  return { ...settings, [stage]: { ...settings[stage], ...checked(own, file, Object.keys(settings.default)) } };
};

function checked(own, file, known) {
  const strange = Object.keys(own).filter((name) => !known.includes(name));
  if (typeof own !== 'object' || Array.isArray(own) || strange.length > 0) throw refusal(file, strange, known);
  const empty = Object.keys(own).filter((name) => own[name] === null);
  if (empty.length > 0)
    throw plain(`${file}: ${empty.join(', ')}: expected a value; leave the line out for the default.`);
  // A list, of deployers or of ranges, is written one a line, and joined by commas in the stack.
  return Object.fromEntries(
    Object.entries(own).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  );
}

function refusal(file, strange, known) {
  const found = strange.length > 0 ? `${strange.join(', ')}: no such setting` : 'expected names and values';
  return plain(`${file}: ${found}. Settings are ${known.toSorted().join(', ')}.`);
}

function plain(message) {
  const error = new Error(message);
  // The framework would print it.
  error.stack = undefined;
  return error;
}
