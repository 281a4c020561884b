// Rows as comma-separated values (RFC 4180).

type Value = string | number | null | undefined;

/** A text that begins like a formula is one for spreadsheets, whoever wrote it; the quote before it says that it is none. */
function field(value: Value): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Columns with their names. */
export type Columns<T> = [name: string, of: (row: T) => Value][];

export function csv<T>(rows: T[], columns: Columns<T>): string {
  const head = columns.map(([name]) => field(name));
  const lines = [head, ...rows.map((row) => columns.map(([, of]) => field(of(row))))];
  return lines.map((line) => `${line.join(',')}\r\n`).join('');
}
