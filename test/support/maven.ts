/** Programs in Java, built by Maven in a folder of their own. */
import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';

const BUILD_MS = 600_000;

/** The class path of `sources` built in `project`; undefined, and loudly, if they cannot be. */
export function mavenBuild(sources: string, project: string): string | undefined {
  cpSync(sources, project, { recursive: true });
  const goals = ['compile', 'dependency:copy-dependencies'];
  try {
    const options = { cwd: project, timeout: BUILD_MS, stdio: 'pipe' } as const;
    execFileSync('mvn', ['-B', '-q', '-ntp', ...goals], options);
    return ['classes', 'dependency/*'].map((each) => join(project, 'target', each)).join(':');
  } catch (error) {
    const why = (error as { stdout?: Buffer }).stdout?.toString().slice(0, 500) ?? String(error);
    console.warn(`SKIPPED: ${sources} was not built, so nothing here was tried with it: ${why}`);
    return undefined;
  }
}
