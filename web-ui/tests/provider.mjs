// A certified identity provider, on another site than the console: `localhost` is not `127.0.0.1` to a browser.
import { createHash, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const base64url = (bytes) => Buffer.from(bytes).toString('base64url');

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };
}

export class IdentityProvider {
  /** `redirects` are the addresses that it sends people back to. */
  static async start(redirects) {
    const provider = new IdentityProvider();
    provider.redirects = redirects;
    provider.server = createServer((request, response) => provider.serve(request, response));
    provider.server.listen(0, 'localhost');
    await once(provider.server, 'listening');
    provider.issuer = `http://localhost:${provider.server.address().port}`;
    provider.changeKeys();
    return provider;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Signs with another key from now on, and shows no other. */
  changeKeys() {
    const client = (client_id, redirect_uris) => ({
      client_id,
      client_secret: `secret-of-${client_id}`,
      redirect_uris,
    });
    const provider = new Provider(this.issuer, {
      clients: [client('usher', this.redirects), client('studio', [`${this.issuer}/nowhere`])],
      jwks: { keys: [signingKey()] },
      cookies: { keys: [randomUUID()] },
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      conformIdTokenClaims: false,
      findAccount: (_, sub) => ({
        accountId: sub,
        claims: () => ({ sub, email: `${sub}@example.com`, email_verified: !sub.startsWith('unverified'), name: sub }),
      }),
      // Nobody is asked whether the application may know their address.
      loadExistingGrant: async ({ oidc }) => {
        const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
    });
    this.serve = provider.callback();
  }

  /** An ID token for the application, as it gets one for a user by itself. */
  async idToken(user) {
    const [redirect_uri, verifier] = [`${this.issuer}/nowhere`, base64url(randomBytes(32))];
    const asked = new URLSearchParams({
      client_id: 'studio',
      response_type: 'code',
      scope: 'openid email',
      redirect_uri,
      code_challenge: base64url(createHash('sha256').update(verifier).digest()),
      code_challenge_method: 'S256',
    });
    const cookies = new Map();
    const visit = async (url, init = {}) => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, cookie } });
      for (const set of answer.headers.getSetCookie()) {
        const [, name, value] = set.match(/^([^=]+)=([^;]*)/);
        cookies.set(name, value);
      }
      const next = answer.headers.get('location');
      return next ? new URL(next, url).href : answer.text();
    };
    const page = await visit(`${this.issuer}/auth?${asked}`);
    await visit(page);
    const form = new URLSearchParams({ prompt: 'login', login: user, password: 'any' });
    const back = await visit(await visit(page, { method: 'POST', body: form }));
    const code = new URL(back).searchParams.get('code');
    const answer = await fetch(`${this.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from('studio:secret-of-studio').toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri, code_verifier: verifier }),
    });
    return (await answer.json()).id_token;
  }
}
