// How the vendor is seen by those who sign in, by whom else they may be known, and for how long history is kept.
import { Page as Frame } from '../ui/parts';
import { Branding } from './settings/Branding';
import { IdentityProviders } from './settings/IdentityProviders';
import { Retention } from './settings/Retention';

export function Page() {
  return (
    <Frame title="Settings" about="They hold for every node, at once">
      <Branding />
      <IdentityProviders />
      <Retention />
    </Frame>
  );
}
