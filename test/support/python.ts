/** Python with packages from PyPI, in an environment of its own. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const INSTALL_MS = 300_000;

/** The interpreter of a new environment in `folder`; undefined, and loudly, if there is none. */
export function pythonWith(folder: string, packages: readonly string[]): string | undefined {
  const python = join(folder, 'bin', 'python');
  const options = { timeout: INSTALL_MS, stdio: 'pipe' } as const;
  try {
    execFileSync('python3', ['-m', 'venv', folder], options);
    execFileSync(python, ['-m', 'pip', 'install', '-q', ...packages], options);
    return python;
  } catch (error) {
    const why = (error as { stderr?: Buffer }).stderr?.toString().slice(0, 500) ?? String(error);
    console.warn(`SKIPPED: no ${packages.join(', ')} in Python, so it was not tried: ${why}`);
    return undefined;
  }
}
