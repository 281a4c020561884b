// The last of them: it takes a node from the cluster.
import { clean, signIn } from '../page.mjs';

export default {
  async the_page_goes_on_when_the_leader_dies({ page, demo }) {
    // A follower serves the page; the node that leads is killed.
    const { leader } = await demo.call('GET', '/cluster');
    const dying = demo.nodes.find(({ node_id }) => node_id === leader);
    const other = demo.nodes.find(({ node_id }) => node_id !== leader);
    await signIn(page, other.api, demo.token, '/customers');
    await page.getByRole('heading', { name: 'Customers' }).waitFor();
    process.kill(dying.pid, 'SIGKILL');
    await page.getByRole('button', { name: 'New customer' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('After the fall');
    await page.getByRole('button', { name: 'Create customer' }).click();
    await page.getByRole('heading', { name: 'After the fall' }).waitFor();
    await page.getByRole('link', { name: 'Live seats' }).click();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Cluster' }).click();
    await page
      .getByRole('row', { name: new RegExp(`\\(${leader}\\)`) })
      .getByText('does not answer')
      .waitFor();
    await page
      .getByRole('main')
      .getByText(/Cannot lose a node|Led by node/)
      .waitFor();
    await clean(page);
  },
};
