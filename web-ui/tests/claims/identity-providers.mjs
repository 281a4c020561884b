// Signing in by an identity provider, and seats by its tokens. Each claim has a provider of its own, which is forgotten after it.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { clean, signIn } from '../page.mjs';
import { IdentityProvider } from '../provider.mjs';

async function start({ demo, after }) {
  const provider = await IdentityProvider.start(demo.nodes.map(({ api }) => `${api}/api/v1/sign-in/callback`));
  after(() => provider.stop());
  after(async () => {
    const { items } = await demo.call('GET', '/identity-providers');
    for (const { id, issuer } of items)
      if (issuer === provider.issuer) await demo.call('DELETE', `/identity-providers/${id}`);
  });
  return provider;
}

/** A provider that usher knows as Example ID. */
async function startKnown(world) {
  const provider = await start(world);
  await world.demo.call('POST', '/identity-providers', {
    name: 'Example ID',
    kind: 'oidc',
    issuer: provider.issuer,
    client_id: 'usher',
    client_secret: 'secret-of-usher',
    accept_on_acquire: true,
    audience: 'studio',
  });
  return provider;
}

async function logIn(page, address, user, by = 'Example ID') {
  await page.goto(address);
  await page.getByRole('link', { name: `Continue with ${by}` }).click();
  await page.getByPlaceholder('Enter any login').fill(user);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
}

