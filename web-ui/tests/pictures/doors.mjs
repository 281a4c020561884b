// What is there without an account.

export default async function doors({ page, url, made, shoot }) {
  const button = page.getByRole('button', { name: 'Sign in', exact: true });
  await page.goto(url);
  await button.waitFor();
  await shoot('sign-in');
  await page.getByLabel('E-mail').fill('olga@vendor.example');
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await button.click();
  await page.getByRole('alert').waitFor();
  await shoot('state-sign-in-refused');
  await page.goto(`${url}/licenses?sign_in_error=account_unknown`);
  await page.getByRole('alert').waitFor();
  await shoot('state-sign-in-unknown');
  await page.getByRole('button', { name: 'Sign in with an API token' }).click();
  await page.getByLabel('API token', { exact: true }).waitFor();
  await shoot('state-sign-in-token');

  await page.goto(`${url}/setup#${'0'.repeat(43)}`);
  await page.getByLabel('E-mail').fill('eve@vendor.example');
  await page.getByLabel('Password', { exact: true }).fill('a sentence that is long');
  await page.getByLabel('The password again').fill('a sentence that differs');
  await shoot('setup');
  await page.getByLabel('The password again').fill('a sentence that is long');
  await page.getByRole('button', { name: 'Set password and sign in' }).click();
  await page.getByRole('alert').waitFor();
  await shoot('state-setup-refused');
  // Another fragment alone is the same page.
  await page.goto('about:blank');
  await page.goto(`${url}/setup`);
  await page.getByText('This link is not complete').waitFor();
  await shoot('state-setup-incomplete');

  await page.goto(url + made.link.slice(made.link.indexOf('/refused')));
  await page.getByText('What you can do').waitFor();
  await shoot('refused');
  await page.goto('about:blank');
  await page.goto(`${url}/refused#why_${'0'.repeat(110)}`);
  await page.getByRole('alert').waitFor();
  await shoot('state-refused-unknown');
  await page.goto('about:blank');
  await page.goto(`${url}/refused`);
  await page.getByText('This link is not complete').waitFor();
  await shoot('state-refused-incomplete');
}
