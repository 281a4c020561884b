// A real cluster of three nodes, and the calls that fill it.
import { execFileSync, spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export class Demo {
  constructor(usher) {
    this.usher = usher;
    this.dir = mkdtempSync(join(tmpdir(), 'usher-console-'));
    const options = ['--detach', '-o', 'json', '--data', this.dir, '--base-port', String(randomInt(200, 480) * 100)];
    const said = JSON.parse(
      execFileSync(usher, ['demo', ...options], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
    this.token = said.admin_token;
    this.setUpLink = said.setup_link;
    this.root = said.root_file;
    this.nodes = said.nodes;
    this.url = said.nodes[0].api;
    this.sessions = [];
  }

  stop() {
    clearInterval(this.beating);
    execFileSync(this.usher, ['demo', '--stop', '--data', this.dir], { stdio: 'ignore' });
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** A call that must succeed, or be refused with `refusal`. */
  async call(method, path, body, refusal) {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
    const said = answer.status === 204 ? null : await answer.json();
    if (!answer.ok && said.code !== refusal) throw new Error(`${method} ${path}: ${JSON.stringify(said)}`);
    return said;
  }

  async acquire(license_key, hostname, more = {}, refusal = undefined) {
    const client = { hostname, app: 'Studio', version: '2.1.4', os: 'linux', sdk: 'python 0.1.0', ...more };
    const said = await this.call(
      'POST',
      '/licenses/acquire',
      { license_key, hardware_id: `machine-${hostname}-${randomUUID().slice(0, 4)}`, client },
      refusal,
    );
    if (said.session_id) this.sessions.push(said.session_id);
    return said;
  }

  /** Has every seat that was taken kept, however long it takes. */
  keep() {
    const beat = () => this.call('PUT', '/licenses/heartbeats', { session_ids: this.sessions }).catch(() => {});
    this.beating = setInterval(beat, 60_000);
  }

  /** An application written in Python, which holds a seat until it is told that it lost it, or says why it got none. */
  application(license_key, jwt_token = '') {
    const program = `
import sys, threading, usher_client
lost = threading.Event()
seat = usher_client.seat(sys.argv[1], url=sys.argv[2], root=sys.argv[3], state_dir=sys.argv[4], on_lost=lambda change: lost.set())
try:
    seat.acquire()
except usher_client.UsherError as error:
    print("refused", error.code, flush=True)
    sys.exit()
print("held", flush=True)
lost.wait(60)
print("lost", seat.state.name, flush=True)
`;
    const args = ['-c', program, license_key, this.url, this.root, join(this.dir, 'state')];
    const env = { ...process.env, USHER_JWT_TOKEN: jwt_token };
    const child = spawn(process.env.PYTHON ?? 'python3', args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    return { lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](), kill: () => child.kill() };
  }

  /** A license, and all that it takes: a product with one plan, whose further terms are `terms`, and a customer. */
  async sell({ product, plan = 'Team', customer, ...terms }) {
    const [product_code, plan_code] = [product, plan].map((name) => name.toLowerCase().replaceAll(' ', '-'));
    const key_prefix = product.replaceAll(' ', '').toUpperCase();
    await this.call('POST', '/products', { code: product_code, name: product, key_prefix });
    await this.call('POST', '/plans', { product: product_code, code: plan_code, name: plan, ...terms });
    const { id } = await this.call('POST', '/customers', { name: customer });
    return this.call('POST', '/licenses', { plan: `${product_code}:${plan_code}`, customer: id });
  }

  /** Someone who has chosen a password, and what they sign in with. */
  async person(email, name, role, customer) {
    const { link } = await this.call('POST', '/people', { email, name, role, customer });
    const password = 'a sentence that is long';
    await this.call('POST', '/setup', { secret: link.split('#')[1], password });
    return { email, password };
  }

  /** Their user token, by which an application takes a seat in their name. */
  async userToken({ email, password }) {
    const send = (path, body, headers) =>
      fetch(`${this.url}/api/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...headers },
        body: JSON.stringify(body),
      });
    const login = await send('/logins', { email, password });
    const cookie = login.headers.getSetCookie().map((line) => line.split(';')[0]);
    const made = await send('/me/user-tokens', {}, { cookie: cookie.join('; ') });
    return (await made.json()).token;
  }

  /** A small vendor's business: products, plans, customers, licenses, people at work, and some that were refused. */
  async fill() {
    const days = (count) => new Date(Date.now() + count * 86_400_000).toISOString();
    await this.call('POST', '/products', {
      code: 'studio',
      name: 'Studio',
      key_prefix: 'STUDIO',
      renewal_url: 'https://vendor.example/renew',
    });
    await this.call('POST', '/products', { code: 'render', name: 'Render Farm', key_prefix: 'RENDER' });
    for (const plan of [
      { product: 'studio', code: 'team', name: 'Team', seats: 5, entitlements: { gpu: true, projects: 20 } },
      {
        product: 'studio',
        code: 'company',
        name: 'Company',
        seats: 50,
        offline: 'reserved',
        entitlements: { gpu: true, edition: 'company' },
      },
      {
        product: 'render',
        code: 'node',
        name: 'Node',
        seats: 20,
        offline: 'strict',
        holder: 'fingerprint_and_instance',
      },
    ])
      await this.call('POST', '/plans', plan);
    const customers = [
      'Analytical Engines Ltd',
      'Bletchley Park Trust',
      'Curie Laboratories',
      'Difference & Sons',
      'École des Ponts',
      'Fuji Optical',
    ];
    for (const [place, name] of customers.entries()) {
      const email = `licenses@${name
        .toLowerCase()
        .normalize('NFD')
        .replace(/[^a-z]+/g, '')}.example`;
      await this.call('POST', '/customers', { name, email, reference: `CRM-${1040 + place}` });
    }
    const license = (plan, customer, more) =>
      this.call('POST', '/licenses', { plan, customer: `CRM-${1040 + customer}`, ...more });
    const full = await license('studio:team', 0, { expires_at: days(12) });
    const company = await license('studio:company', 1, { expires_at: days(48) });
    const farm = await license('render:node', 2, { expires_at: days(81) });
    const held = await license('studio:team', 3, { seats: 12, expires_at: days(300) });
    const ended = await license('studio:team', 4, { expires_at: days(240) });
    await license('render:node', 5, { starts_at: days(20), expires_at: days(385) });
    await license('studio:company', 2, { seats: 80 });
    for (const host of ['ada-laptop', 'babbage-desk', 'lovelace-mini', 'engine-01', 'engine-02'])
      await this.acquire(full.license_key, host);
    let link;
    for (const host of ['menabrea', 'guest-7', 'guest-7'])
      link = (await this.acquire(full.license_key, host, {}, 'SEAT_LIMIT_REACHED')).explanation_url;
    const refused = await this.call('GET', `/refusals?license=${full.id}`);
    for (const host of ['turing', 'clarke', 'welchman', 'knox', 'flowers', 'tutte', 'good'])
      await this.acquire(company.license_key, `${host}.bp.example`, { version: '2.0.9', os: 'macos' });
    for (let place = 1; place <= 9; place++)
      await this.acquire(farm.license_key, `render-${String(place).padStart(2, '0')}`, {
        app: 'Farm',
        version: '5.3',
        sdk: 'rust 0.1.0',
      });
    await this.call('POST', `/licenses/${held.id}/suspend`, { reason: 'Invoice 2026-118 is overdue' });
    await this.acquire(held.license_key, 'workshop', {}, 'LICENSE_SUSPENDED');
    await this.call('POST', `/licenses/${ended.id}/revoke`, { reason: 'Refunded' });
    await this.call('POST', '/tokens', { name: 'Billing sync', scope: 'admin', expires_at: days(90) });
    await this.call('POST', '/tokens', { name: 'Office gateway', scope: 'heartbeats' });
    const old = await this.call('POST', '/tokens', { name: 'Old script', scope: 'admin' });
    await this.call('POST', `/tokens/${old.id}/revoke`);
    await this.call('POST', '/cluster/join-tokens', {});
    const refusal = refused.items[0].id;
    await this.person('olga@vendor.example', 'Olga Petrova', 'operator');
    await this.person('sam@vendor.example', 'Sam Okafor', 'support');
    await this.call('POST', '/people', { email: 'audit@vendor.example', name: 'Ines Weber', role: 'auditor' });
    await this.call('POST', '/people', {
      email: 'mina@bletchley.example',
      name: 'Mina Clarke',
      role: 'member',
      customer: 'CRM-1041',
    });
    const member = await this.person('joan@bletchley.example', 'Joan Clarke', 'member-admin', 'CRM-1041');
    await license('studio:team', 1, { seats: 6, expires_at: days(20) });
    const people = { product: 'studio', code: 'people', name: 'People', seats: 4, holder: 'named_user' };
    await this.call('POST', '/plans', people);
    const named = await license('studio:people', 1, { expires_at: days(365) });
    for (const email of ['joan@bletchley.example', 'mina@bletchley.example', 'hugh.alexander@bletchley.example'])
      await this.call('POST', `/licenses/${named.id}/assign`, { email });
    const seat = { license_key: named.license_key, hardware_id: 'machine-of-joan', client: { hostname: 'joan-desk' } };
    const taken = await this.call('POST', '/licenses/acquire', { ...seat, jwt_token: await this.userToken(member) });
    this.sessions.push(taken.session_id);
    const { id: acme } = await this.call('POST', '/identity-providers', {
      name: 'Acme',
      kind: 'oidc',
      issuer: 'https://id.acme.example',
      client_id: 'usher',
      client_secret: 'a-secret-of-acme',
      accept_on_acquire: true,
      audience: 'studio',
    });
    await this.call('POST', '/identity-providers', {
      name: 'Google',
      kind: 'google',
      client_id: '4711.apps.googleusercontent.com',
      client_secret: 'a-secret-of-google',
      self_registration: true,
    });
    const idle = await license('render:node', 1, { seats: 2 });
    await this.call('POST', `/licenses/${idle.id}/suspend`, { reason: 'Moved to Studio' });
    return {
      license: full.id,
      customer: full.customer.id,
      product: full.product.id,
      own: company.id,
      named: named.id,
      member,
      acme,
      refusal,
      link,
    };
  }
}
