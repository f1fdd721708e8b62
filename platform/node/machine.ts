import { readFileSync } from 'node:fs';
import { arch, release, type } from 'node:os';
import type { Machine } from '../machine.ts';

/** Go's names of architectures, where Node.js has others. */
const goNames: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

export function thisMachine(): Machine {
  const architecture = goNames[arch()] ?? arch();
  return { architecture, kernelVersion: release(), osImage: distribution() ?? type() };
}

/** Undefined where there is no os-release(5). */
function distribution(): string | undefined {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    return /^PRETTY_NAME="?([^"\n]+)"?$/m.exec(text)?.[1];
  } catch {
    return undefined;
  }
}
