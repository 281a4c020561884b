// The frame around every page: navigation, search, and who is signed in.
import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  Text,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconMoon, IconSearch, IconSun } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { Problem } from '../api/client';
import { queries } from '../api/queries';
import type { Account } from '../auth/login';
import { Status } from '../ui/parts';
import { health } from '../words/cluster';
import { supportLink, useBranding } from './branding';
import { Mark } from './Mark';
import { PLACES, type Place, PORTAL } from './places';

const AccountMenu = lazy(() => import('./AccountMenu').then((module) => ({ default: module.AccountMenu })));
const Said = lazy(() => import('../ui/Said').then((module) => ({ default: module.Said })));
const Search = lazy(() => import('./Search').then((module) => ({ default: module.Search })));

export function Shell({ account }: { account: Account }) {
  const portal = account.customer !== undefined;
  const places = portal ? PORTAL : PLACES;
  const [open, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  useEffect(() => {
    close();
    const place = places.findLast(({ to }) => (to === '/' ? pathname === '/' : pathname.startsWith(to)));
    document.title = place ? `${place.name} · usher` : 'usher';
  }, [pathname, close, places]);
  // Most visits search for nothing, so the search is loaded when it is first opened.
  const [searching, setSearching] = useState<'never' | 'open' | 'closed'>('never');
  const search = useCallback(() => setSearching('open'), []);
  useKeys(places, portal ? null : search);
  return (
    <AppShell
      header={{ height: 50 }}
      navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !open } }}
      padding={{ base: 'md', md: 'lg' }}
    >
      <a href="#main" className="skip">
        Skip to the page
      </a>
      <AppShell.Header px="md" withBorder>
        <Group h="100%" gap="sm" wrap="nowrap">
          <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" />
          {portal ? (
            <Brand />
          ) : (
            <>
              <Link to="/" className="brand" aria-label="usher, overview">
                <Mark />
                <span>usher</span>
              </Link>
              <button type="button" className="search-hint" onClick={search}>
                <IconSearch size={14} aria-hidden />
                <span>Search</span>
                <kbd>Ctrl K</kbd>
              </button>
            </>
          )}
          <Group gap={4} ml="auto" wrap="nowrap">
            <SchemeToggle />
            <Suspense fallback={<span className="account-place" />}>
              <AccountMenu account={account} />
            </Suspense>
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" withBorder>
        <AppShell.Section grow className="nav-scroll">
          <nav aria-label="Main">
            {places.map(({ to, name, icon: Icon, group }, place) => (
              <div key={to}>
                {group && group !== places[place - 1]?.group && <div className="nav-group">{group}</div>}
                <Link
                  to={to}
                  className="nav"
                  activeOptions={{
                    exact: to === '/' || (to === '/portal' && !pathname.startsWith('/portal/licenses')),
                  }}
                >
                  <Icon size={17} stroke={1.7} aria-hidden />
                  {name}
                </Link>
              </div>
            ))}
          </nav>
        </AppShell.Section>
        <AppShell.Section px="xs" py={6}>
          {portal ? <Support /> : <Health />}
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <Outlet />
      </AppShell.Main>
      <Suspense>
        <Said />
      </Suspense>
      {searching !== 'never' && (
        <Suspense>
          <Search open={searching === 'open'} onClose={() => setSearching('closed')} />
        </Suspense>
      )}
    </AppShell>
  );
}

/** The vendor, as it wants to be seen by its customers. */
function Brand() {
  const { name } = useBranding();
  return (
    <Link to="/portal" className="brand" aria-label={`${name}, my licenses`}>
      <Mark />
      <span className="vendor">{name}</span>
    </Link>
  );
}

function Support() {
  const { support } = useBranding();
  return (
    <Text size="xs" c="dimmed" component="div">
      {support && (
        <>
          Help: <a href={supportLink(support)}>{support}</a>
        </>
      )}
    </Text>
  );
}

function Health() {
  const { data, error } = useQuery(queries.cluster);
  const unknown = error instanceof Problem && !error.passes;
  const said = error && !unknown ? { tone: 'bad' as const, sentence: 'No answer' } : data ? health(data) : null;
  return (
    <Text size="xs" c="dimmed" component="div">
      {said && <Status tone={said.tone}>{said.sentence}</Status>}
      {data && <div className="version">usher {data.version}</div>}
    </Text>
  );
}

function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const now = useComputedColorScheme('light');
  const next = now === 'dark' ? 'light' : 'dark';
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      onClick={() => setColorScheme(next)}
      aria-label={`Use the ${next} colours`}
    >
      {now === 'dark' ? <IconSun size={17} stroke={1.7} /> : <IconMoon size={17} stroke={1.7} />}
    </ActionIcon>
  );
}

/** `/` and Ctrl K search, where there is a search; `g` and then a letter goes to a page. */
function useKeys(places: readonly Place[], search: (() => void) | null) {
  const navigate = useNavigate();
  const since = useRef(0);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (search && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        return search();
      }
      const target = event.target as HTMLElement;
      const writing = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
      if (writing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (search && event.key === '/') {
        event.preventDefault();
        search();
      } else if (event.key === 'g') {
        since.current = Date.now();
      } else if (Date.now() - since.current < 1200) {
        since.current = 0;
        const place = places.find(({ key }) => key === event.key);
        if (place) void navigate({ to: place.to });
      }
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [navigate, places, search]);
}
