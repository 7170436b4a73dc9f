import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fields } from '../../local/template/values.ts';

export interface TarballFile {
  readonly name: string;
  readonly content: string | Buffer;
  readonly mode?: number;
}

export interface Tarball {
  /** Of the package, and of its one program. */
  readonly name: string;
  /** The file that is the program. */
  readonly bin: string;
  /** The oldest Node that runs it. */
  readonly node: string;
  readonly files: readonly TarballFile[];
}

/**
 * An npm package with one program, and with nothing to install beside it. npm gives every file of a tarball the same
 * time, so the same files make the same bytes.
 */
export async function npmTarball(root: string, { name, bin, node, files }: Tarball): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'jobwatch-tarball-'));
  try {
    const { version, description, license } = fields(
      JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')),
      'package.json',
    );
    const manifest = {
      name,
      version,
      description,
      license,
      type: 'module',
      engines: { node: `>=${node}` },
      bin: { [name]: bin },
      files: files.map((file) => file.name),
    };
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    for (const file of files) {
      const path = join(folder, file.name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, file.content);
      chmodSync(path, file.mode ?? 0o644);
    }
    await promisify(execFile)('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
      cwd: folder,
    });
    return readFileSync(join(folder, `${name}-${version}.tgz`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
