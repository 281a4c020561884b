// Every address of the console, in one place.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import type { AuditFilter } from './api/queries';
import { Gate } from './shell/Gate';
import { Loading, Trouble } from './ui/parts';

const root = createRootRoute({ component: Gate });
const at = <const Path extends string>(path: Path, load: () => Promise<{ Page: React.ComponentType }>) =>
  createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load, 'Page') });

const usage = createRoute({
  getParentRoute: () => root,
  path: '/usage',
  component: lazyRouteComponent(() => import('./pages/Usage'), 'Page'),
  validateSearch: ({
    license,
    hours,
  }: {
    license?: unknown;
    hours?: unknown;
  }): { license?: string; hours?: number } => ({
    license: typeof license === 'string' ? license : undefined,
    hours: [24, 168, 720].find((count) => count === hours),
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
  at('/setup', () => import('./pages/SetUp')),
]);

export const router = createRouter({
  routeTree: routes,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultPendingComponent: Loading,
  defaultErrorComponent: ({ error }) => (
    <Trouble error={error instanceof Error ? error : new Error(String(error))} again={() => location.reload()} />
  ),
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
