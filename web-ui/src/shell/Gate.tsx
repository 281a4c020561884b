// Lets in who is signed in, at the address that they came for.
import { Navigate, Outlet, useLocation } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useLogin } from '../auth/login';
import { Loading } from '../ui/parts';
import { isAboutOneself, isPortal } from './places';
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
  // Customers have pages of their own, and nobody else has those. What is about oneself is everybody's.
  const isMember = login.account.customer !== undefined;
  if (!isAboutOneself(pathname) && isMember !== isPortal(pathname)) {
    return <Navigate to={isMember ? '/portal' : '/'} replace />;
  }
  return <Shell account={login.account} />;
}
