import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fields } from '../../local/template/values.ts';

export interface TarballFile {
  readonly name: string;
  readonly content: string | Buffer;
  readonly mode?: number;
}

/**
 * The npm package of the command line: `bin` is its one file, and there is nothing to install beside it. npm gives every
 * file of a tarball the same time, so the same files make the same bytes.
 */
export async function cliTarball(root: string, files: readonly TarballFile[]): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'jobwatch-tarball-'));
  try {
    const { name, version, description, license } = fields(
      JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')),
      'package.json',
    );
    const manifest = {
      name,
      version,
      description,
      license,
      type: 'module',
      engines: { node: '>=22.12' },
      bin: { jobwatch: 'jobwatch.mjs' },
      files: files.map((file) => file.name),
    };
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    for (const file of files) writeFileSync(join(folder, file.name), file.content, { mode: file.mode ?? 0o644 });
    await promisify(execFile)('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
      cwd: folder,
    });
    return readFileSync(join(folder, `${name}-${version}.tgz`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
