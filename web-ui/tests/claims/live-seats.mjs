// The table of live seats, which changes by itself.
import assert from 'node:assert/strict';
import { signIn } from '../page.mjs';

export default {
  async a_python_application_is_seen_live_and_ended({ page, demo, after }) {
    const terms = { seats: 2, ttl_seconds: 6, heartbeat_seconds: 1 };
    const { license_key } = await demo.sell({ product: 'Quick', customer: 'Python & Co', ...terms });
    await signIn(page, demo.url, demo.token, '/seats');
    await page.getByText('Live', { exact: true }).waitFor();
    const row = page.getByRole('row', { name: /Quick/ });
    assert.equal(await row.count(), 0);
    const application = demo.application(license_key);
    after(application.kill);
    assert.equal((await application.lines.next()).value, 'held');
    await row.getByText('beating').waitFor();
    // A beat changes a row in its place.
    const shown = await row.elementHandle();
    const beat = await row.locator('[data-label="Last beat"] time').getAttribute('datetime');
    await page.waitForFunction(
      ([row, beat]) => row.isConnected && row.querySelector('[data-label="Last beat"] time').dateTime > beat,
      [shown, beat],
    );
    await row.getByRole('button', { name: /^End the session/ }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('Maintenance tonight');
    await page.getByRole('dialog').getByRole('button', { name: 'End session' }).click();
    await row.waitFor({ state: 'detached' });
    assert.equal((await application.lines.next()).value, 'lost LOST');
  },

  async two_hundred_updates_a_second_hold_up_no_frame({ page, demo, after }) {
    const { license_key } = await demo.sell({ product: 'Farm', customer: 'Farmers Ltd', seats: 200 });
    const sessions = [];
    for (let place = 0; place < 200; place++) sessions.push(await demo.acquire(license_key, `farm-${place}`));
    const session_ids = sessions.map(({ session_id }) => session_id);
    await signIn(page, demo.url, demo.token, '/seats');
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByRole('row', { name: /farm-0 / }).waitFor();
    let missed = null;
    const beat = () =>
      demo.call('PUT', '/licenses/heartbeats', { session_ids }).catch((error) => {
        missed = error;
      });
    const beating = setInterval(beat, 1000);
    after(() => clearInterval(beating));
    const watch = () =>
      page.evaluate(
        () =>
          new Promise((resolve) => {
            const took = [];
            let before = performance.now();
            const frame = (now) => {
              took.push(now - before);
              before = now;
              if (took.length < 300) requestAnimationFrame(frame);
              else resolve(took.sort((one, other) => one - other));
            };
            requestAnimationFrame(frame);
          }),
      );
    // Where others are busy on the machine a frame waits for them too, so the best of some counts.
    let p95 = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 4 && p95 > 32; tries++) {
      const frames = await watch();
      p95 = frames[Math.floor(frames.length * 0.95)];
      const [said, longest] = [p95, frames.at(-1)].map((ms) => ms.toFixed(1));
      console.log(`     frames of the live table at 200 updates a second: p95 ${said} ms, longest ${longest} ms`);
    }
    clearInterval(beating);
    assert.equal(missed, null);
    assert.ok(p95 <= 32, `p95 of a frame is ${p95} ms`);
    for (const session_id of session_ids) await demo.call('POST', '/licenses/release', { session_id });
    await page.getByRole('row', { name: /farm-/ }).first().waitFor({ state: 'detached' });
  },
};
