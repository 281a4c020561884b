// Every address of the console, in one place.
import { createRootRoute, createRoute, createRouter, Link, lazyRouteComponent } from '@tanstack/react-router';
import type { Reason } from './api/analytics';
import type { AuditFilter } from './api/queries';
import { Gate } from './shell/Gate';
import { Empty, Page as Frame, Loading, Panel, Trouble } from './ui/parts';
import { isReason } from './words/refusals';

const root = createRootRoute({ component: Gate });
const at = <const Path extends string>(path: Path, load: () => Promise<{ Page: React.ComponentType }>) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load, 'Page') });

const usage = createRoute({
  getParentRoute: () => root,
  path: '/usage',
  component: lazyRouteComponent(() => import('./pages/Usage'), 'Page'),
  validateSearch: ({ license, days }: { license?: unknown; days?: unknown }): { license?: string; days?: number } => ({
    license: typeof license === 'string' ? license : undefined,
    days: [1, 7, 30, 90].find((count) => count === days),
  }),
});

const refusals = createRoute({
  getParentRoute: () => root,
  path: '/refusals',
  component: lazyRouteComponent(() => import('./pages/Refusals'), 'Page'),
  validateSearch: ({
    license,
    reason,
    days,
  }: {
    license?: unknown;
    reason?: unknown;
    days?: unknown;
  }): { license?: string; reason?: Reason; days?: number } => ({
    license: typeof license === 'string' ? license : undefined,
    reason: isReason(reason) ? reason : undefined,
    days: [1, 7, 30].find((count) => count === days),
  }),
});

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
const EVENTS = ['granted', 'ended', 'changed', 'refused'] as const;

const activity = createRoute({
  getParentRoute: () => root,
  path: '/activity',
  component: lazyRouteComponent(() => import('./pages/Activity'), 'Page'),
  validateSearch: (search: { [name in keyof AuditFilter]?: unknown }): AuditFilter => ({
    event: EVENTS.find((event) => event === search.event),
    actor: text(search.actor),
    about: text(search.about),
    from: text(search.from),
    to: text(search.to),
  }),
});

const routes = root.addChildren([
  at('/', () => import('./pages/Overview')),
  at('/customers', () => import('./pages/Customers')),
  at('/customers/$id', () => import('./pages/Customer')),
  at('/licenses', () => import('./pages/Licenses')),
  at('/licenses/$id', () => import('./pages/License')),
  at('/seats', () => import('./pages/LiveSeats')),
  at('/products', () => import('./pages/Products')),
  at('/products/$id', () => import('./pages/Product')),
  usage,
  refusals,
  at('/refusals/$id', () => import('./pages/Refusal')),
  at('/refused', () => import('./pages/Refused')),
  activity,
  at('/people', () => import('./pages/People')),
  at('/tokens', () => import('./pages/Tokens')),
  at('/cluster', () => import('./pages/Cluster')),
  at('/settings', () => import('./pages/Settings')),
  at('/account', () => import('./pages/Account')),
  at('/portal', () => import('./pages/portal/Licenses')),
  at('/portal/licenses/$id', () => import('./pages/portal/License')),
  at('/portal/seats', () => import('./pages/portal/Seats')),
  at('/portal/team', () => import('./pages/People')),
  at('/portal/help', () => import('./pages/portal/Help')),
  at('/allow', () => import('./pages/Allow')),
  at('/setup', () => import('./pages/SetUp')),
]);

export const router = createRouter({
  routeTree: routes,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultPendingComponent: Loading,
  defaultErrorComponent: ({ error }) => (
    <Frame title="This page cannot be shown">
      <Trouble error={error instanceof Error ? error : new Error(String(error))} again={() => location.reload()} />
    </Frame>
  ),
  defaultNotFoundComponent: () => (
    <Frame title="No such page">
      <Panel>
        <Empty title="Nothing is at this address" action={<Link to="/">To the first page</Link>}>
          It may have been mistyped, or come from another version.
        </Empty>
      </Panel>
    </Frame>
  ),
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