export default {
  async an_identity_provider_is_added_by_its_form_signs_somebody_in_and_is_removed(world) {
    const { page, demo, another } = world;
    const provider = await start(world);
    await demo.call('POST', '/people', { email: 'fay@example.com', name: 'Fay', role: 'support' });
    await signIn(page, demo.url, demo.token, '/settings');
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Add a provider' }).click();
    await dialog.getByText('OpenID Connect', { exact: true }).click();
    assert.equal(await page.getByTestId('callback').textContent(), `${demo.url}/api/v1/sign-in/callback`);
    await dialog.getByLabel('Name').fill('Company ID');
    await dialog.getByLabel('Issuer').fill('http://id.example.com');
    await dialog.getByLabel('Client id').fill('usher');
    await dialog.getByRole('textbox', { name: 'Client secret' }).fill('secret-of-usher');
    await clean(page);
    await dialog.getByRole('button', { name: 'Add provider' }).click();
    // What the API says of a field is said at the field, and nowhere else.
    await dialog.getByText(/id\.example\.com.* is not an https:\/\/ address/).waitFor();
    assert.equal(await dialog.getByLabel('Issuer').getAttribute('aria-invalid'), 'true');
    assert.equal(await dialog.getByRole('alert').count(), 0);
    await clean(page);
    await dialog.getByLabel('Issuer').fill(provider.issuer);
    await dialog.getByRole('switch', { name: 'Its tokens say who asks for a seat' }).check();
    await dialog.getByRole('button', { name: 'Add provider' }).click();
    await dialog.getByText(/say what the tokens must be for/).waitFor();
    await dialog.getByLabel('Audience').fill('studio');
    await dialog.getByLabel('Pinned keys').fill('{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}');
    await dialog.getByRole('button', { name: 'Add provider' }).click();
    await dialog.getByText(/give the public keys alone/).waitFor();
    await dialog.getByLabel('Pinned keys').fill('');
    await dialog.getByRole('button', { name: 'Add provider' }).click();
    const row = page.getByRole('row', { name: /Company ID/ });
    await row.getByText('tokens for studio').waitFor();
    await clean(page);

    const theirs = await another();
    await logIn(theirs, `${demo.url}/licenses`, 'fay', 'Company ID');
    await theirs.getByRole('heading', { name: 'Licenses' }).waitFor();

    await page.getByRole('button', { name: 'More about Company ID' }).click();
    await page.getByRole('menuitem', { name: 'Change' }).click();
    assert.equal(
      await dialog.getByRole('textbox', { name: 'Client secret' }).inputValue(),
      '',
      'a secret is not shown',
    );
    await dialog.getByText('One is kept and never shown').waitFor();
    await dialog.getByLabel('Name').fill('House ID');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('row', { name: /House ID/ }).waitFor();

    await page.goto(`${demo.url}/people`);
    await page
      .getByRole('row', { name: /fay@example.com/ })
      .getByText('active')
      .waitFor();
    await page.goto(`${demo.url}/settings`);
    await page.getByRole('button', { name: 'More about House ID' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await dialog.getByText('1 person can no longer sign in').waitFor();
    await dialog.getByText('fay@example.com').waitFor();
    await clean(page);
    await dialog.getByRole('button', { name: 'Remove provider' }).click();
    await page.getByText('People sign in with a password').waitFor();
    await theirs.reload();
    await theirs.getByRole('heading', { name: /^Sign in to/ }).waitFor();
    assert.equal(await theirs.getByRole('link', { name: /^Continue with/ }).count(), 0);
  },

  async somebody_signs_in_by_an_identity_provider_and_comes_back_to_the_page(world) {
    const { page, demo } = world;
    await startKnown(world);
    await demo.call('POST', '/people', { email: 'cleo@example.com', name: 'Cleo', role: 'auditor' });
    await page.goto(`${demo.url}/licenses`);
    await page.getByRole('link', { name: 'Continue with Example ID' }).waitFor();
    await clean(page);
    await logIn(page, `${demo.url}/licenses`, 'cleo');
    await page.getByRole('heading', { name: 'Licenses' }).waitFor();
    assert.equal(page.url(), `${demo.url}/licenses`);
    const cookies = await page.context().cookies(demo.url);
    const [login] = cookies.filter(({ name }) => name === 'usher_login');
    assert.deepEqual([login.httpOnly, login.sameSite], [true, 'Strict']);
    assert.equal(cookies.filter(({ name }) => name === 'usher_sign_in').length, 0);
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByText('cleo@example.com').waitFor();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Continue with Example ID' }).waitFor();
  },

  async somebody_whom_nobody_knows_is_told_so(world) {
    const { page, demo } = world;
    await startKnown(world);
    await logIn(page, `${demo.url}/licenses`, 'nobody');
    await page.getByRole('alert').getByText('Nobody here has the e-mail address').waitFor();
    assert.equal(page.url(), `${demo.url}/`);
    await clean(page);
  },

  async an_address_that_is_not_verified_lets_nobody_in(world) {
    const { page, demo } = world;
    await startKnown(world);
    await logIn(page, demo.url, 'unverified');
    await page.getByRole('alert').getByText('Verify it there').waitFor();
  },

  async a_user_takes_a_seat_on_every_node_while_the_provider_changes_its_keys(world) {
    const { demo } = world;
    const provider = await startKnown(world);
    const terms = { seats: 1, holder: 'user', sessions_per_holder_max: 1000 };
    const { license_key } = await demo.sell({ product: 'Named', plan: 'By user', customer: 'Named users', ...terms });
    const acquire = async ({ api }, jwt_token) => {
      const answer = await fetch(`${api}/api/v1/licenses/acquire`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ license_key, hardware_id: `machine-${randomUUID()}`, jwt_token }),
      });
      const said = await answer.json();
      return said.code ?? said.seats.in_use;
    };
    const onEach = (token) => Promise.all(demo.nodes.map((node) => acquire(node, token)));
    const first = await provider.idToken('cleo');
    assert.deepEqual(await onEach(first), [1, 1, 1], 'one seat for one user on three machines');
    assert.equal(await acquire(demo.nodes[0]), 'USER_REQUIRED');
    assert.equal(await acquire(demo.nodes[0], await provider.idToken('dora')), 'SEAT_LIMIT_REACHED');
    provider.changeKeys();
    const second = await provider.idToken('cleo');
    // A key that is not known is looked for once in ten seconds.
    const deadline = Date.now() + 30_000;
    let answers = [];
    do {
      await new Promise((resolve) => setTimeout(resolve, 500));
      answers = await onEach(second);
    } while (answers.some((answer) => answer !== 1) && Date.now() < deadline);
    assert.deepEqual(answers, [1, 1, 1], 'the new key is found');
    assert.deepEqual(await onEach(first), Array(3).fill('TOKEN_INVALID'), 'the old one is out');
  },
};
