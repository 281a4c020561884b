// What the form and the questions about identity providers look like.

/** Identity providers: none yet, one to add, one that the API refuses, one that is removed. */
export default async function providers({ page, url, made, shoot }) {
  const list = /api\/v1\/identity-providers\?/;
  await page.route(list, (route) => route.fulfill({ json: { items: [], next_cursor: null } }));
  await page.goto(`${url}/settings`);
  await page.getByText('People sign in with a password').waitFor();
  await shoot('state-providers-none');
  await page.getByRole('button', { name: 'Add a provider' }).click();
  await page.getByRole('dialog').waitFor();
  await shoot('state-provider-form');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('OpenID Connect', { exact: true }).click();
  await dialog.getByLabel('Name').fill('Acme');
  await dialog.getByLabel('Issuer').fill('http://id.acme.example');
  await dialog.getByRole('switch', { name: 'Its tokens say who asks for a seat' }).check();
  await dialog.getByRole('button', { name: 'Add provider' }).click();
  await dialog.getByText(/is not an https/).waitFor();
  await shoot('state-provider-refused');
  await page.unroute(list);
  await page.goto(`${url}/settings`);
  await page.getByRole('button', { name: 'More about Acme' }).click();
  await page.getByRole('menuitem', { name: 'Change' }).click();
  await page.getByRole('dialog').waitFor();
  await shoot('state-provider-change');
  await page.keyboard.press('Escape');
  const people = /api\/v1\/people\?/;
  await page.route(people, async (route) => {
    const json = await (await route.fetch()).json();
    const items = json.items.map((person, place) => ({
      ...person,
      has_password: place > 2,
      identity_providers: place < 4 ? [made.acme] : [],
    }));
    await route.fulfill({ json: { ...json, items } });
  });
  await page.getByRole('button', { name: 'More about Acme' }).click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await page.getByText('can no longer sign in').waitFor();
  await shoot('state-provider-remove');
  await page.unroute(people);
}
