// `usher login`: the page that it opens, and the token that comes of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { clean, signInByPassword } from '../page.mjs';

/** `usher login` as somebody types it, and what it says. */
async function usherLogin({ demo, after }, node) {
  const args = ['login', '--no-browser', '--url', node.api];
  const child = spawn(demo.usher, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  after(() => child.kill());
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said.out += text;
  });
  const ended = new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said })));
  const asks = new Promise((resolve, reject) => {
    void ended.then(({ err }) => reject(new Error(`usher login: ${err}`)));
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said.err += text;
      const [address] = said.err.match(/http:\S+\/allow\S+(?=\n)/) ?? [];
      if (address) resolve({ address, code: said.err.match(/if it shows (\S{9}):/)?.[1] });
    });
  });
  return { ...(await asks), ended };
}

export default {
  async usher_login_asks_on_a_page_and_its_token_takes_a_seat_for_that_person(world) {
    const { page, demo, another } = world;
    const terms = { seats: 1, holder: 'user' };
    const license = await demo.sell({ product: 'Desk', plan: 'By user', customer: 'Login & Co', ...terms });
    const lena = await demo.person('lena@login.example', 'Lena', 'member', license.customer.id);
    const acquire = (jwt_token, refusal) =>
      demo.call(
        'POST',
        '/licenses/acquire',
        { license_key: license.license_key, hardware_id: `machine-${randomUUID()}`, jwt_token },
        refusal,
      );
    const asked = await usherLogin(world, demo.nodes[1]);
    // Whoever is not signed in yet is asked to, and comes to the page that they were sent to.
    await signInByPassword(page, '', lena, asked.address);
    await page.getByRole('heading', { name: 'Allow usher login' }).waitFor();
    await page.getByRole('main').getByText('lena@login.example').first().waitFor();
    await page.getByTestId('short-code').getByText(asked.code).waitFor();
    await clean(page);
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await page.getByText('go back to the terminal').waitFor();
    const allowed = await asked.ended;
    const token = allowed.out.trim();
    assert.deepEqual([allowed.code, token.split('.').length], [0, 3], allowed.err);
    assert.match(allowed.err, /Signed in as lena@login.example/);
    const seat = await acquire(token);
    const { user } = await demo.call('GET', `/sessions/${seat.session}`);
    assert.equal(user.email, 'lena@login.example');
    assert.equal((await acquire(token)).seats.in_use, 1, 'a second machine of hers needs no second seat');

    const again = await usherLogin(world, demo.nodes[0]);
    // Whoever is signed in is only asked.
    await page.goto(again.address);
    await page.getByRole('button', { name: 'Do not allow' }).click();
    await page.getByText('Nothing was allowed').waitFor();
    const refused = await again.ended;
    assert.deepEqual([refused.code, refused.out], [1, '']);

    await page.goto(`${demo.nodes[0].api}/portal/seats`);
    const colleague = await demo.person('kurt@login.example', 'Kurt', 'member', license.customer.id);
    await page
      .getByRole('row', { name: /lena@login.example/ })
      .first()
      .waitFor();
    const theirs = await another();
    await signInByPassword(theirs, demo.url, colleague, '/portal/seats');
    await theirs
      .getByRole('row', { name: /lena@login.example/ })
      .first()
      .waitFor();
    assert.equal(await theirs.getByRole('button', { name: /^Free the seat/ }).count(), 0);
    await clean(page);
    for (let left = 2; left > 0; left--) {
      const buttons = page.getByRole('button', { name: /^Free the seat/ });
      assert.equal(await buttons.count(), left);
      await buttons.first().click();
      await page.getByRole('dialog').getByLabel('Reason').fill('Left running at home');
      await page.getByRole('dialog').getByRole('button', { name: 'End session' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.waitForFunction((left) => document.querySelectorAll('tbody tr').length < left, left);
    }
    await page.getByText('Nobody holds a seat').waitFor();

    await page.goto(`${demo.nodes[0].api}/allow?port=22&state=x`);
    await page.getByText('Nothing asks for anything here').waitFor();
    await clean(page);
    await page.goto(`${demo.nodes[0].api}/account`);
    await page.getByRole('button', { name: 'Make a user token' }).click();
    const made = await page.getByTestId('secret').textContent();
    await clean(page);
    assert.equal((await acquire(made)).seats.in_use, 1);
    assert.equal((await acquire(undefined, 'USER_REQUIRED')).code, 'USER_REQUIRED');
  },
};
