// Where one can go: the navigation, the search and the keys know the same places.
import {
  IconActivity,
  IconArmchair,
  IconBan,
  IconBuildingStore,
  IconChartBar,
  IconKey,
  IconLayoutDashboard,
  IconLicense,
  IconLifebuoy,
  IconPackage,
  IconServer2,
  IconSettings,
  IconUsers,
} from '@tabler/icons-react';

export const PLACES = [
  { to: '/', name: 'Overview', key: 'o', icon: IconLayoutDashboard, group: '' },
  { to: '/seats', name: 'Live seats', key: 's', icon: IconArmchair, group: '' },
  { to: '/usage', name: 'Usage', key: 'u', icon: IconChartBar, group: '' },
  { to: '/refusals', name: 'Refusals', key: 'r', icon: IconBan, group: '' },
  { to: '/customers', name: 'Customers', key: 'c', icon: IconBuildingStore, group: 'Business' },
  { to: '/licenses', name: 'Licenses', key: 'l', icon: IconLicense, group: 'Business' },
  { to: '/products', name: 'Products', key: 'p', icon: IconPackage, group: 'Business' },
  { to: '/activity', name: 'Activity', key: 'a', icon: IconActivity, group: 'Administration' },
  { to: '/people', name: 'People', key: 'e', icon: IconUsers, group: 'Administration' },
  { to: '/tokens', name: 'API tokens', key: 't', icon: IconKey, group: 'Administration' },
  { to: '/cluster', name: 'Cluster', key: 'n', icon: IconServer2, group: 'Administration' },
  { to: '/settings', name: 'Settings', key: 'i', icon: IconSettings, group: 'Administration' },
] as const;

/** What a customer's members have. */
export const PORTAL = [
  { to: '/portal', name: 'My licenses', key: 'l', icon: IconLicense, group: '' },
  { to: '/portal/seats', name: 'Seats now', key: 's', icon: IconArmchair, group: '' },
  { to: '/portal/team', name: 'Team', key: 't', icon: IconUsers, group: '' },
  { to: '/portal/help', name: 'If you are refused', key: 'h', icon: IconLifebuoy, group: '' },
] as const;

export type Place = (typeof PLACES)[number] | (typeof PORTAL)[number];

export const isAboutOneself = (pathname: string) => pathname === '/account' || pathname === '/allow';

export const isPortal = (pathname: string) => pathname === '/portal' || pathname.startsWith('/portal/');
