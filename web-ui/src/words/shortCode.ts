// The code that `usher login` shows in the terminal and the console shows beside it.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Eight characters of a challenge's hash, as src/cli/login.rs makes them. */
export async function shortCode(challenge: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(challenge)));
  const bits = [...hash.slice(0, 5)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const code = [...Array(8).keys()].map((place) => ALPHABET[Number.parseInt(bits.slice(5 * place, 5 * place + 5), 2)]);
  return `${code.slice(0, 4).join('')}-${code.slice(4).join('')}`;
}
