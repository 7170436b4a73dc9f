// Plain JavaScript that any Node can read: it runs before everything else and says what is missing.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `jobwatch needs Node 24 (22.18 at least) to run its scripts; this is ${process.versions.node}.\n` +
      'On Linux x64 `npm ci` brings Node 24 by itself, unless it was run with --omit=optional; ' +
      'elsewhere install it from https://nodejs.org/.',
  );
  process.exit(1);
}
