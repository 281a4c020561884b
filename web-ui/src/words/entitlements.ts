// Entitlements as people write them: one a line, a name alone or `name = value`.
import type { Schemas } from '../api/client';

export type Entitlements = Schemas['Entitlements'];

export function written(entitlements: Entitlements): string {
  return Object.entries(entitlements)
    .map(([name, value]) => (value === true ? name : `${name} = ${JSON.stringify(value)}`))
    .join('\n');
}

/** What a text says; a line that says nothing clear is thrown with its own words. */
export function readEntitlements(text: string): Entitlements {
  const entitlements: Entitlements = {};
  for (const line of text.split('\n').map((line) => line.trim())) {
    if (!line) continue;
    const [, name, value] = /^([A-Za-z0-9_.-]+)\s*(?:=\s*(.+))?$/.exec(line) ?? [];
    if (!name) throw new Error(`"${line}" is not a name, nor a name = value`);
    entitlements[name] = value === undefined ? true : readValue(value);
  }
  return entitlements;
}

function readValue(value: string): true | number | string {
  if (value === 'true') return true;
  if (/^-?\d+$/.test(value) && Number.isSafeInteger(Number(value))) return Number(value);
  return value.replace(/^"(.*)"$/, '$1');
}
