// What the API says of single fields, brought to the inputs that they are.
import type { Problem } from '../api/client';

/** The problems of a form's own fields, by their names, and whether they are all that is wrong. */
export function atFields<Name extends string>(
  problem: Pick<Problem, 'fields'> | null,
  names: readonly Name[],
): { at: { [name in Name]?: string }; all: boolean } {
  const at: { [name in Name]?: string } = {};
  let all = problem !== null && problem.fields.length > 0;
  for (const { field, problem: said } of problem?.fields ?? []) {
    // What is wrong within a field, such as `keys.keys[0]`, is shown at the field.
    const name = names.find((name) => field === name || field.startsWith(`${name}.`) || field.startsWith(`${name}[`));
    if (name === undefined) all = false;
    else at[name] ??= field === name ? said : `${field}: ${said}`;
  }
  return { at, all };
}
