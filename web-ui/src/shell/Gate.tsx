// Lets in who is signed in, at the address that they came for.
import { Outlet, useLocation } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useLogin } from '../auth/login';
import { Loading } from '../ui/parts';
import { Shell } from './Shell';

const SignIn = lazy(() => import('./SignIn').then((module) => ({ default: module.SignIn })));

export function Gate() {
  const login = useLogin();
  const { pathname } = useLocation();
  if (login.state === 'asking') return <Loading />;
  if (pathname === '/setup' || pathname === '/refused') return <Outlet />;
  if (login.state === 'out') {
    return (
      <Suspense fallback={<Loading />}>
        <SignIn notice={login.notice} />
      </Suspense>
    );
  }
  return <Shell account={login.account} />;
}
